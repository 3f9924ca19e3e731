"""HTTP without a server: requests, replies, and the one table from error to problem (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from alex.api.body import read_object
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

PROBLEM_JSON = "application/problem+json"

CALLER_WAITS = 25
"""Seconds: the gateway gives up after 29, and starting and answering take some of them."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a route is asked.

    Attributes:
        path: the path's parameters, decoded.
        query: the query string's parameters, each with every value it was given.
        headers: by name in lower case, each with every value it was given.
        body: as it came, base64 where `base64_encoded` says so.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    body: str | bytes | None = None
    base64_encoded: bool = False

    def json(self) -> dict[str, Any]:
        """The body's JSON object.

        Raises:
            InvalidInput: it holds none.
        """
        return read_object(self.body, base64_encoded=self.base64_encoded)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route answers; without a view, nothing but the status."""

    status: int
    view: BaseModel | None = None


class Forbidden(AlexError):
    """The request has no valid key."""


class MethodNotAllowed(AlexError):
    """The route exists, but not with this method."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"Allowed here: {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class TimedOut(AlexError):
    """The answer took longer than the gateway waits; the work itself goes on."""


@dataclass(frozen=True, slots=True)
class _Row:
    """What a kind of error becomes; `detail` stands in for one that is not the caller's."""

    status: int
    type: str
    title: str
    detail: str | None = None


_BUG = _Row(
    500, "internal-error", "Internal error", "Something went wrong; the service's log has it."
)

TABLE: dict[type[Exception], _Row] = {
    InvalidInput: _Row(400, "invalid-input", "Invalid input"),
    TooLarge: _Row(413, "too-large", "Too large"),
    Forbidden: _Row(403, "forbidden", "Forbidden"),
    NotFound: _Row(404, "not-found", "Not found"),
    MethodNotAllowed: _Row(405, "method-not-allowed", "Method not allowed"),
    Conflict: _Row(409, "conflict", "Conflict"),
    Misconfigured: _Row(
        500, "misconfigured", "Misconfigured", "The service is not set up rightly; see its log."
    ),
    Unavailable: _Row(503, "unavailable", "Temporarily unavailable"),
    TimedOut: _Row(504, "timed-out", "Timed out"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as its caller sees it."""

    status: int
    type: str
    title: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, error: Exception) -> "Problem":
        """The problem that an error is; one the table does not know is a bug, and says nothing."""
        row = next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _BUG)
        said = error.detail if isinstance(error, AlexError) else ""
        return cls(
            status=row.status,
            type=f"urn:alex:problem:{row.type}",
            title=row.title,
            detail=row.detail or said,
            errors=error.errors if isinstance(error, InvalidInput) else (),
            headers=_headers(error),
        )

    def body(self, instance: str | None = None) -> dict[str, Any]:
        """The JSON of the response; `instance` names the request."""
        body: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if instance:
            body["instance"] = f"urn:alex:request:{instance}"
        if self.errors:
            body["errors"] = [{"field": e.field, "message": e.message} for e in self.errors]
        return body


def _headers(error: Exception) -> dict[str, str]:
    """What some errors say in headers."""
    if isinstance(error, Unavailable):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, MethodNotAllowed):
        return {"Allow": ", ".join(error.allowed)}
    return {}


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back over the wire; headers hold the body's type where there is one."""

    status: int
    headers: Mapping[str, str]
    body: str = ""


def respond(reply: Reply, origin: str) -> Response:
    """A reply as a response that pages of this origin may read."""
    if reply.view is None:
        return Response(reply.status, _for(origin))
    headers = {"Content-Type": "application/json"} | _for(origin)
    return Response(reply.status, headers, reply.view.model_dump_json())


def refuse(problem: Problem, origin: str, instance: str | None = None) -> Response:
    """A problem as a response; `instance` names the request."""
    headers = {"Content-Type": PROBLEM_JSON} | _for(origin) | problem.headers
    return Response(problem.status, headers, json.dumps(problem.body(instance), ensure_ascii=False))


def _for(origin: str) -> dict[str, str]:
    """Headers of every response."""
    return {
        "Access-Control-Allow-Origin": origin,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
