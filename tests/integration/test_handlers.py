"""Every sample event, through the handler that Lambda runs, over the laptop's real services."""

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alex.api.health import Health, health
from alex.api.http import Reply, Request
from alex.api.routes import find
from alex.aws.api_gateway import rest_handler
from alex.errors import Misconfigured, Unavailable
from alex.research.jobs import JobStatus, ResearchRequest
from alex.services import Services
from ingest import app as ingest_app
from scheduler import app as scheduler_app
from search import app as search_app
from tests.support.lambda_context import LambdaContext
from tests.support.local_api import (
    EVENTS,
    Functions,
    call,
    event,
    listening_to,
    local_services,
    rest_event,
)

type Json = dict[str, object]


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with local_services(tmp_path) as services:
        yield services


@pytest.fixture
def api(services: Services) -> Functions:
    return Functions(services)


def test_the_sample_events_tell_the_whole_story(api: Functions) -> None:
    first = api(event("ingest"))
    assert first.status == 201
    assert first.json["created"] is True
    assert first.json["passages"] == 1

    batch = api(event("ingest-batch"))
    assert batch.status == 207
    assert [result.get("status") for result in batch.json["results"]] == [200, 201, 400]
    assert batch.json["results"][2]["errors"][0]["field"] == "documents.2.text"

    by_body, by_url = api(event("search")), api(event("search-by-url"))
    assert by_body.status == by_url.status == 200
    assert by_body.json["count"] == len(by_body.json["results"]) == 2
    for answer in (by_body, by_url):
        best = answer.json["results"][0]
        assert best["document_id"] == first.json["document_id"]
        assert (best["published"], best["undated"]) == ("2025-10-28", False)
        assert best["metadata"] == {"quarter": "Q3", "audited": False}

    listed = api(event("documents"))
    assert listed.status == 200
    assert {d["document_id"] for d in listed.json["documents"]} == {
        first.json["document_id"],
        "hle-outlook",
    }

    shown = api(event("document"))
    assert shown.status == 200
    assert shown.json["text"].startswith("Harbor Lights Energy expects")

    assert api(event("document-delete")).status == 204
    assert api(event("document-delete")).status == 404
    assert api(event("document")).status == 404

    health = api(event("health"))
    assert health.status == 200
    assert health.json["embedder"]["dimension"] == 384


def test_the_sample_research_event_becomes_one_job_however_often_it_comes(api: Functions) -> None:
    first, again = api(event("research")), api(event("research"))
    assert (first.status, again.status) == (202, 202)
    assert first.json["job_id"] == again.json["job_id"]
    job = api.services.research.get(first.json["job_id"])
    assert job.request.tickers == ("HLE",)


def test_the_sample_schedule_event_starts_research(services: Services) -> None:
    followed = services.research.request(ResearchRequest(topic="tides"))
    services.research.start(followed.id)
    services.research.finish(followed.id, JobStatus.SUCCEEDED)
    watching = replace(services, settings=replace(services.settings, watchlist=("HLE",)))
    context: Any = LambdaContext("scheduler")
    answer = scheduler_app.make_handler(lambda: watching)(event("schedule"), context)
    assert services.research.get(answer["job_id"]).request.tickers == ("HLE",)


def test_every_sample_event_is_used_here() -> None:
    used = Path(__file__).read_text("utf-8")
    assert all(f'event("{path.stem}")' in used for path in EVENTS.glob("*.json"))


def test_a_result_says_where_its_text_stands(api: Functions) -> None:
    text = (
        "The quay was rebuilt. " * 60
        + "The lighthouse keeper retired in 1931. "
        + "Boats came. " * 60
    )
    created = api(rest_event("POST", "/ingest", {"text": text, "title": "Harbor"})).json
    best = api(rest_event("POST", "/search", {"query": "lighthouse keeper retired"})).json[
        "results"
    ][0]
    whole = api(rest_event("GET", f"/documents/{created['document_id']}")).json["text"]
    assert whole == text
    assert whole[best["span"]["start"] : best["span"]["end"]] == best["text"]
    assert "lighthouse" in best["text"]
    assert best["passages"][0]["span"] == best["span"]
    assert 0 <= best["distance"] <= 2


def test_the_same_document_again_is_unchanged(api: Functions) -> None:
    api(event("ingest"))
    again = api(event("ingest"))
    assert again.status == 200
    assert (again.json["created"], again.json["outcome"]) == (False, "unchanged")


def test_a_batch_that_went_one_way_has_one_status(api: Functions) -> None:
    documents = {"documents": [{"text": "One thing."}, {"text": "Another thing."}]}
    assert api(rest_event("POST", "/ingest", documents)).status == 201
    assert api(rest_event("POST", "/ingest", documents)).status == 200


def test_a_batch_that_failed_whole_says_so_item_by_item(api: Functions) -> None:
    answer = api(
        rest_event("POST", "/ingest", {"documents": [{"text": ""}, 5, {"text": "x" * 5_000_001}]})
    )
    assert answer.status == 207
    assert [result["status"] for result in answer.json["results"]] == [400, 400, 413]
    fields = [result["errors"][0]["field"] for result in answer.json["results"]]
    assert fields == ["documents.0.text", "documents.1", "documents.2.text"]


