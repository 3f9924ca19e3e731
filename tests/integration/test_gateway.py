"""The laptop's gateway over real HTTP: keys, limits, and requests that arrive as they were sent."""

import http.client
import json
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from alex.api.http import CALLER_WAITS, Reply, Request
from alex.api.route import Endpoint, Route
from alex.api.routes import ROUTES
from alex.clock import now
from alex.errors import Misconfigured
from alex.knowledge.cleanup import LEASE
from alex.knowledge.documents import Revision
from alex.local.catalog import SqliteCatalog
from alex.local.database import Database
from alex.research.jobs import JobStatus, ResearchRequest
from alex.retry import deadline
from alex.services import Services
from laptop.gateway import MAX_PAYLOAD, TIMEOUT
from laptop.keys import load_or_create
from laptop.serve import running_gateway
from tests.support.local_api import Client, listening_to, local_services, serving

type Json = dict[str, Any]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with local_services(tmp_path_factory.mktemp("gateway")) as services:
        yield services


@pytest.fixture(scope="module")
def api(services: Services) -> Iterator[Client]:
    with serving(services) as client:
        yield client


def test_a_document_goes_in_is_found_and_goes(api: Client) -> None:
    text = "The tidal mill at Eling has ground wheat since the year 1086."
    created = api("POST", "/ingest", json={"text": text, "source": "https://example.com/mill"})
    assert created.status_code == 201
    document_id = created.json()["document_id"]
    found = api("POST", "/search", json={"query": "Which mill uses the tide?", "k": 1}).json()
    assert [result["document_id"] for result in found["results"]] == [document_id]
    again = api("GET", "/search?q=Which+mill+uses+the+tide%3F&k=1").json()
    assert again == found
    assert api("GET", f"/documents/{document_id}").json()["text"] == text
    deleted = api("DELETE", f"/documents/{document_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api("GET", f"/documents/{document_id}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/health"),
        ("POST", "/ingest"),
        ("POST", "/search"),
        ("GET", "/documents"),
        ("DELETE", "/documents/a"),
        ("POST", "/research"),
        ("GET", "/research/a"),
        ("GET", "/nowhere"),
    ],
)
@pytest.mark.parametrize("key", [None, "", "wrong", "ключ".encode().decode("latin-1")])
def test_nothing_is_answered_without_the_key(
    api: Client, method: str, path: str, key: str | None
) -> None:
    answer = api(method, path, headers={"x-api-key": key})
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["title"] == "Forbidden"


def test_two_keys_are_no_key(api: Client) -> None:
    connection = http.client.HTTPConnection(urlsplit(api.url).netloc)
    connection.putrequest("GET", "/health")
    connection.putheader("x-api-key", api.key["x-api-key"])
    connection.putheader("x-api-key", "another")
    connection.endheaders()
    assert connection.getresponse().status == 403
    connection.close()


