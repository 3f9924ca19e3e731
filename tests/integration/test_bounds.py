"""Each cap of a budget, and a cancel, ends a run with what is verified, and says so."""

import asyncio
import math
import random
from dataclasses import replace
from pathlib import Path

import pytest

from alex.knowledge.documents import Submission
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Budget, Job, JobStatus
from alex.research.service import JobService
from alex.settings import ProviderName
from researcher.checkpoint import Checkpoint
from researcher.handler import make_handler
from researcher.llm.offline.model import NAME as OFFLINE
from researcher.llm.retry import RetryPolicy
from researcher.pipeline.run import SAVING_SECONDS, run_job
from researcher.verify.bundle import verify_bundle
from researcher.verify.draft import Claim, Draft, Quote
from tests.support.fake_openai import INPUT, MODEL, OUTPUT, FakeModel, Fault, fake_openai
from tests.support.pages import OUTLOOK, SITE, Pages
from tests.support.research import (
    PAGE,
    QUICK,
    START,
    bundle_of,
    light_services,
    report_of,
    request,
    research,
    settings_for,
)

WRITTEN_BY_MODEL = f"Written by: {MODEL} (openai)"
WITHOUT_MODEL = f"Written by: {OFFLINE}"


def run(
    data_dir: Path,
    budget: Budget,
    fault: Fault | None = None,
    *,
    retry_policy: RetryPolicy = QUICK,
    pages: Pages | None = None,
) -> tuple[Job, str, list[str], FakeModel]:
    """The job, its report, the caps it reached, and the model; the report is always verified."""
    with (
        fake_openai(fault) as model,
        light_services(settings_for(data_dir, "openai", model.base_url)) as services,
    ):
        job = research(services, budget, retry_policy, pages)
        assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)
        bundle, report = bundle_of(services, job), report_of(services, job)
    assert verify_bundle(bundle).holds
    assert bundle.kept
    assert job.cost["usd"] <= budget.usd
    assert job.cost["requests"] <= budget.turns
    told = [step.message for step in job.steps]
    for limit in bundle.limits:
        assert limit in told
        assert limit in report.replace("\\", "")
    return job, report, bundle.limits, model


def test_no_dollars_no_calls(tmp_path: Path) -> None:
    job, report, limits, model = run(tmp_path, Budget(usd=0))
    assert model.requests == []
    assert job.cost["usd"] == 0
    assert WITHOUT_MODEL in report
    assert "$412.6 million" in report
    assert len(limits) == 2  # reading and writing
    assert all("The budget of $0.00 allows no other model call" in limit for limit in limits)


def test_dollars_that_are_kept_for_writing_end_reading(tmp_path: Path) -> None:
    """A draft can cost up to $0.076: what a turn of reading might cost is not there besides."""
    job, report, limits, model = run(tmp_path, Budget(usd=0.08))
    assert [bool(request.get("tools")) for request in model.requests] == [False, False]
    assert job.cost["pages"] == 1
    assert WRITTEN_BY_MODEL in report
    [limit] = limits
    assert limit.startswith("Reading ended early. The budget of $0.08 allows no other model call")


@pytest.mark.parametrize(
    ("turns", "calls", "author"), [(1, 1, WRITTEN_BY_MODEL), (2, 2, WRITTEN_BY_MODEL)]
)
def test_turns_are_kept_for_writing(tmp_path: Path, turns: int, calls: int, author: str) -> None:
    _, report, limits, model = run(tmp_path, Budget(turns=turns))
    assert len(model.requests) == calls
    assert author in report
    reading = f"Reading ended early. The budget of {turns} model calls allows no other one."
    mending = "No statement was mended. The budget of 1 model calls allows no other one."
    assert limits == [reading, mending][: 3 - turns]


def test_a_reader_that_does_not_stop_is_stopped(tmp_path: Path) -> None:
    _, report, limits, model = run(tmp_path, Budget(turns=9), Fault.NEVER_STOPS_READING)
    assert len(model.requests) == 5 + 2
    assert WRITTEN_BY_MODEL in report
    assert limits == ["Reading ended early. The budget of 9 model calls allows no other one."]


