"""Measures the check: how many false statements it catches, and how many true ones it refuses."""
