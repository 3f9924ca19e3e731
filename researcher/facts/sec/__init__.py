"""The SEC's company facts as statements through time."""
