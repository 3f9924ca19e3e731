"""What callers get wrong, over HTTP: the right status, the field named, and nothing stored."""

import base64
import json
from collections.abc import Iterator, Mapping

import pytest

from alex.knowledge.submissions import MAX_TEXT
from alex.services import Services
from tests.support.local_api import Client, local_services, serving


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with local_services(tmp_path_factory.mktemp("bad-input")) as services:
        yield services


@pytest.fixture(scope="module")
def api(services: Services) -> Iterator[Client]:
    with serving(services, timeout=120) as client:
        client("POST", "/ingest", json={"text": "What was here before.", "id": "before"})
        yield client


def refused(
    api: Client,
    path: str,
    body: object,
    *,
    status: int,
    fields: list[str],
    method: str = "POST",
    headers: Mapping[str, str | None] | None = None,
) -> None:
    """The request is refused as it should be, and changes nothing."""
    before = (api.ids(), api("GET", "/research").json())
    if isinstance(body, bytes | str):
        answer = api(method, path, data=body, headers=headers)
    else:
        answer = api(method, path, json=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == status
    assert [error["field"] for error in problem.get("errors", [])] == fields
    assert (api.ids(), api("GET", "/research").json()) == before


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param({}, ["text"], id="no text"),
        pytest.param({"text": ""}, ["text"], id="empty text"),
        pytest.param({"text": " \t\r\n "}, ["text"], id="blank text"),
        pytest.param({"text": "\u200b\ufeff\u00a0"}, ["text"], id="text that only looks blank"),
        pytest.param({"text": 5}, ["text"], id="number for text"),
        pytest.param({"text": None}, ["text"], id="null for text"),
        pytest.param({"text": ["a"]}, ["text"], id="list for text"),
        pytest.param({"text": {"a": 1}}, ["text"], id="object for text"),
        pytest.param({"text": True}, ["text"], id="boolean for text"),
        pytest.param({"text": "a\x00b"}, ["text"], id="null character"),
        pytest.param({"text": "a\x1b[31mb"}, ["text"], id="escape character"),
        pytest.param('{"text": "a\\ud800b"}', ["text"], id="half a surrogate pair"),
        pytest.param({"text": "x", "title": "a\x07"}, ["title"], id="bell in the title"),
        pytest.param({"text": "x", "source": "a\nb"}, ["source"], id="two lines of source"),
        pytest.param({"text": "x", "metadata": {"a": "\x08"}}, ["metadata.a"], id="backspace"),
        pytest.param({"text": "x", "txt": "y"}, ["txt"], id="unknown field"),
        pytest.param({"text": "x", "documents": []}, ["documents", "text"], id="both at once"),
        pytest.param({"text": "x", "published": "2025-13-01"}, ["published"], id="month 13"),
        pytest.param({"text": "x", "published": "01.02.2025"}, ["published"], id="local date"),
        pytest.param({"text": "x", "published": 20250101}, ["published"], id="number for date"),
        pytest.param({"text": "x", "tickers": "AAPL"}, ["tickers"], id="text for tickers"),
        pytest.param({"text": "x", "tickers": [""]}, ["tickers.0"], id="empty ticker"),
        pytest.param({"text": "x", "metadata": "a"}, ["metadata"], id="text for metadata"),
        pytest.param({"text": "x", "metadata": {"a": [1]}}, ["metadata.a"], id="nested metadata"),
        pytest.param({"text": "x", "id": ""}, ["id"], id="empty id"),
        pytest.param({"text": "x", "id": "a\tb"}, ["id"], id="tab in an id"),
        pytest.param({"documents": []}, ["documents"], id="empty batch"),
        pytest.param({"documents": {}}, ["documents"], id="object for batch"),
        pytest.param("", ["body"], id="no body"),
        pytest.param("{", ["body"], id="half an object"),
        pytest.param("{'text': 'x'}", ["body"], id="single quotes"),
        pytest.param("text=x", ["body"], id="a form"),
        pytest.param("[]", ["body"], id="a list"),
        pytest.param('"text"', ["body"], id="a string"),
        pytest.param("null", ["body"], id="null"),
        pytest.param('{"text": "a\x01b"}', ["body"], id="a raw control character"),
        pytest.param('{"text": "x", "metadata": {"a": NaN}}', ["body"], id="NaN"),
        pytest.param('{"text": "x", "metadata": {"a": 1e999}}', ["body"], id="infinity"),
        pytest.param('{"text": "a", "text": "b"}', ["text"], id="a field twice"),
        pytest.param("[" * 50_000, ["body"], id="nested too deeply"),
        pytest.param(b'{"text": "\xe9"}', ["body"], id="Latin-1"),
        pytest.param(
            base64.b64encode(b'{"text": "x"}'), ["body"], id="base64 that nobody asked for"
        ),
    ],
)
def test_ingest(api: Client, body: object, fields: list[str]) -> None:
    refused(api, "/ingest", body, status=400, fields=fields)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        pytest.param({"text": "a" * (MAX_TEXT + 1)}, ["text"], id="text too long"),
        pytest.param({"text": "é" * (MAX_TEXT // 2 + 1)}, ["text"], id="too many bytes of text"),
        pytest.param({"text": "x", "title": "t" * 501}, ["title"], id="title too long"),
        pytest.param({"text": "x", "id": "i" * 201}, ["id"], id="id too long"),
        pytest.param({"documents": [{"text": "x"}] * 101}, ["documents"], id="101 documents"),
    ],
)
def test_too_large(api: Client, body: dict[str, object], fields: list[str]) -> None:
    # As UTF-8, for escapes would make the request itself too large.
    sent = json.dumps(body, ensure_ascii=False).encode()
    refused(api, "/ingest", sent, status=413, fields=fields)


def test_metadata_too_large_to_filter_by(api: Client) -> None:
    metadata = {f"name-{number}": "v" * 400 for number in range(5)}
    refused(api, "/ingest", {"text": "x", "metadata": metadata}, status=400, fields=["metadata"])


def test_a_batch_keeps_the_good_and_names_the_bad(api: Client) -> None:
    documents = [{"text": "Kept."}, {"text": ""}, "no object", {"text": "x", "when": 1}]
    answer = api("POST", "/ingest", json={"documents": documents})
    assert answer.status_code == 207
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [201, 400, 400, 400]
    fields = [[error["field"] for error in result["errors"]] for result in results[1:]]
    assert fields == [["documents.1.text"], ["documents.2"], ["documents.3.when"]]
    kept = results[0]["document_id"]
    assert sorted(api.ids()) == sorted(["before", kept])
    api("DELETE", f"/documents/{kept}")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["query"]),
        ({"query": ""}, ["query"]),
        ({"query": "  "}, ["query"]),
        ({"query": 7}, ["query"]),
        ({"query": "a\x00"}, ["query"]),
        ({"query": "x", "k": 0}, ["k"]),
        ({"query": "x", "k": -1}, ["k"]),
        ({"query": "x", "k": 101}, ["k"]),
        ({"query": "x", "k": "5"}, ["k"]),
        ({"query": "x", "k": 1.5}, ["k"]),
        ({"query": "x", "k": None}, ["k"]),
        ({"query": "x", "top": 3}, ["top"]),
        ({"query": "x", "group": "chapter"}, ["group"]),
        ({"query": "x", "filters": []}, ["filters"]),
        ({"query": "x", "filters": {"since": "last week"}}, ["filters.since"]),
        ({"query": "x", "filters": {"year": 2025}}, ["filters.year"]),
        ({"query": "x", "filters": {"kind": "\ud800"}}, ["filters.kind"]),
        ({"query": "x", "filters": {"metadata": {"a": {}}}}, ["filters.metadata.a"]),
    ],
)
def test_search(api: Client, body: object, fields: list[str]) -> None:
    refused(api, "/search", body, status=400, fields=fields)


