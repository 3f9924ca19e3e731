"""A rehearsal of the deployment: the real template on a stand-in for AWS."""