def test_a_body_in_base64_is_read(api: Functions) -> None:
    body = base64.b64encode(json.dumps({"text": "Größe: 5 €"}).encode()).decode()
    created = api(rest_event("POST", "/ingest", body, isBase64Encoded=True))
    assert created.status == 201
    shown = api(rest_event("GET", f"/documents/{created.json['document_id']}"))
    assert shown.json["text"] == "Größe: 5 €"


@pytest.mark.parametrize("body", ["%%%", base64.b64encode(b"\xff\xfe").decode()])
def test_a_body_that_is_no_base64_or_no_text(api: Functions, body: str) -> None:
    answer = api(rest_event("POST", "/ingest", body, isBase64Encoded=True))
    assert (answer.status, answer.bad_fields) == (400, ["body"])


def test_an_id_may_hold_what_paths_must_escape(api: Functions) -> None:
    name = "Q3 2025/β?#%"
    assert api(rest_event("POST", "/ingest", {"text": "x", "id": name})).json["document_id"] == name
    path = "/documents/Q3%202025%2F%CE%B2%3F%23%25"
    assert api(rest_event("GET", path)).json["document_id"] == name
    assert api(rest_event("DELETE", path)).status == 204


def test_pages_follow_the_cursor_to_the_end(api: Functions) -> None:
    texts = [f"Note number {number}." for number in range(5)]
    api(rest_event("POST", "/ingest", {"documents": [{"text": text} for text in texts]}))
    ids, query = [], {"limit": ["2"]}
    while True:
        page = api(rest_event("GET", "/documents", query=query)).json
        ids += [document["document_id"] for document in page["documents"]]
        if page["cursor"] is None:
            break
        query = {"limit": ["2"], "cursor": [page["cursor"]]}
    assert len(ids) == len(set(ids)) == 5


def test_what_no_function_answers(api: Functions) -> None:
    unknown = api(rest_event("GET", "/nowhere"))
    assert (unknown.status, unknown.headers["content-type"]) == (404, "application/problem+json")
    wrong = api(rest_event("PUT", "/documents/a"))
    assert (wrong.status, wrong.headers["allow"]) == (405, "GET, DELETE")
    misrouted = call(ingest_app.make_handler(lambda: api.services), rest_event("GET", "/health"))
    assert misrouted.status == 404


def test_answers_may_be_read_by_any_page_and_kept_by_none(api: Functions) -> None:
    for answer in (api(event("health")), api(rest_event("GET", "/documents/none"))):
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cache-control"] == "no-store"


def failing(error: Exception) -> Services:
    raise error


def test_a_bug_is_logged_with_its_stack_and_says_nothing() -> None:
    handler = search_app.make_handler(lambda: failing(RuntimeError("the secret is 42")))
    with listening_to("search") as records:
        answer = call(handler, event("health"))
    assert answer.status == 500
    assert "42" not in answer.text
    assert answer.json["instance"].endswith(event("health")["requestContext"]["requestId"])
    [record] = [record for record in records if record.levelname == "ERROR"]
    assert record.exc_info
    assert "42" in str(record.exc_info[1])


def test_a_missing_setting_is_logged_and_not_told() -> None:
    handler = ingest_app.make_handler(lambda: failing(Misconfigured("ALEX_TABLE is missing.")))
    with listening_to("ingest") as records:
        answer = call(handler, event("ingest"))
    assert answer.status == 500
    assert "ALEX_TABLE" not in answer.text
    assert any("ALEX_TABLE" in str(r.exc_info and r.exc_info[1]) for r in records)


def test_a_cold_dependency_says_when_to_come_back() -> None:
    handler = search_app.make_handler(lambda: failing(Unavailable("The model is cold.", 9)))
    answer = call(handler, event("search"))
    assert (answer.status, answer.headers["retry-after"]) == (503, "9")
    assert answer.json["detail"] == "The model is cold."


def test_services_are_built_at_the_first_event_and_tried_again_after_a_failure(
    services: Services,
) -> None:
    tries: list[int] = []

    def build() -> Services:
        tries.append(1)
        return services if len(tries) > 1 else failing(Unavailable("Not yet."))

    handler = search_app.make_handler(build)
    assert tries == []
    assert call(handler, event("health")).status == 503
    assert call(handler, event("health")).status == 200


def test_requests_at_once_do_not_mix(services: Services) -> None:
    """Powertools keeps the current request in one place; ours must not."""
    together = threading.Barrier(4, timeout=30)

    def echo(_services: Services, request: Request) -> Reply:
        together.wait()
        name = request.path["document_id"]
        view = health(services, request).view
        assert isinstance(view, Health)
        return Reply(200, view.model_copy(update={"version": f"{name} {request.body!s}"}))

    route = replace(find("GET", "/documents/1")[0], endpoint=echo)
    handler = rest_handler("echo", [route], lambda: services)
    events = [rest_event("GET", f"/documents/{n}", f"body {n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            answers = list(pool.map(lambda one: call(handler, one), events))
            assert [a.json["version"] for a in answers] == [f"{n} body {n}" for n in range(4)]


def test_each_line_of_the_log_names_its_request(services: Services) -> None:
    with listening_to("search") as records:
        call(search_app.make_handler(lambda: services), event("search"))
    [line] = [record for record in records if record.message == "answered"]
    assert (line.__dict__["status"], line.__dict__["path"]) == (200, "/search")
    assert "not-a-real-key" not in str([record.__dict__ for record in records])
