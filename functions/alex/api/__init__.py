"""The REST API, one module a resource; no server and no cloud in it."""