def test_a_question_too_long(api: Client) -> None:
    refused(api, "/search", {"query": "why " * 1001}, status=413, fields=["query"])


@pytest.mark.parametrize(
    ("path", "status", "fields"),
    [
        ("/search", 400, ["q"]),
        ("/search?q=", 400, ["q"]),
        ("/search?q=x&k=0", 400, ["k"]),
        ("/search?q=x&k=101", 400, ["k"]),
        ("/search?q=x&k=five", 400, ["k"]),
        ("/search?q=x&q=y", 400, ["q"]),
        ("/search?q=x&query=y", 400, ["query"]),
        ("/search?q=x&until=2025-02-30", 400, ["until"]),
        ("/search?q=x&since=2025-02-01&until=2025-01-01", 400, ["filters.since"]),
        ("/search?q=%00", 400, ["q"]),
        ("/documents?limit=0", 400, ["limit"]),
        ("/documents?limit=101", 400, ["limit"]),
        ("/documents?limit=x", 400, ["limit"]),
        ("/documents?cursor=not-one-of-ours", 400, ["cursor"]),
        ("/documents?cursor=", 400, ["cursor"]),
        ("/documents?page=2", 400, ["page"]),
        ("/documents/unknown", 404, []),
        ("/documents/%00", 404, []),
        ("/documents/%FF%FE", 404, []),
        ("/documents/..%2F..%2Fetc%2Fpasswd", 404, []),
        ("/documents/" + "x" * 5000, 404, []),
        ("/research/unknown", 404, []),
        ("/nowhere", 404, []),
    ],
)
def test_addresses(api: Client, path: str, status: int, fields: list[str]) -> None:
    refused(api, path, None, method="GET", status=status, fields=fields)