def test_what_no_model_wrote_no_model_mends(tmp_path: Path) -> None:
    """An attempt died after it had done without the model; there is money left for a call."""
    proven = PAGE.splitlines()[-1]
    quotes = [Quote(source="S1", text=proven)]
    summary = [Claim(text=proven, quotes=quotes), Claim(text="Revenue was $9.", quotes=quotes)]
    with (
        fake_openai() as model,
        light_services(settings_for(tmp_path, "openai", model.base_url)) as services,
    ):
        job = services.research.request(request())
        extract = Draft(title="Northwind results", summary=summary)
        Checkpoint(services.texts, job.id).save("extract", extract)
        reader = Pages({START: PAGE})
        ended = asyncio.run(run_job(services, job.id, lambda _settings: reader, retry_policy=QUICK))
        assert ended
        assert WITHOUT_MODEL in report_of(services, ended)
        assert [claim.revised for claim in bundle_of(services, ended).kept] == [False]
    assert model.requests
    assert model.writings == []


def many() -> Pages:
    texts = {f"{SITE}/{n}": f"{OUTLOOK}\nPage number {n} of the outlook.\n" for n in range(6)}
    return Pages({START: PAGE, **texts})


def capped(data_dir: Path, budget: Budget) -> tuple[list[str], Job]:
    """A run that would read seven pages, offline."""
    asked = replace(request(budget), urls=tuple(many().texts))
    with light_services(settings_for(data_dir, "offline", "")) as services:
        job = services.research.request(asked)
        ended = asyncio.run(run_job(services, job.id, lambda _settings: many()))
        assert ended
        assert ended.status is JobStatus.SUCCEEDED
        return bundle_of(services, ended).limits, ended


def test_pages_are_counted(tmp_path: Path) -> None:
    limits, job = capped(tmp_path, Budget(pages=3))
    assert limits == ["The budget of 3 pages is used up. More pages were wanted."]
    assert job.cost["pages"] == 3


def test_bytes_are_counted(tmp_path: Path) -> None:
    limits, job = capped(tmp_path, Budget(bytes=400))
    assert limits == ["The budget of 400 bytes of pages is used up. More pages were wanted."]
    assert job.cost["pages"] == 3
    assert 400 <= job.cost["bytes"] < 400 + len(OUTLOOK) + 40


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.HANGS_WRITING])
def test_seconds_end_what_the_model_takes_too_long_for(tmp_path: Path, fault: Fault) -> None:
    job, report, limits, _ = run(
        tmp_path, Budget(seconds=3), fault, retry_policy=replace(QUICK, timeout=None)
    )
    assert WITHOUT_MODEL in report
    assert any("Of the 3 seconds too few were left for the model to write" in x for x in limits)
    assert job.cost["failed_requests"] >= 1  # cut off, so it counts at its reserve
    assert job.cost["usd"] > 4000 * 2 / 1_000_000


def test_the_process_deadline_ends_a_run_in_time_to_be_saved(tmp_path: Path) -> None:
    with (
        fake_openai(Fault.HANGS) as model,
        light_services(settings_for(tmp_path, "openai", model.base_url)) as services,
    ):
        job = services.research.request(request(Budget(seconds=600)))
        reader = Pages({START: PAGE})
        ended = asyncio.run(
            run_job(services, job.id, lambda _settings: reader, seconds_left=SAVING_SECONDS + 2)
        )
        assert model.asked.is_set()  # and it answers only when all is over
        assert ended
        assert ended.status is JobStatus.SUCCEEDED
        assert WITHOUT_MODEL in report_of(services, ended)


