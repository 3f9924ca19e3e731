"""Requests that the pages tell, in either shell: each would be taken as the text says."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from jsonschema_rs import Draft202012Validator

from alex.api import openapi, routes
from alex.api.ingest import Ingested
from alex.api.requests import QueryModel, parse, parse_query
from alex.api.route import Route
from alex.api.views import ProblemView
from alex.errors import InvalidInput
from tests.support.guides import Block, blocks, commands

DOCUMENT = openapi.document()
ADDRESS = re.compile(r"(?:\$env:|\$)ALEX_API_ENDPOINT(/\S*)|http://127\.0\.0\.1:8000(/\S+)")
TOO_MANY = '{"query": "revenue", "k": 1000}'
WRONG_ON_PURPOSE = (TOO_MANY, '{"id": "blank", "text": "   "}')
"""What stands in bodies that show how something is refused."""


@dataclass(frozen=True)
class Request:
    block: Block
    method: str
    address: str
    body: str | None
    media_type: str
    key: bool

    @property
    def route(self) -> Route:
        return routes.find(self.method, urlsplit(self.address).path)[0]

    @property
    def asked(self) -> tuple[str, str, str | None]:
        return self.method, self.address, self.body


def after(words: list[str], *names: str) -> str | None:
    return next((words[words.index(name) + 1] for name in names if name in words), None)


def requests() -> Iterator[Request]:
    for command in commands("sh", "powershell"):
        words = command.words
        address = next((found for word in words if (found := ADDRESS.fullmatch(word))), None)
        if address is None or not {"curl", "Invoke-RestMethod"} & {*words}:
            continue
        body = after(words, "-d", "-Body")
        method = after(words, "-X", "-Method") or ("GET" if body is None else "POST")
        yield Request(
            block=command.block,
            method=method.upper(),
            address=address[1] or address[2],
            body=body,
            media_type=after(words, "-ContentType")
            or next((w.partition(": ")[2] for w in words if w.startswith("content-type: ")), ""),
            key=bool(re.search(r"x-api-key: \$\w*KEY|\$headers|x-api-key. = \$", command.text)),
        )


REQUESTS = list(requests())
BODIES = [request for request in REQUESTS if request.body is not None]


def schema(route: Route) -> dict[str, Any]:
    """The schema of a route's body as `alex openapi` prints it, with what it refers to."""
    operation = DOCUMENT["paths"][route.path][route.method.lower()]
    body: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["schema"]
    return {**body, "components": DOCUMENT["components"]}


def test_requests_are_found_in_both_shells() -> None:
    languages = Counter(request.block.language for request in REQUESTS)
    assert languages["sh"] > 10
    assert languages["powershell"] > 10
    assert {request.route.path for request in REQUESTS} >= {
        "/ingest",
        "/search",
        "/documents",
        "/documents/{document_id}",
        "/research",
        "/health",
    }


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r.block.place} {r.method}")
def test_every_request_meets_a_route_with_its_key(request_: Request) -> None:
    route = request_.route
    assert request_.key
    query = parse_qs(urlsplit(request_.address).query, strict_parsing="?" in request_.address)
    if query:
        assert route.query
        assert issubclass(route.query, QueryModel)
        parse_query(route.query, query)


@pytest.mark.parametrize("request_", BODIES, ids=lambda r: f"{r.block.place} {r.method}")
def test_every_body_is_what_the_api_describes(request_: Request) -> None:
    body = json.loads(request_.body or "")
    errors = [*Draft202012Validator(schema(request_.route)).iter_errors(body)]
    wrong = any(part in (request_.body or "") for part in WRONG_ON_PURPOSE)
    assert bool(errors) == wrong, errors


def test_bodies_for_a_stack_say_that_they_are_json() -> None:
    for request in BODIES:
        if request.block.page.startswith("guides/"):
            assert request.media_type == "application/json", request.block.place


def test_powershell_asks_what_the_unix_shell_asks() -> None:
    told = {
        shell: Counter(
            request.asked
            for request in REQUESTS
            if request.block.page.startswith("guides/") and request.block.language == shell
        )
        for shell in ("sh", "powershell")
    }
    assert told["sh"] == told["powershell"]


def test_every_answer_shown_is_one_of_the_api() -> None:
    shown = blocks("json")
    assert shown
    for block in shown:
        answer = json.loads(block.text)
        model = ProblemView if "type" in answer else Ingested
        assert set(answer) <= set(model.model_fields), block.place
        model.model_validate(answer)


def test_the_answer_to_the_wrong_request_is_the_one_shown() -> None:
    [shown] = [json.loads(block.text) for block in blocks("json") if '"errors"' in block.text]
    with pytest.raises(InvalidInput) as refused:
        parse(routes.find("POST", "/search")[0].bodies[0], json.loads(TOO_MANY))
    assert shown["detail"] == refused.value.detail
    assert shown["errors"] == [
        {"field": error.field, "message": error.message} for error in refused.value.errors
    ]
