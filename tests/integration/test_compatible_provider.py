"""The run over real HTTP against a server that speaks chat completions, and its faults."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from alex.research import Budget, Job, JobStatus, ResearchRequest
from alex.settings import Settings
from alex.wiring import Services, wire
from researcher.bundle import Bundle
from researcher.run import run_job
from tests.support.fake_openai import MODEL, FakeModel, Fault, fake_openai
from tests.support.pages import SITE, Pages

PAGE = (
    "# Northwind results\n\n"
    "Northwind reported revenue of $412.6 million for the second quarter of 2026.\n"
)


def settings(data_dir: Path, base_url: str) -> Settings:
    return Settings(
        backend="local",
        data_dir=data_dir,
        provider="compatible",
        model=MODEL,
        model_base_url=base_url,
        model_api_key="local-key",
    )


@contextmanager
def services_for(data_dir: Path, base_url: str) -> Iterator[Services]:
    services = wire(settings(data_dir, base_url))
    try:
        yield services
    finally:
        services.close()


def research(services: Services, *, seconds: int = 120) -> Job:
    asked = ResearchRequest(
        topic="Northwind results",
        urls=(f"{SITE}/results",),
        budget=Budget(pages=3, seconds=seconds),
    )
    job = services.research.request(asked)
    pages = Pages({f"{SITE}/results": PAGE})
    ended = asyncio.run(run_job(services, job.id, lambda _settings: pages))
    assert ended is not None
    assert pages.closed
    return ended


def bundle_of(services: Services, job: Job) -> Bundle:
    text = services.texts.get(job.evidence_id or "")
    assert text is not None
    return Bundle.model_validate_json(text)


def run(data_dir: Path, fault: Fault | None, *, seconds: int = 120) -> tuple[Job, FakeModel]:
    with fake_openai(fault) as model, services_for(data_dir, model.base_url) as services:
        return research(services, seconds=seconds), model


def test_a_model_writes_a_verified_report(tmp_path: Path) -> None:
    with fake_openai() as model, services_for(tmp_path, model.base_url) as services:
        job = research(services)
        assert job.status is JobStatus.SUCCEEDED
        assert job.cost["requests"] == 4  # two turns of reading, a draft, a revision
        assert job.cost["input_tokens"] == 400
        assert "usd" not in job.cost  # the server's prices are not known
        bundle = bundle_of(services, job)
        _, report = services.knowledge.get(job.report_id or "")
    assert "77%" not in report
    assert f"Written by: {MODEL} (compatible)" in report
    assert [(claim.kept, claim.revised) for claim in bundle.claims] == [(True, False), (True, True)]
    assert bundle.questions == ["What comes next?"]


def test_tools_and_schema_never_go_together(tmp_path: Path) -> None:
    _, model = run(tmp_path, None)
    assert {("tools" in r, "response_format" in r) for r in model.requests} == {
        (True, False),
        (False, True),
    }


def test_pages_reach_the_writer_only_as_fenced_data(tmp_path: Path) -> None:
    _, model = run(tmp_path, None)
    system, user = model.writings[0]["messages"]
    assert "412.6" not in system["content"]
    assert user["content"].index("<<<source S1") < user["content"].index("412.6")


@pytest.mark.parametrize(
    "fault",
    [
        Fault.RATE_LIMITED_ONCE,
        Fault.SERVER_ERROR_ONCE,
        Fault.BAD_JSON_ONCE,
        Fault.FENCED_JSON,
        Fault.JSON_IN_WORDS,
        Fault.SCHEMA_REFUSED,
        Fault.SCHEMA_IGNORED,
        Fault.UNKNOWN_TOOL,
        Fault.BAD_ARGUMENTS,
        Fault.IGNORES_TOOLS,
        Fault.NEVER_STOPS_READING,
    ],
)
def test_what_can_be_mended_is(tmp_path: Path, fault: Fault) -> None:
    job, _ = run(tmp_path, fault)
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.RATE_LIMITED, "The model's server says its rate limit or quota is used up."),
        (Fault.SERVER_ERROR, "The model's server answered with status 500."),
        (Fault.UNAUTHORIZED, "The model's server refused the key."),
        (Fault.DROPS_CONNECTION, "The model's server could not be reached."),
        (Fault.NOT_JSON_HTTP, "The model's server answered with something else than JSON."),
        (Fault.BAD_JSON, "The model's answers were not the JSON it was asked for."),
        (Fault.WRONG_SHAPE, "The model's answers were not the JSON it was asked for."),
        (Fault.CUT_OFF, "The model's answers were not the JSON it was asked for."),
        (Fault.NO_CONTENT, "The model's answers were not the JSON it was asked for."),
        (Fault.NO_CHOICE, "The model's answers were not the JSON it was asked for."),
    ],
)
def test_what_cannot_be_mended_fails_plainly_and_stores_nothing(
    tmp_path: Path, fault: Fault, reason: str
) -> None:
    with fake_openai(fault) as model, services_for(tmp_path, model.base_url) as services:
        job = research(services)
        assert (job.status, job.error) == (JobStatus.FAILED, reason)
        assert services.knowledge.list().items == ()


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.HANGS_WRITING])
def test_a_model_that_hangs_ends_with_the_time_budget(tmp_path: Path, fault: Fault) -> None:
    job, _ = run(tmp_path, fault, seconds=3)
    assert (job.status, job.error) == (
        JobStatus.FAILED,
        "The 3 seconds of the budget were used up.",
    )


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with fake_openai() as gone:
        base_url = gone.base_url
    with services_for(tmp_path, base_url) as services:
        job = research(services)
    assert (job.status, job.error) == (
        JobStatus.FAILED,
        "The model's server could not be reached.",
    )


def test_a_key_alone_turns_no_model_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-someone-elses")
    with fake_openai() as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.base_url)
        offline = Settings.from_env({"ALEX_DATA_DIR": str(tmp_path)})
        services = wire(replace(offline, backend="local"))
        try:
            job = research(services)
        finally:
            services.close()
        assert (job.status, model.requests) == (JobStatus.SUCCEEDED, [])
