"""A research run from job to stored report, one phase a file."""
