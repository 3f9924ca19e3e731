"""The SEC's data, read by code of its own.

The best kept library, edgartools, brings pandas and pyarrow, far more than the rest of the image
needs, and a way to the network past the egress guard.
"""
