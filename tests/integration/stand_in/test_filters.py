"""S3 Vectors filters by metadata."""

import math
import operator as operators
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.stand_in import Json, keys, make_index, vector

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient


SCALARS = st.one_of(st.sampled_from(["a", "b", "1"]), st.integers(0, 3), st.booleans())
NUMBERS = st.one_of(st.integers(-1, 4), st.sampled_from([0.5, 2.5]))
FIELDS = st.sampled_from(["kind", "tags", "year", "flag"])
CONDITIONS = st.one_of(
    SCALARS,
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), SCALARS, min_size=1),
    st.dictionaries(st.sampled_from(["$gt", "$gte", "$lt", "$lte"]), NUMBERS, min_size=1),
    st.dictionaries(
        st.sampled_from(["$in", "$nin"]), st.lists(SCALARS, min_size=1, max_size=3), min_size=1
    ),
    st.fixed_dictionaries({"$exists": st.booleans()}),
)
FILTERS = st.recursive(
    st.dictionaries(FIELDS, CONDITIONS, min_size=1, max_size=1),
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or"]),
        st.lists(inner, min_size=1, max_size=3),
        min_size=1,
        max_size=1,
    ),
    max_leaves=6,
)


def passes(metadata: Json, where: Json) -> bool:
    """The filter language once more, written as plainly as its documentation."""
    ((key, wanted),) = where.items()
    if key == "$and":
        return all(passes(metadata, each) for each in wanted)
    if key == "$or":
        return any(passes(metadata, each) for each in wanted)
    conditions = wanted if isinstance(wanted, dict) else {"$eq": wanted}
    return all(holds(metadata, key, *condition) for condition in conditions.items())


def holds(metadata: Json, key: str, operator: str, wanted: Json) -> bool:
    stored = metadata.get(key, [])
    values = {typed(value) for value in (stored if isinstance(stored, list) else [stored])}
    number = stored if type(stored) in {int, float} else math.nan
    if operator == "$exists":
        return (key in metadata) is wanted
    if operator in {"$eq", "$in"}:
        return bool(values & alternatives(wanted))
    if operator in {"$ne", "$nin"}:
        return not values & alternatives(wanted)
    ordering = {
        "$gt": operators.gt,
        "$gte": operators.ge,
        "$lt": operators.lt,
        "$lte": operators.le,
    }
    return bool(ordering[operator](number, wanted))


def alternatives(wanted: Json) -> set[tuple[str, Json]]:
    return {typed(value) for value in (wanted if isinstance(wanted, list) else [wanted])}


def typed(value: Json) -> tuple[str, Json]:
    kinds = {bool: "boolean", str: "string", int: "number", float: "number"}
    return kinds[type(value)], value


DOCUMENTS = tuple(
    {
        **({"kind": kind} if kind is not None else {}),
        **({"tags": tags} if tags else {}),
        **({"year": year} if year is not None else {}),
        **({"flag": flag} if flag is not None else {}),
    }
    for kind in ("a", "b", None)
    for tags in (["a"], ["a", "b"], [1, 2], None)
    for year, flag in ((0, True), (1, False), (2.5, None), (None, True), ("1", None))
)


@pytest.fixture(scope="module")
def index(vectors: "S3VectorsClient") -> str:
    """The documents above, keyed by their position."""
    arn = make_index(vectors)
    stored = [vector(str(i), None, **metadata) for i, metadata in enumerate(DOCUMENTS)]
    vectors.put_vectors(indexArn=arn, vectors=stored)
    return arn


@settings(max_examples=150, deadline=None)
@given(where=FILTERS)
def test_a_filter_lets_through_what_it_says(
    vectors: "S3VectorsClient", index: str, where: Json
) -> None:
    found = vectors.query_vectors(
        indexArn=index, topK=100, queryVector={"float32": [1.0, 1, 0, 0]}, filter=where
    )
    expected = {str(i) for i, each in enumerate(DOCUMENTS) if passes(each, where)}
    assert set(keys(found)) == expected


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"text": "x"},
        {"kind": "a", "year": 1},
        {"kind": {}},
        {"kind": {"$like": "a"}},
        {"kind": {"$gt": "a"}},
        {"year": {"$gt": True}},
        {"kind": {"$in": []}},
        {"kind": {"$in": "a"}},
        {"kind": {"$eq": ["a"]}},
        {"kind": ["a"]},
        {"kind": None},
        {"kind": {"$exists": 1}},
        {"$and": []},
        {"$not": [{"kind": "a"}]},
        {"$or": [{"kind": "a"}, {"text": {"$exists": True}}]},
    ],
)
def test_what_is_not_of_the_language_is_refused(
    vectors: "S3VectorsClient", index: str, where: Json
) -> None:
    with pytest.raises(vectors.exceptions.ValidationException, match="filter"):
        vectors.query_vectors(
            indexArn=index, topK=1, queryVector={"float32": [1.0, 0, 0, 0]}, filter=where
        )
