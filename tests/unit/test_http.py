"""Errors become problems by one table, and bodies become JSON objects or name what is wrong."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.api.body import read_object
from alex.api.http import Forbidden, MethodNotAllowed, Problem, TimedOut
from alex.errors import (
    AlexError,
    Conflict,
    FieldError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TooLarge,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InvalidInput("Wrong."), 400),
        (TooLarge("Long."), 413),
        (Forbidden("No key."), 403),
        (NotFound("Nothing."), 404),
        (MethodNotAllowed(["GET"]), 405),
        (Conflict("Ended."), 409),
        (Unavailable("Cold.", retry_after=7), 503),
        (TimedOut("Slow."), 504),
    ],
)
def test_each_kind_of_error_has_its_status_and_says_its_detail(
    error: AlexError, status: int
) -> None:
    body = Problem.of(error).body("request-1")
    assert body["status"] == status
    assert body["detail"] == error.detail
    assert body["type"].startswith("urn:alex:problem:")
    assert body["title"]
    assert body["instance"] == "urn:alex:request:request-1"


@pytest.mark.parametrize(
    "error",
    [RuntimeError("secret"), KeyError("secret"), Misconfigured("secret"), AlexError("secret")],
)
def test_faults_of_the_service_say_nothing_of_themselves(error: Exception) -> None:
    problem = Problem.of(error)
    assert problem.status == 500
    assert "secret" not in json.dumps(problem.body())


def test_bad_fields_are_named() -> None:
    body = Problem.of(InvalidInput("Wrong.", [FieldError("a.b", "bad")])).body()
    assert body["errors"] == [{"field": "a.b", "message": "bad"}]


def test_headers_say_when_to_come_back_and_what_is_allowed() -> None:
    assert Problem.of(Unavailable("Cold.", retry_after=7)).headers == {"Retry-After": "7"}
    assert Problem.of(MethodNotAllowed(["GET", "POST"])).headers == {"Allow": "GET, POST"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (None, "body"),
        ("", "body"),
        ("  \n", "body"),
        ("{", "body"),
        ("not json", "body"),
        ("[]", "body"),
        ('"text"', "body"),
        ("null", "body"),
        ("NaN", "body"),
        ('{"a": NaN}', "body"),
        ('{"a": -Infinity}', "body"),
        ('{"a": 1e999}', "body"),
        ('{"a": ' + "9" * 5000 + "}", "body"),
        ('{"a": "\x01"}', "body"),
        ('{"a": 1} trailing', "body"),
        ("[" * 100_000, "body"),
        ('{"a":' * 100_000, "body"),
        ('{"text": "a", "text": "b"}', "text"),
        ('{"metadata": {"x": 1, "x": 1}}', "x"),
        (b"\xff\xfe{}", "body"),
    ],
)
def test_bodies_that_are_no_json_object(body: str | bytes | None, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_object(body)
    assert [error.field for error in refused.value.errors] == [field]


@pytest.mark.parametrize("body", ["%%%", "abc", "e30=\n!", base64.b64encode(b"\xff").decode()])
def test_base64_that_is_none_or_holds_no_text(body: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_object(body, base64_encoded=True)
    assert [error.field for error in refused.value.errors] == ["body"]


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)
objects = st.dictionaries(st.text(max_size=5), scalars | st.lists(scalars, max_size=3), max_size=4)


@given(objects, st.booleans())
def test_every_json_object_is_read_as_it_was_written(
    value: dict[str, object], escaped: bool
) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    data = text.encode()
    assert read_object(text) == value
    assert read_object(data) == value
    assert read_object(b"\xef\xbb\xbf" + data) == value
    assert read_object(base64.b64encode(data).decode(), base64_encoded=True) == value
