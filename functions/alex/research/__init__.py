"""Research jobs: asked for, leased, scheduled, followed."""
