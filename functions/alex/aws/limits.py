"""What AWS's services take. The core's own limits fit inside: `tests/unit/test_limits.py`."""

ITEM_BYTES = 400 * 1024
"""Of a DynamoDB item, names of attributes included."""

SORT_KEY_BYTES = 1_024
"""Of a sort key of DynamoDB."""

READ_ITEMS = 100
"""Items that one batch read of DynamoDB takes."""

VECTORS_PUT = 500
VECTORS_DELETED = 500
VECTORS_FETCHED = 100
VECTORS_FOUND = 100
"""Vectors a call, as every region's S3 Vectors takes them."""

VECTORS_REQUEST_BYTES = 16 * 1024 * 1024
"""Of a put; S3 Vectors takes 20 MiB, and what is held against this is an estimate."""

QUERY_TEXT = 1_024
"""Characters of a full-text query."""

METADATA_KEYS = 50
"""Of a vector, all kinds together."""

FILTERABLE_BYTES = 2_048
"""Of a vector's metadata that can be filtered by."""

RUN_SECONDS = 900
"""The longest that a Lambda function may run."""
