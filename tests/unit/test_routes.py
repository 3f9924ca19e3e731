"""One table of routes: its functions answer all of it, and the OpenAPI document tells it."""

import json

import pytest

from alex.api import openapi
from alex.api.http import MethodNotAllowed
from alex.api.routes import ROUTES, find
from alex.errors import NotFound


@pytest.mark.parametrize(
    ("method", "path", "name", "parameters"),
    [
        ("POST", "/ingest", "ingest", {}),
        ("POST", "/ingest/", "ingest", {}),
        ("GET", "/search", "searchByUrl", {}),
        ("GET", "/documents/a%2Fb", "showDocument", {"document_id": "a%2Fb"}),
        ("DELETE", "/research/12", "cancelJob", {"job_id": "12"}),
    ],
)
def test_a_path_finds_its_route(
    method: str, path: str, name: str, parameters: dict[str, str]
) -> None:
    route, found = find(method, path)
    assert (route.name, found) == (name, parameters)


@pytest.mark.parametrize("path", ["/", "/nope", "/documents/a/b", "/ingestion", "/INGEST", ""])
def test_unknown_paths(path: str) -> None:
    with pytest.raises(NotFound):
        find("GET", path)


def test_a_known_path_says_its_methods() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        find("PUT", "/documents/a")
    assert refused.value.allowed == ("GET", "DELETE")


def test_the_openapi_document_is_whole() -> None:
    document = openapi.document()
    text = json.dumps(document)
    for route in ROUTES:
        operation = document["paths"][route.path][route.method.lower()]
        assert operation["operationId"] == route.name
        assert {str(status) for status in route.answers} <= operation["responses"].keys()
    references = {part.split('"')[0] for part in text.split('"$ref": "#/components/')[1:]}
    known = {
        f"{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in document["components"][kind]
    }
    assert known == references
