"""Which failures of a model's server are worth another try, when, and which may be charged."""

import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2
import pytest
from agents import ModelBehaviorError
from openai import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
)

from researcher.llm.failures import ModelFailed, NoAnswer, translated
from researcher.llm.retry import RetryPolicy

POLICY = RetryPolicy(first=2, longest=60)
REQUEST = httpx2.Request("POST", "http://model.test")


def refused(
    status: int, headers: Mapping[str, str] | None = None, code: str | None = None
) -> APIStatusError:
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    return APIStatusError("no", response=response, body={"code": code})


def lost(cause: Exception | None) -> APIConnectionError:
    error = APIConnectionError(request=REQUEST)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        refused(408),
        refused(429),
        refused(500),
        refused(529),
        lost(None),
        APITimeoutError(REQUEST),
        NoAnswer(),
        APIResponseValidationError(httpx2.Response(200, request=REQUEST), None),
        json.JSONDecodeError("bad", "", 0),
    ],
)
def test_what_may_pass_is_tried_again_after_longer_and_longer_waits(error: Exception) -> None:
    assert [POLICY.wait(translated(error), attempt) for attempt in (1, 2, 3)] == [2, 4, None]


@pytest.mark.parametrize(
    "error",
    [
        refused(400),
        refused(401),
        refused(403),
        refused(404),
        refused(422),
        refused(429, code="insufficient_quota"),
        ModelBehaviorError("no choices"),
        ValueError("a bug"),
    ],
)
def test_what_stays_is_not(error: Exception) -> None:
    assert POLICY.wait(translated(error), 1) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0"}, 0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "60"}, 60),
        ({"retry-after": "61"}, None),
        ({"retry-after": "soon"}, 2),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": format_datetime(datetime.now(UTC) - timedelta(hours=1))}, 0),
        ({"retry-after": format_datetime(datetime.now(UTC) + timedelta(hours=1))}, None),
    ],
)
def test_a_server_is_given_the_time_it_asks_for_but_no_more_than_ours(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert POLICY.wait(translated(refused(429, headers)), 1) == seconds


def test_waits_do_not_grow_for_ever() -> None:
    assert RetryPolicy(attempts=9, first=2, longest=10).wait(translated(refused(500)), 8) == 10


@pytest.mark.parametrize(
    ("error", "on_the_bill"),
    [
        (refused(400), False),
        (refused(429), False),
        (refused(500), True),
        (refused(504), True),
        (lost(None), True),
        (lost(ConnectionResetError()), True),
        (lost(ConnectionRefusedError()), False),
        (lost(socket.gaierror()), False),
        (APITimeoutError(REQUEST), True),
        (NoAnswer(), True),
    ],
)
def test_what_was_sent_and_not_refused_may_be_charged(
    error: Exception,
    on_the_bill: bool,
) -> None:
    ours = translated(error)
    assert isinstance(ours, ModelFailed)
    assert ours.charged is on_the_bill
