"""Every version of the laptop edition's database, and the way to it from the one before."""
