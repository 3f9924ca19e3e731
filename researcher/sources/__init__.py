"""Where a run's sources come from; each is kept whole, with where it came from."""