def test_a_browser_may_ask_first(api: Client) -> None:
    answer = api("OPTIONS", "/search", headers={"x-api-key": None, "Origin": "https://example.com"})
    assert answer.status_code == 204
    assert "x-api-key" in answer.headers["access-control-allow-headers"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_payload_beyond_the_limit_is_refused(api: Client, chunked: bool) -> None:
    before = api.ids()
    body = json.dumps({"text": "x" * MAX_PAYLOAD}).encode()
    answer = api("POST", "/ingest", data=iter([body[:1000], body[1000:]]) if chunked else body)
    assert answer.status_code == 413
    assert [error["field"] for error in answer.json()["errors"]] == ["body"]
    assert api.ids() == before


def test_unknown_routes_and_methods(api: Client) -> None:
    assert api("GET", "/nowhere").status_code == 404
    wrong = api("PUT", "/search")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST, GET")


def answered_by(endpoint: Endpoint) -> list[Route]:
    """The API, with this endpoint in place of those of `/research`."""
    return [
        replace(route, endpoint=endpoint) if route.function == "researcher" else route
        for route in ROUTES
    ]


def test_a_request_arrives_as_it_was_sent(services: Services) -> None:
    kept: list[Request] = []

    def keep(_services: Services, request: Request) -> Reply:
        kept.append(request)
        return Reply(204)

    with serving(services, routes=answered_by(keep)) as api:
        api("GET", "/research?limit=1&limit=2&x=%C3%A9&y=", headers={"X-Thing": "one"})
        api("GET", "/research/a%2Fb%20c")
        api("POST", "/research", data="körper".encode())
        api("POST", "/research", data=b"\xff\x00")
        key = api.key["x-api-key"]
    listing, one, text, binary = kept
    assert listing.query == {"limit": ["1", "2"], "x": ["é"], "y": [""]}
    assert (listing.headers["x-thing"], listing.headers["x-api-key"]) == (["one"], [key])
    assert listing.body == b""
    assert one.path == {"job_id": "a/b c"}
    assert (text.body, binary.body) == ("körper".encode(), b"\xff\x00")


def test_an_endpoint_is_given_less_time_than_the_gateway_waits(services: Services) -> None:
    """So that it can still say what it had no time for."""
    left: list[float] = []

    def keep(_services: Services, _request: Request) -> Reply:
        left.append(deadline(1_000) - time.monotonic())
        return Reply(204)

    with serving(services, routes=answered_by(keep)) as api:
        api("GET", "/research")
    assert left[0] <= CALLER_WAITS < TIMEOUT


def test_an_endpoint_that_raises_is_a_plain_500(services: Services) -> None:
    def broken(_services: Services, _request: Request) -> Reply:
        raise RuntimeError("the secret is xyzzy")

    with (
        serving(services, routes=answered_by(broken)) as api,
        listening_to("alex.gateway") as said,
    ):
        answer = api("GET", "/research")
    assert answer.status_code == 500
    assert "xyzzy" not in answer.text
    assert "secret" not in answer.text
    assert any(answer.json()["instance"].endswith(r.getMessage().split()[-1]) for r in said)
    assert any(record.exc_info for record in said)


def test_an_endpoint_that_takes_too_long_does_not_hold_the_others(services: Services) -> None:
    release = threading.Event()

    def slow(_services: Services, _request: Request) -> Reply:
        release.wait(30)
        return Reply(204)

    with serving(services, routes=answered_by(slow), timeout=2) as api:
        assert api("GET", "/research").status_code == 504
        assert api("GET", "/health").status_code == 200
        release.set()


def test_many_requests_at_once_each_get_their_own_answer(api: Client) -> None:
    for number in range(6):
        api("POST", "/ingest", json={"text": f"Document number {number}.", "id": f"doc-{number}"})
    wrong: list[str] = []

    def ask(number: int) -> None:
        for _ in range(10):
            headers = api.key
            url = f"{api.url}/documents/doc-{number}"
            found = requests.get(url, headers=headers, timeout=30).json()
            if found["document_id"] != f"doc-{number}":
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_queued_research_is_run(tmp_path: Path) -> None:
    with local_services(tmp_path) as services:
        ran = threading.Event()

        def run(job_id: str) -> None:
            services.research.start(job_id)
            services.research.finish(job_id, JobStatus.SUCCEEDED)
            ran.set()

        with serving(services, run_job=run) as api:
            asked = api("POST", "/research", json={"topic": "tides"})
            assert asked.status_code == 202
            assert ran.wait(30)
            job = api("GET", asked.json()["links"]["self"]).json()
        assert (job["status"], job["topic"]) == ("succeeded", "tides")


def test_the_schedule_asks_by_itself(tmp_path: Path) -> None:
    (tmp_path / "agenda.json").write_text(json.dumps([{"topic": "tides"}]))
    with local_services(tmp_path, watch_minutes=60) as services:
        asked: list[ResearchRequest] = []
        ran = threading.Event()

        def run(job_id: str) -> None:
            asked.append(services.research.get(job_id).request)
            services.research.finish(job_id, JobStatus.SUCCEEDED)
            ran.set()

        with serving(services, run_job=run):
            assert ran.wait(30)
        assert [request.topic for request in asked] == ["tides"]


def test_what_a_broken_ingest_left_is_swept_away(tmp_path: Path) -> None:
    with local_services(tmp_path) as services:
        database = Database(tmp_path / "alex.db")
        try:
            catalog = SqliteCatalog(database)
            catalog.stage(Revision("broken", "broken-1", 0), now() - 2 * LEASE)
            with serving(services, run_job=lambda _: None):
                while catalog.leftovers(now()):  # the test's timeout ends it
                    time.sleep(0.01)
        finally:
            database.close()


def test_the_key_is_made_once_and_kept_secret(tmp_path: Path) -> None:
    first, second = load_or_create(tmp_path), load_or_create(tmp_path)
    assert (first.new, second.new) == (True, False)
    assert first.value == second.value
    assert len(first.value) >= 40
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "api-key").stat().st_mode) == 0o600


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "api-key"
    path.write_text("given-by-hand\n")
    path.chmod(0o644)
    assert load_or_create(tmp_path).value == "given-by-hand"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("\n")
    with pytest.raises(Misconfigured, match="empty"):
        load_or_create(tmp_path)


def test_it_listens_on_loopback_only_and_says_when_it_cannot(
    services: Services, api: Client
) -> None:
    parts = urlsplit(api.url)
    assert parts.hostname == "127.0.0.1"
    with (
        pytest.raises(Misconfigured, match=str(parts.port)),
        running_gateway(services, port=parts.port or 0),
    ):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent differently there")
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_alex_serve_answers_until_it_is_told_to_stop(tmp_path: Path, kind: signal.Signals) -> None:
    command = [sys.executable, "-c", "from laptop.main import main; main()"]
    options = ["serve", "--port", "0", "--json", "--data-dir", str(tmp_path)]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout
            told = json.loads("".join(takewhile("}\n".__ne__, served.stdout)) + "}")
            key = (tmp_path / "api-key").read_text().strip()
            assert told["key"] == key
            health = requests.get(f"{told['url']}/health", headers={"x-api-key": key}, timeout=30)
            assert health.json()["status"] == "ok"
            served.send_signal(kind)
            assert served.wait(30) == 0
        finally:
            served.kill()
