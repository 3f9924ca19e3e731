"""Vector buckets and their indexes, by account and region."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ministack.core.responses import get_account_id, get_region

from rehearsal.stand_in.errors import ServiceError, conflict, invalid, not_found
from rehearsal.stand_in.vector_index import IndexSettings, VectorIndex

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_INDEX_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_INDEX_ARN = re.compile(r"arn:[^:]+:s3vectors:[^:]+:[^:]+:bucket/([^/]+)/index/([^/]+)")
_BUCKET_ARN = re.compile(r"arn:[^:]+:s3vectors:[^:]+:[^:]+:bucket/([^/]+)")


@dataclass(slots=True)
class VectorBucket:
    """One vector bucket."""

    name: str
    arn: str
    created: datetime
    indexes: dict[str, VectorIndex] = field(default_factory=dict)
    policy: str | None = None


def bucket_name(params: Mapping[str, Any]) -> str:
    """The bucket that a request names, by name or ARN.

    Raises:
        ServiceError: it names none, or both ways at once.
    """
    name, arn = params.get("vectorBucketName"), params.get("vectorBucketArn")
    if bool(name) == bool(arn):
        raise invalid("Specify exactly one of vectorBucketName and vectorBucketArn")
    if name:
        return str(name)
    match = _BUCKET_ARN.fullmatch(str(arn))
    if match is None:
        raise invalid(f"Not the ARN of a vector bucket: {arn}")
    return match[1]


def index_names(params: Mapping[str, Any]) -> tuple[str, str]:
    """The bucket and the index that a request names, by names or by the index's ARN.

    Raises:
        ServiceError: it names none, or both ways at once.
    """
    arn = params.get("indexArn")
    names = params.get("vectorBucketName"), params.get("indexName")
    if arn and not any(names):
        match = _INDEX_ARN.fullmatch(str(arn))
        if match is None:
            raise invalid(f"Not the ARN of a vector index: {arn}")
        return match[1], match[2]
    if arn or not all(names):
        raise invalid("Specify either indexArn, or both vectorBucketName and indexName")
    return str(names[0]), str(names[1])


def bucket_arn(name: str, region: str, account: str) -> str:
    """The ARN of a vector bucket."""
    return f"arn:aws:s3vectors:{region}:{account}:bucket/{name}"


class VectorBuckets:
    """All vector buckets of the stand-in, and the tags on them and on their indexes."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], VectorBucket] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def __iter__(self) -> Iterator[VectorBucket]:
        """The caller's buckets, by name."""
        here = get_account_id(), get_region()
        return (bucket for key, bucket in sorted(self._buckets.items()) if key[:2] == here)

    def create(self, name: str) -> VectorBucket:
        """Make a bucket.

        Raises:
            ServiceError: the name is taken or malformed.
        """
        if not _BUCKET_NAME.fullmatch(name):
            raise invalid("Invalid vector bucket name")
        if _key(name) in self._buckets:
            raise conflict("A vector bucket with the specified name already exists")
        arn = bucket_arn(name, get_region(), get_account_id())
        bucket = VectorBucket(name, arn, datetime.now().astimezone())
        self._buckets[_key(name)] = bucket
        return bucket

    def find(self, name: str) -> VectorBucket:
        """The bucket.

        Raises:
            ServiceError: there is none.
        """
        bucket = self._buckets.get(_key(name))
        if bucket is None:
            raise not_found("The specified vector bucket could not be found")
        return bucket

    def delete(self, name: str) -> None:
        """Remove an empty bucket; a missing one is no error.

        Raises:
            ServiceError: it still has indexes.
        """
        bucket = self._buckets.get(_key(name))
        if bucket is None:
            return
        if bucket.indexes:
            raise conflict("The specified vector bucket is not empty")
        del self._buckets[_key(name)]
        self.tags.pop(bucket.arn, None)

    def create_index(self, bucket: VectorBucket, name: str, settings: IndexSettings) -> VectorIndex:
        """Make an index.

        Raises:
            ServiceError: the name is taken or malformed.
        """
        if not _INDEX_NAME.fullmatch(name):
            raise invalid("Invalid vector index name")
        if name in bucket.indexes:
            raise conflict("An index with the specified name already exists")
        index = VectorIndex(name, bucket.name, f"{bucket.arn}/index/{name}", settings)
        bucket.indexes[name] = index
        return index

    def find_index(self, params: Mapping[str, Any]) -> VectorIndex:
        """The index that a request names.

        Raises:
            ServiceError: there is none.
        """
        bucket, name = index_names(params)
        index = self.find(bucket).indexes.get(name)
        if index is None:
            raise not_found("The specified index could not be found")
        return index

    def delete_index(self, params: Mapping[str, Any]) -> None:
        """Remove an index with its vectors; a missing one is no error."""
        bucket, name = index_names(params)
        index = self.find(bucket).indexes.pop(name, None)
        if index is not None:
            self.tags.pop(index.arn, None)

    def tagged(self, arn: str) -> dict[str, str]:
        """The tags of a bucket or an index, to read or to change.

        Raises:
            ServiceError: there is no such resource.
        """
        existing = (
            name == arn
            for bucket in self
            for name in (bucket.arn, *(index.arn for index in bucket.indexes.values()))
        )
        if not any(existing):
            raise ServiceError("NotFoundException", f"No such resource: {arn}")
        return self.tags.setdefault(arn, {})


def _key(name: str) -> tuple[str, str, str]:
    return get_account_id(), get_region(), name
