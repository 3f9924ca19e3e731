"""Amazon S3 Vectors: the whole API of botocore 1.44, full text and its limits included.

Stricter than AWS in one limit: `topK` ends at 100, the size that every region takes, though newer
regions page through 10,000.
"""

import urllib.parse
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.stand_in import vector_queries
from rehearsal.stand_in.errors import ServiceError, conflict, invalid, not_found
from rehearsal.stand_in.faults import Faults
from rehearsal.stand_in.full_text import FullTextIndex
from rehearsal.stand_in.iam import Request, require, vectors_action
from rehearsal.stand_in.service import Params, Reply, Service, answer, json_object
from rehearsal.stand_in.vector_buckets import (
    VectorBucket,
    VectorBuckets,
    bucket_name,
)
from rehearsal.stand_in.vector_index import IndexSettings, VectorIndex
from rehearsal.stand_in.vector_rules import read_record

REQUEST_BYTES = 20 * 1024 * 1024
FULL_TEXT_KEYS = 10


class S3Vectors(Service):
    """The service: ministack hands it every request signed for `s3vectors`."""

    def __init__(self, buckets: VectorBuckets, faults: Faults) -> None:
        super().__init__("s3vectors", "s3vectors", faults)
        self._buckets = buckets
        self._operations: Mapping[str, Callable[[Params], Params]] = {
            "CreateVectorBucket": self._create_bucket,
            "GetVectorBucket": self._get_bucket,
            "ListVectorBuckets": self._list_buckets,
            "DeleteVectorBucket": self._delete_bucket,
            "PutVectorBucketPolicy": self._put_policy,
            "GetVectorBucketPolicy": self._get_policy,
            "DeleteVectorBucketPolicy": self._delete_policy,
            "PutVectorBucketDefaultIndexMode": self._put_default_mode,
            "CreateIndex": self.create_index,
            "GetIndex": self._get_index,
            "ListIndexes": self._list_indexes,
            "DeleteIndex": self._delete_index,
            "UpdateIndexMode": self._update_mode,
            "UpdateMetadataConfiguration": self._update_metadata_configuration,
            "PutVectors": self._put,
            "GetVectors": self._get,
            "DeleteVectors": self._delete,
            "ListVectors": self._list,
            "QueryVectors": self._query,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Reply:
        """Answer one HTTP request."""
        try:
            if len(body) > REQUEST_BYTES:
                raise invalid(f"The request exceeds {REQUEST_BYTES} bytes")
            name = vectors_action(Request(method, path, headers, body))
            params = json_object(body) | _tag_params(name, path, query)
            if vector_queries.reads_vectors(name, params):
                require(headers, "s3vectors:GetVectors", self._buckets.find_index(params).arn)
            return await answer(self, name, params, self._operations)
        except ServiceError as error:
            return self.error_reply(error)

    def create_index(self, params: Params) -> Params:
        """CreateIndex; CloudFormation makes its indexes here too."""
        bucket = self._buckets.find(bucket_name({**params, "indexArn": None}))
        configuration = params.get("metadataConfiguration") or {}
        settings = IndexSettings(
            dimension=params["dimension"],
            metric=params["distanceMetric"],
            non_filterable=frozenset(configuration.get("nonFilterableMetadataKeys", [])),
        )
        index = self._buckets.create_index(bucket, params["indexName"], settings)
        for each in configuration.get("textSearchConfigurations", []):
            index.add_full_text(each["metadataKey"], FullTextIndex(each.get("language")))
        self._buckets.tagged(index.arn).update(params.get("tags") or {})
        return {"indexArn": index.arn}

    def _create_bucket(self, params: Params) -> Params:
        bucket = self._buckets.create(params["vectorBucketName"])
        self._buckets.tagged(bucket.arn).update(params.get("tags") or {})
        return {"vectorBucketArn": bucket.arn}

    def _get_bucket(self, params: Params) -> Params:
        bucket = self._buckets.find(bucket_name(params))
        return {"vectorBucket": {**_bucket_summary(bucket), "defaultIndexMode": "ENHANCED"}}

    def _list_buckets(self, params: Params) -> Params:
        summaries = {bucket.name: _bucket_summary(bucket) for bucket in self._buckets}
        return _page("vectorBuckets", summaries, params)

    def _delete_bucket(self, params: Params) -> Params:
        self._buckets.delete(bucket_name(params))
        return {}

    def _put_policy(self, params: Params) -> Params:
        self._buckets.find(bucket_name(params)).policy = params["policy"]
        return {}

    def _get_policy(self, params: Params) -> Params:
        policy = self._buckets.find(bucket_name(params)).policy
        if policy is None:
            raise not_found("The specified vector bucket has no policy")
        return {"policy": policy}

    def _delete_policy(self, params: Params) -> Params:
        self._buckets.find(bucket_name(params)).policy = None
        return {}

    def _put_default_mode(self, params: Params) -> Params:
        self._buckets.find(bucket_name(params))
        _refuse_classic(params["defaultIndexMode"])
        return {}

    def _get_index(self, params: Params) -> Params:
        index = self._buckets.find_index(params)
        return {
            "index": {
                **_index_summary(index),
                "dataType": "float32",
                "dimension": index.settings.dimension,
                "distanceMetric": index.settings.metric,
                "metadataConfiguration": _metadata_configuration(index),
                "indexMode": index.mode,
            }
        }

    def _list_indexes(self, params: Params) -> Params:
        indexes = self._buckets.find(bucket_name(params)).indexes
        return _page("indexes", {name: _index_summary(i) for name, i in indexes.items()}, params)

    def _delete_index(self, params: Params) -> Params:
        self._buckets.delete_index(params)
        return {}

    def _update_mode(self, params: Params) -> Params:
        self._buckets.find_index(params)
        _refuse_classic(params["indexMode"])
        return {}

    def _update_metadata_configuration(self, params: Params) -> Params:
        index = self._buckets.find_index(params)
        if bool(params.get("add")) == bool(params.get("delete")):
            raise invalid("Specify exactly one of add and delete")
        with index.lock:
            for each in (params.get("add") or {}).get("textSearchConfigurations", []):
                _add_full_text(index, each)
            for each in (params.get("delete") or {}).get("textSearchConfigurations", []):
                if index.full_text.pop(each["metadataKey"], None) is None:
                    raise not_found(f"'{each['metadataKey']}' is not full-text searchable")
        return {"indexArn": index.arn}

    def _put(self, params: Params) -> Params:
        index = self._buckets.find_index(params)
        settings = index.settings
        records = [
            read_record(
                vector,
                dimension=settings.dimension,
                cosine=settings.metric == "cosine",
                non_filterable=settings.non_filterable,
            )
            for vector in params["vectors"]
        ]
        with index.lock:
            index.put(records)
        return {}

    def _get(self, params: Params) -> Params:
        return vector_queries.get(self._buckets.find_index(params), params)

    def _delete(self, params: Params) -> Params:
        index = self._buckets.find_index(params)
        with index.lock:
            index.delete(params["keys"])
        return {}

    def _list(self, params: Params) -> Params:
        return vector_queries.page(self._buckets.find_index(params), params)

    def _query(self, params: Params) -> Params:
        return vector_queries.query(self._buckets.find_index(params), params)

    def _tag(self, params: Params) -> Params:
        self._buckets.tagged(params["resourceArn"]).update(params["tags"])
        return {}

    def _untag(self, params: Params) -> Params:
        tags = self._buckets.tagged(params["resourceArn"])
        for key in params["tagKeys"]:
            tags.pop(key, None)
        return {}

    def _list_tags(self, params: Params) -> Params:
        return {"tags": self._buckets.tagged(params["resourceArn"])}


def _tag_params(name: str, path: str, query: Mapping[str, Any]) -> Params:
    """What the tagging operations carry outside the body."""
    if not path.startswith("/tags/"):
        return {}
    arn = {"resourceArn": urllib.parse.unquote(path.removeprefix("/tags/"))}
    return arn | ({"tagKeys": query.get("tagKeys", [])} if name == "UntagResource" else {})


def _page(member: str, items: Mapping[str, Params], params: Params) -> Params:
    """One page of a listing by name; the token is the last name shown."""
    after, limit = params.get("nextToken", ""), params.get("maxResults", 500)
    prefix = params.get("prefix", "")
    names = sorted(name for name in items if name > after and name.startswith(prefix))
    shown = names[:limit]
    more = {"nextToken": shown[-1]} if len(names) > limit else {}
    return {member: [items[name] for name in shown], **more}


def _bucket_summary(bucket: VectorBucket) -> Params:
    return {
        "vectorBucketName": bucket.name,
        "vectorBucketArn": bucket.arn,
        "creationTime": bucket.created.timestamp(),
    }


def _index_summary(index: VectorIndex) -> Params:
    return {
        "vectorBucketName": index.bucket,
        "indexName": index.name,
        "indexArn": index.arn,
        "creationTime": index.created.timestamp(),
    }


def _metadata_configuration(index: VectorIndex) -> Params:
    searchable = [
        {
            "metadataKey": key,
            "status": "ACTIVE" if texts.active else "BUILDING",
            **({"language": texts.language} if texts.language else {}),
        }
        for key, texts in index.full_text.items()
    ]
    return {
        "nonFilterableMetadataKeys": sorted(index.settings.non_filterable),
        "textSearchConfigurations": searchable,
    }


def _add_full_text(index: VectorIndex, configuration: Params) -> None:
    key = configuration["metadataKey"]
    if key in index.full_text:
        raise conflict(f"'{key}' is full-text searchable already")
    if len(index.full_text) == FULL_TEXT_KEYS:
        raise invalid(f"An index has at most {FULL_TEXT_KEYS} full-text searchable keys")
    index.add_full_text(key, FullTextIndex(configuration.get("language")))


def _refuse_classic(mode: str) -> None:
    """A bucket made since October 2026 has enhanced indexes only; all buckets here are new."""
    if mode == "CLASSIC":
        raise invalid("CLASSIC is only for vector buckets created before September 30, 2026")
