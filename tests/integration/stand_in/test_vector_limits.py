"""S3 Vectors refuses what breaks its limits."""

import math
from typing import TYPE_CHECKING

import pytest

from tests.support.stand_in import Json, keys, make_index, vector

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (vector("bad", [0.0, 0, 0, 0]), "zeros"),
        (vector("bad", [math.nan, 0, 0, 0]), "NaN"),
        (vector("bad", [1e39, 0, 0, 0]), "infinity"),
        (vector("bad", [1.0, 2.0]), "length 4"),
        (vector("bad", kind="x" * 2048), "Filterable metadata"),
        (vector("bad", text="x" * 41_000), "at most 40960 bytes"),
        (vector("bad", None, **{f"key{i}": 1 for i in range(51)}), "50 keys"),
        (vector("bad", None, **{"k" * 64: 1}), "63 characters"),
        (vector("bad", nested={"a": 1}), "must be a string"),
        (vector("bad", mixed=["a", 1]), "must be a string"),
        (vector("bad", nothing=None), "must be a string"),
    ],
)
def test_a_bad_vector_is_named_and_nothing_is_stored(
    vectors: "S3VectorsClient", bad: Json, reason: str
) -> None:
    index = make_index(vectors)
    with pytest.raises(vectors.exceptions.ValidationException, match=reason) as refused:
        vectors.put_vectors(indexArn=index, vectors=[vector("good"), bad])
    assert "'bad'" in str(refused.value)
    assert keys(vectors.list_vectors(indexArn=index)) == []


def test_long_text_is_taken_where_it_is_not_filterable(vectors: "S3VectorsClient") -> None:
    index = make_index(vectors)
    passage = "é" * 15_000
    vectors.put_vectors(indexArn=index, vectors=[vector("a", text=passage, kind="x" * 2000)])
    (stored,) = vectors.get_vectors(indexArn=index, keys=["a"], returnMetadata=True)["vectors"]
    assert stored["metadata"]["text"] == passage


def test_requests_have_sizes(vectors: "S3VectorsClient") -> None:
    index = make_index(vectors)
    invalid = vectors.exceptions.ValidationException
    with pytest.raises(invalid, match="500"):
        vectors.put_vectors(indexArn=index, vectors=[vector(str(i)) for i in range(501)])
    with pytest.raises(invalid, match="500"):
        vectors.delete_vectors(indexArn=index, keys=[str(i) for i in range(501)])
    with pytest.raises(invalid, match="100"):
        vectors.get_vectors(indexArn=index, keys=[str(i) for i in range(101)])
    with pytest.raises(invalid, match="100"):
        vectors.query_vectors(indexArn=index, topK=101, queryVector={"float32": [1.0, 0, 0, 0]})
    with pytest.raises(invalid, match="20971520"):
        vectors.put_vectors(indexArn=index, vectors=[vector("a", text="x" * 21_000_000)])


def test_settings_of_an_index_are_checked(vectors: "S3VectorsClient") -> None:
    invalid = vectors.exceptions.ValidationException
    with pytest.raises(invalid, match="4096"):
        make_index(vectors, dimension=4097)
    with pytest.raises(invalid, match="enum"):
        make_index(vectors, metric="manhattan")


def test_a_bucket_with_an_index_stays(vectors: "S3VectorsClient") -> None:
    make_index(vectors)
    with pytest.raises(vectors.exceptions.ConflictException):
        vectors.delete_vector_bucket(vectorBucketName="research")


def test_what_is_missing_is_not_found(vectors: "S3VectorsClient") -> None:
    with pytest.raises(vectors.exceptions.NotFoundException):
        vectors.get_index(vectorBucketName="research", indexName="nowhere")
