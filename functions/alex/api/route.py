"""What a route of the API is: where it stands, what goes in and out, and what answers it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from alex.api.http import Reply, Request
from alex.services import Services

type Function = Literal["ingest", "search", "researcher"]

type Endpoint = Callable[[Services, Request], Reply]
"""Answers one route: parses, calls one use case, responds."""


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        path: with its parameters in braces, as API Gateway writes them.
        function: which function answers where the API is deployed.
        endpoint: what answers.
        bodies: the request bodies it takes, any of them.
        query: its query string.
        answers: what it answers when all is well, by status: any of these, or no body.
        refusals: the error statuses it can answer besides those that every route can.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    function: Function
    endpoint: Endpoint
    name: str
    summary: str
    answers: Mapping[int, tuple[type[BaseModel], ...]]
    bodies: tuple[type[BaseModel], ...] = ()
    query: type[BaseModel] | None = None
    refusals: tuple[int, ...] = ()
    idempotency_key: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters."""
        return tuple(re.findall(r"{(\w+)}", self.path))

    def matches(self, path: str) -> dict[str, str] | None:
        """The path's parameters as they stand in it, or None where it is another route's."""
        match = _pattern(self.path).fullmatch(path)
        return match.groupdict() if match else None


def _pattern(path: str) -> re.Pattern[str]:
    """Compiled once each by `re` itself."""
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + "/*")
