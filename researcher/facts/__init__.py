"""Typed facts out of sources: numbers, periods, tables."""
