"""Every shape in which a container may answer, and those it must not."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.aws.sagemaker import _vector
from alex.errors import Misconfigured

DIMENSION = 4
numbers = st.floats(-10, 10).filter(lambda x: abs(x) > 1e-3)
token = st.lists(numbers, min_size=DIMENSION, max_size=DIMENSION)


def mean_direction(rows: list[list[float]]) -> list[float]:
    mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    length = math.hypot(*mean)
    return [value / length for value in mean]


def has_direction(rows: list[list[float]]) -> bool:
    return math.hypot(*map(sum, zip(*rows, strict=True))) > 1


@given(st.lists(token, min_size=1, max_size=9).filter(has_direction))
def test_token_vectors_are_averaged(rows: list[list[float]]) -> None:
    expected = pytest.approx(mean_direction(rows), abs=1e-9)
    assert _vector(json.dumps([rows]).encode(), DIMENSION) == expected
    assert _vector(json.dumps(rows).encode(), DIMENSION) == expected
    assert _vector(json.dumps([[rows]]).encode(), DIMENSION) == expected


@given(token)
def test_pooled_vectors_are_taken_as_they_are(pooled: list[float]) -> None:
    expected = pytest.approx(mean_direction([pooled]), abs=1e-9)
    assert _vector(json.dumps([pooled]).encode(), DIMENSION) == expected
    assert _vector(json.dumps(pooled).encode(), DIMENSION) == expected


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"oops",
        b"null",
        b"[]",
        b"[[]]",
        b"{}",
        b'{"error": "busy"}',
        b"[1, 2, 3]",
        b"[0, 0, 0, 0]",
        b"[NaN, 1, 1, 1]",
        b"[1e400, 1, 1, 1]",
        b"[[1, 2, 3, 4], [1, 2, 3]]",
        b'["a", "b", "c", "d"]',
        b"[[[1, 2, 3, 4]], [[1, 2, 3, 4]]]",
    ],
)
def test_anything_else_is_refused(answer: bytes) -> None:
    with pytest.raises(Misconfigured):
        _vector(answer, DIMENSION)