def test_deleting_what_is_not_there(api: Client) -> None:
    refused(api, "/documents/unknown", None, method="DELETE", status=404, fields=[])


def test_a_method_that_the_route_does_not_take(api: Client) -> None:
    refused(api, "/ingest", None, method="GET", status=405, fields=[])
    refused(api, "/documents/before", {"text": "x"}, method="PUT", status=405, fields=[])


@pytest.mark.parametrize("key", [None, "", "wrong"])
def test_a_wrong_or_missing_key(api: Client, key: str | None) -> None:
    body = {"text": "Not from you."}
    refused(api, "/ingest", body, status=403, fields=[], headers={"x-api-key": key})


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/json"]
)
def test_json_is_json_whatever_it_is_called(api: Client, content_type: str | None) -> None:
    """curl calls any body a form unless told otherwise; that is no reason to refuse it."""
    body = json.dumps({"text": "Called many names.", "id": "named"})
    answer = api("POST", "/ingest", data=body, headers={"content-type": content_type})
    assert answer.status_code in {200, 201}
    api("DELETE", "/documents/named")


def test_a_body_that_travels_in_base64(api: Client) -> None:
    """API Gateway encodes binary bodies; the document is the same."""
    body = json.dumps({"text": "Größe zählt.", "id": "binary"}).encode()
    headers = {"content-type": "application/octet-stream"}
    assert api("POST", "/ingest", data=body, headers=headers).status_code == 201
    assert api("GET", "/documents/binary").json()["text"] == "Größe zählt."
    api("DELETE", "/documents/binary")


def test_one_line_of_twenty_thousand_words_is_searchable_to_its_end(api: Client) -> None:
    words = ["tide", "rope", "mast", "quay", "gull", "salt", "oar"] * 2_858
    words[-5] = "chrysanthemum"
    text = " ".join(words)
    created = api("POST", "/ingest", json={"text": text, "id": "long-line"})
    assert created.status_code == 201
    found = api("POST", "/search", json={"query": "chrysanthemum", "k": 1}).json()["results"][0]
    assert found["document_id"] == "long-line"
    assert "chrysanthemum" in found["text"]
    assert text[found["span"]["start"] : found["span"]["end"]] == found["text"]
    api("DELETE", "/documents/long-line")


def test_one_word_of_twenty_thousand_letters(api: Client) -> None:
    text = "x" * 20_000
    assert api("POST", "/ingest", json={"text": text, "id": "long-word"}).status_code == 201
    assert api("GET", "/documents/long-word").json()["text"] == text
    api("DELETE", "/documents/long-word")