class Context:
    """Of an invocation with so many seconds left."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


def test_lambda_s_time_is_the_run_s(tmp_path: Path) -> None:
    with light_services(settings_for(tmp_path, "offline", "")) as services:
        job = services.research.request(request())
        handler = make_handler(lambda: services)
        answer = handler({"job_id": job.id}, Context(SAVING_SECONDS))
        ended = services.research.get(job.id)
    assert answer["status"] == "failed"
    assert ended.error == (
        "Nothing was read. Reading ended early. Its share of the 600 seconds was used up."
        " The time for reading is used up. More pages were wanted. No report was stored."
    )


def test_without_time_even_to_finish_nothing_is_stored(tmp_path: Path) -> None:
    with light_services(settings_for(tmp_path, "offline", "")) as services:
        services.knowledge.ingest(Submission(PAGE, title="Northwind results"))
        job = services.research.request(replace(request(), urls=()))
        ended = asyncio.run(
            run_job(services, job.id, lambda _settings: Pages({}), seconds_left=SAVING_SECONDS)
        )
        assert len(services.knowledge.list().items) == 1
    assert ended
    assert (ended.status, ended.error) == (
        JobStatus.FAILED,
        "The run's time was used up before anything could be verified.",
    )


class CancelledAt(SqliteJobStore):
    """Somebody cancels while a step says this."""

    def __init__(self, database: Database, message: str) -> None:
        super().__init__(database)
        self._message = message

    def save(self, job: Job) -> Job:
        saved = super().save(job)
        if not job.cancel_requested and job.steps and self._message in job.steps[-1].message:
            return super().save(replace(saved, cancel_requested=True))
        return saved


STEPS = [
    "Looking up what is already known",
    "earlier reports",
    "Reading sources",
    "Read Northwind results",
    "Writing from 1 sources",
    "statements are proven",
    "Storing what was read",
]


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        *(("offline", step) for step in STEPS),
        *(("openai", step) for step in STEPS),
        ("openai", "Asking once to mend"),  # offline nothing needs mending
    ],
)
def test_a_cancel_takes_effect_between_steps_and_stores_nothing(
    tmp_path: Path, provider: ProviderName, message: str
) -> None:
    ended, calls, kept = cancelled_at(tmp_path, provider, message)
    assert ended.status is JobStatus.CANCELLED
    assert kept == 0
    answered = calls * (INPUT + 2 * OUTPUT) / 1_000_000
    assert ended.cost["usd"] == pytest.approx(answered if provider == "openai" else 0)
    assert message in ended.steps[-1].message


def test_a_cancel_that_comes_while_saving_leaves_nothing_half_done(tmp_path: Path) -> None:
    ended, _, kept = cancelled_at(tmp_path, "offline", "Northwind results: created")
    assert (ended.status, kept) == (JobStatus.SUCCEEDED, 2)  # the page and the report


def cancelled_at(data_dir: Path, provider: ProviderName, message: str) -> tuple[Job, int, int]:
    """The job, calls of the model, documents stored."""
    with (
        fake_openai() as model,
        light_services(settings_for(data_dir, provider, model.base_url)) as services,
    ):
        database = Database(data_dir / "alex.db")
        service = JobService(CancelledAt(database, message), QueuedLauncher())
        ended = research(replace(services, research=service))
        database.close()
        return ended, len(model.requests), len(services.knowledge.list().items)


def test_a_cancel_between_two_calls_of_the_model_makes_no_other_call(tmp_path: Path) -> None:
    """The reader would go on without reading a page."""
    with (
        fake_openai(Fault.UNKNOWN_TOOL, delay=0.2) as model,
        light_services(settings_for(tmp_path, "openai", model.base_url)) as services,
    ):
        job = services.research.request(request())

        class Cancelling(Pages):
            async def read(self, url: str):  # type: ignore[no-untyped-def] # noqa: ANN202
                raise AssertionError(url)

        async def cancelled_meanwhile() -> Job | None:
            running = asyncio.create_task(
                run_job(services, job.id, lambda _settings: Cancelling({}), retry_policy=QUICK)
            )
            await asyncio.to_thread(model.asked.wait, 30)
            services.research.cancel(job.id)
            return await running

        ended = asyncio.run(cancelled_meanwhile())
    assert ended
    assert ended.status is JobStatus.CANCELLED
    assert len(model.requests) == 1


FAULTS = [*Fault, None]
TRANSPORT = {Fault.HANGS, Fault.HANGS_ONCE, Fault.HANGS_WRITING, Fault.DRIPS}


@pytest.mark.parametrize("seed", range(16))
def test_whatever_happens_no_run_costs_more_than_its_budget(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - budgets and faults, not secrets
    fault = chance.choice([fault for fault in FAULTS if fault not in TRANSPORT])
    budget = Budget(usd=round(chance.uniform(0, 0.15), 3), turns=chance.randint(1, 8))
    with (
        fake_openai(fault) as model,
        light_services(settings_for(tmp_path, "openai", model.base_url)) as services,
    ):
        job = research(services, budget)
        assert job.cost["usd"] <= budget.usd
        assert job.cost["requests"] == len(model.requests) <= budget.turns
        if job.status is JobStatus.SUCCEEDED:
            assert verify_bundle(bundle_of(services, job)).holds
        else:
            assert job.error
            assert services.knowledge.list().items == ()


def test_no_time_limit_is_no_deadline(tmp_path: Path) -> None:
    with light_services(settings_for(tmp_path, "offline", "")) as services:
        job = services.research.request(request())
        ended = asyncio.run(
            run_job(services, job.id, lambda _settings: Pages({START: PAGE}), seconds_left=math.inf)
        )
    assert ended
    assert ended.status is JobStatus.SUCCEEDED
