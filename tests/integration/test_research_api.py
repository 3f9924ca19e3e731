"""`/research` through Lambda's own entry: events in, proxy results out; and jobs by event."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alex.knowledge.documents import Attributes, Submission
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Job, JobStatus
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from researcher.handler import Handler, make_handler
from tests.support.pages import RESULTS

type Json = dict[str, Any]

OF_NORTHWIND = Attributes(source="https://example.com/results", tickers=("NWI",), kind="news")
ASKED = {"topic": "Northwind Instruments results", "tickers": ["nwi"]}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    wired = wire(Settings("local", tmp_path))
    yield wired
    wired.close()


@pytest.fixture
def handler(services: Services) -> Handler:
    return make_handler(lambda: services)


def event(
    method: str,
    path: str,
    body: object = None,
    *,
    query: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
    encoded: bool = False,
) -> Json:
    many = {name: [value] for name, value in (headers or {}).items()}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers or {},
        "multiValueHeaders": many,
        "queryStringParameters": {n: v[-1] for n, v in query.items()} if query else None,
        "multiValueQueryStringParameters": query,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": path,
            "httpMethod": method,
            "path": f"/prod{path}",
            "stage": "prod",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": encoded,
    }


def ask(handler: Handler, *args: Any, **kwargs: Any) -> tuple[int, Json, dict[str, str]]:  # noqa: ANN401
    result = handler(event(*args, **kwargs), None)
    headers = {name.lower(): value for name, value in result["headers"].items()}
    return result["statusCode"], json.loads(result["body"]), headers


def test_a_job_is_taken_in_shown_listed_and_cancelled(handler: Handler) -> None:
    status, accepted, _ = ask(handler, "POST", "/research", ASKED)
    job_id = accepted["job_id"]
    assert (status, accepted["status"]) == (202, "queued")
    assert accepted["links"]["self"] == f"/research/{job_id}"

    status, job, _ = ask(handler, "GET", f"/research/{job_id}")
    assert (status, job["topic"]) == (200, "Northwind Instruments results")
    assert job["request"]["tickers"] == ["NWI"]

    status, listed, _ = ask(handler, "GET", "/research")
    assert (status, [item["job_id"] for item in listed["jobs"]]) == (200, [job_id])

    status, cancelled, _ = ask(handler, "DELETE", f"/research/{job_id}")
    assert (status, cancelled["status"]) == (200, "cancelled")
    status, problem, _ = ask(handler, "DELETE", f"/research/{job_id}")
    assert (status, problem["title"]) == (409, "Conflict")


def test_a_repeated_key_starts_nothing_new(handler: Handler) -> None:
    headers = {"Idempotency-Key": "order-1"}
    _, first, _ = ask(handler, "POST", "/research", ASKED, headers=headers)
    _, again, _ = ask(handler, "POST", "/research", ASKED, headers=headers)
    assert again["job_id"] == first["job_id"]
    other = {"topic": "Something else"}
    status, _, _ = ask(handler, "POST", "/research", other, headers=headers)
    assert status == 409


def test_jobs_come_in_pages(handler: Handler) -> None:
    made = [ask(handler, "POST", "/research", ASKED)[1]["job_id"] for _ in range(3)]
    _, first, _ = ask(handler, "GET", "/research", query={"limit": ["2"]})
    query = {"limit": ["2"], "cursor": [first["cursor"]]}
    _, second, _ = ask(handler, "GET", "/research", query=query)
    listed = [job["job_id"] for page in (first, second) for job in page["jobs"]]
    assert listed == made[::-1]
    assert second["cursor"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "topic"),
        ({"topic": "   "}, "topic"),
        ({"topic": 7}, "topic"),
        ({"topic": "x", "urls": ["ftp://example.com/a"]}, "urls.0"),
        ({"topic": "x", "urls": ["file:///etc/passwd"]}, "urls.0"),
        ({"topic": "x", "tickers": ["not a ticker"]}, "tickers.0"),
        ({"topic": "x", "budget": {"pages": 0}}, "budget.pages"),
        ({"topic": "x", "budget": {"seconds": 10_000}}, "budget.seconds"),
        ({"topic": "x", "budget": {"turns": 0}}, "budget.turns"),
        ({"topic": "x", "budget": {"turns": 1.5}}, "budget.turns"),
        ({"topic": "x", "budget": {"bytes": 0}}, "budget.bytes"),
        ({"topic": "x", "colour": "red"}, "colour"),
        ("{", "body"),
        ("", "body"),
        ("[1]", "body"),
        ('{"topic": "a", "topic": "b"}', "topic"),
    ],
)
def test_a_bad_request_is_refused_with_its_field(
    handler: Handler, body: object, field: str
) -> None:
    status, problem, headers = ask(handler, "POST", "/research", body)
    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]
    assert ask(handler, "GET", "/research")[1]["jobs"] == []


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "caf\u00e9"])
def test_a_bad_idempotency_key_is_refused(handler: Handler, key: str) -> None:
    headers = {"Idempotency-Key": key}
    status, problem, _ = ask(handler, "POST", "/research", ASKED, headers=headers)
    assert (status, problem["errors"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": ["0"]}, "limit"),
        ({"limit": ["two"]}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"cursor": ["made-up"]}, "cursor"),
        ({"page": ["2"]}, "page"),
    ],
)
def test_a_bad_listing_is_refused_with_its_field(
    handler: Handler, query: dict[str, list[str]], field: str
) -> None:
    status, problem, _ = ask(handler, "GET", "/research", query=query)
    assert (status, problem["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/research/unknown", 404),
        ("DELETE", "/research/unknown", 404),
        ("GET", "/reports", 404),
        ("PUT", "/research", 405),
    ],
)
def test_what_is_not_there_is_a_problem(
    handler: Handler, method: str, path: str, status: int
) -> None:
    answered, problem, headers = ask(handler, method, path)
    assert (answered, problem["status"]) == (status, status)
    assert headers["content-type"] == "application/problem+json"
    assert ("allow" in headers) is (status == 405)


def test_health_says_what_runs(handler: Handler) -> None:
    status, health, _ = ask(handler, "GET", "/health")
    assert (status, health["status"], health["provider"]) == (200, "ok", "offline")


class BrokenJobs(SqliteJobStore):
    """A store whose files are gone."""

    def get(self, job_id: str) -> Job | None:
        raise OSError(f"/secret/place/{job_id}")


def test_what_goes_wrong_inside_is_not_told(services: Services, tmp_path: Path) -> None:
    database = Database(tmp_path / "other.db")
    service = JobService(BrokenJobs(database), QueuedLauncher())
    broken = make_handler(lambda: replace(services, research=service))
    status, problem, _ = ask(broken, "GET", "/research/any")
    database.close()
    assert (status, problem["title"]) == (500, "Internal error")
    assert "secret" not in json.dumps(problem)


def test_a_job_event_runs_the_job_and_a_repeated_one_nothing(
    handler: Handler, services: Services
) -> None:
    services.knowledge.ingest(
        Submission(RESULTS, title="Northwind Instruments results", attributes=OF_NORTHWIND)
    )
    _, accepted, _ = ask(handler, "POST", "/research", {**ASKED, "budget": {"turns": 5}})
    job_id = accepted["job_id"]
    assert handler({"job_id": job_id}, None) == {"job_id": job_id, "status": "succeeded"}
    assert handler({"job_id": job_id}, None) == {"job_id": job_id, "status": None}
    job = services.research.get(job_id)
    assert job.status is JobStatus.SUCCEEDED
    assert job.request.budget.turns == 5
    status, shown, _ = ask(handler, "GET", f"/research/{job_id}")  # requests go on as before
    assert (status, shown["links"]["report"]) == (200, f"/documents/{job.report_id}")


def test_any_other_event_is_an_error(handler: Handler) -> None:
    with pytest.raises(ValueError, match="Neither a request nor a job"):
        handler({"source": "aws.events"}, None)


def test_answering_a_request_needs_nothing_heavy() -> None:
    code = (
        "import sys, researcher.handler;"
        "print([m for m in ('agents', 'openai', 'trafilatura', 'playwright', 'lxml')"
        " if m in sys.modules])"
    )
    done = subprocess.run(  # a process of its own: here they are all loaded already
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
