"""S3 Vectors stores, lists and finds vectors."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from rehearsal.process import StandIn
from tests.support.stand_in import keys, make_index, session_of, vector

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient


def test_a_put_replaces_and_a_delete_forgets(vectors: "S3VectorsClient") -> None:
    index = make_index(vectors)
    vectors.put_vectors(indexArn=index, vectors=[vector("a", n=1), vector("b", n=1)])
    vectors.put_vectors(indexArn=index, vectors=[vector("a", [0, 1.0, 0, 0], n=2)])
    vectors.delete_vectors(indexArn=index, keys=["b", "unknown"])
    found = vectors.get_vectors(
        indexArn=index, keys=["a", "b"], returnData=True, returnMetadata=True
    )
    assert found["vectors"] == [vector("a", [0, 1.0, 0, 0], n=2)]


def test_listing_shows_every_key_once(vectors: "S3VectorsClient") -> None:
    index = make_index(vectors)
    names = [f"key-{i}" for i in range(23)]
    vectors.put_vectors(indexArn=index, vectors=[vector(name) for name in names])
    pages = vectors.get_paginator("list_vectors").paginate(
        indexArn=index, PaginationConfig={"PageSize": 7}
    )
    assert sorted(key for page in pages for key in keys(page)) == sorted(names)
    segments = [
        keys(vectors.list_vectors(indexArn=index, segmentCount=4, segmentIndex=segment))
        for segment in range(4)
    ]
    assert sorted(key for segment in segments for key in segment) == sorted(names)


def test_a_page_ends_at_a_megabyte(vectors: "S3VectorsClient") -> None:
    index = make_index(vectors)
    big = [vector(f"key-{i:02}", text="x" * 40_000) for i in range(40)]
    vectors.put_vectors(indexArn=index, vectors=big)
    page = vectors.list_vectors(indexArn=index, maxResults=1000)
    assert 0 < len(page["vectors"]) < 40
    assert "nextToken" in page


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_query_finds_the_nearest(vectors: "S3VectorsClient", metric: str) -> None:
    index = make_index(vectors, dimension=16, metric=metric)
    random = np.random.default_rng(7)
    stored = random.normal(size=(200, 16)).astype(np.float32)
    question = random.normal(size=16).astype(np.float32)
    vectors.put_vectors(
        indexArn=index, vectors=[vector(str(i), row.tolist()) for i, row in enumerate(stored)]
    )
    if metric == "cosine":
        norms = np.linalg.norm(stored, axis=1) * np.linalg.norm(question)
        expected = 1 - stored @ question / norms
    else:
        expected = np.linalg.norm(stored - question, axis=1)
    found = vectors.query_vectors(
        indexArn=index,
        topK=100,
        queryVector={"float32": question.tolist()},
        returnDistance=True,
    )
    assert keys(found) == [str(i) for i in np.argsort(expected, kind="stable")[:100]]
    distances = [each["distance"] for each in found["vectors"]]
    assert distances == pytest.approx(sorted(expected)[:100], abs=1e-5)


def test_throttling_is_an_error_that_clients_retry(
    aws: StandIn, vectors: "S3VectorsClient"
) -> None:
    index = make_index(vectors)
    patient = session_of(aws).client("s3vectors", endpoint_url=aws.endpoint)
    throttled = {"s3vectors:PutVectors": [{"code": "TooManyRequestsException"}]}
    aws.inject_faults(throttled)
    with pytest.raises(vectors.exceptions.TooManyRequestsException):
        vectors.put_vectors(indexArn=index, vectors=[vector("a")])
    aws.inject_faults(throttled)
    patient.put_vectors(indexArn=index, vectors=[vector("a")])
    assert keys(vectors.list_vectors(indexArn=index)) == ["a"]
