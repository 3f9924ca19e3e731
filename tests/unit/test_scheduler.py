"""The scheduler starts what is most overdue, once, and does not hide failures."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from hypothesis import given
from hypothesis import strategies as st

from alex.errors import Unavailable
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Job, JobStatus, ResearchRequest
from alex.research.leases import LEASE
from alex.research.schedule_policy import most_overdue, start_most_overdue
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from scheduler.app import Handler, make_handler

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICKERS = ("TIN", "ZINC", "LEAD")
WATCHED = [ResearchRequest(tickers=(ticker,)) for ticker in TICKERS]
EVENT = {"source": "aws.scheduler", "time": "2026-03-01T12:00:00Z"}


class Context(LambdaContext):
    """What Lambda tells a function about itself."""

    def __init__(self) -> None:
        self._function_name = "scheduler"
        self._memory_limit_in_mb = 512
        self._invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:scheduler"
        self._aws_request_id = "one"


@dataclass
class Down:
    """A launcher whose Lambda is down."""

    asked: int = 0

    def launch(self, job_id: str) -> None:
        self.asked += 1
        raise Unavailable("The researcher is busy or down.")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    wired = wire(Settings(backend="local", data_dir=tmp_path, watchlist=TICKERS))
    yield wired
    wired.close()


@pytest.fixture
def handler(services: Services) -> Handler:
    return make_handler(lambda: services)


def job(request: ResearchRequest, status: JobStatus, ago: timedelta, key: str | None = None) -> Job:
    at = NOON - ago
    return Job(f"{request.subject}-{ago}", request, at, at, status, idempotency_key=key)


def test_every_run_starts_another_ticker_until_all_are_under_way(
    services: Services, handler: Handler
) -> None:
    results = [handler(EVENT, Context()) for _ in range(4)]
    assert [result.get("subject") for result in results] == [*TICKERS, None]
    assert len(services.research.list(limit=100).items) == 3
    assert results[3]["job_id"] is None


def test_failing_to_hand_over_is_a_failure_and_leaves_one_job(
    services: Services, tmp_path: Path
) -> None:
    database = Database(tmp_path / "alex.db")
    service = JobService(SqliteJobStore(database), Down())
    handler = make_handler(lambda: replace(services, research=service))
    with pytest.raises(Unavailable):
        handler(EVENT, Context())
    assert [one.status for one in service.list(limit=9).items] == [JobStatus.QUEUED]
    database.close()


def test_a_job_that_was_never_handed_over_is_handed_over_again(tmp_path: Path) -> None:
    database = Database(tmp_path / "alex.db")
    store = SqliteJobStore(database)
    with pytest.raises(Unavailable):
        start_most_overdue(JobService(store, Down(), clock=lambda: NOON), WATCHED[:1], at=NOON)
    later = NOON + LEASE + timedelta(minutes=1)
    service = JobService(store, QueuedLauncher(), clock=lambda: later)
    again = start_most_overdue(service, WATCHED[:1], at=later)
    [only] = service.list(limit=9).items
    assert again is not None
    assert again.id == only.id
    database.close()


def test_two_schedulers_at_once_start_one_job(tmp_path: Path) -> None:
    """Both decided on the same jobs: what one stored in between changes nothing."""
    database = Database(tmp_path / "alex.db")
    service = JobService(SqliteJobStore(database), QueuedLauncher(), clock=lambda: NOON)
    much_later = NOON + timedelta(days=1)
    first = start_most_overdue(service, WATCHED[:1], at=NOON)
    assert first is not None
    second = service.request(WATCHED[0], first.idempotency_key)
    assert second.id == first.id
    # And a day later the queued job is the same one still, not a second.
    assert start_most_overdue(service, WATCHED[:1], at=much_later) == second
    database.close()


def test_a_ticker_that_anybody_has_researched_now_is_passed_over() -> None:
    asked = ResearchRequest(topic="what tin costs", tickers=("TIN",))
    choice = most_overdue(
        WATCHED[:2], [job(asked, JobStatus.RUNNING, timedelta(minutes=5))], at=NOON
    )
    assert choice == (WATCHED[1], None)


def test_a_run_that_died_does_not_block_its_ticker() -> None:
    dead = job(WATCHED[0], JobStatus.RUNNING, LEASE + timedelta(seconds=1))
    assert most_overdue(WATCHED[:1], [dead], at=NOON) == (WATCHED[0], dead)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(WATCHED),
            st.sampled_from(list(JobStatus)),
            st.integers(min_value=0, max_value=60 * 24),
        ),
        max_size=12,
    )
)
def test_the_choice_is_free_and_nobody_free_waits_longer(
    history: list[tuple[ResearchRequest, JobStatus, int]],
) -> None:
    made = [job(request, status, timedelta(minutes=ago)) for request, status, ago in history]
    jobs = sorted(made, key=lambda one: one.created, reverse=True)
    working = {
        one.request.tickers[0]
        for one in jobs
        if not one.status.final and NOON - one.created <= LEASE
    }
    waiting = [r for r in WATCHED if r.tickers[0] not in working]
    choice = most_overdue(WATCHED, jobs, at=NOON)
    if choice is None:
        assert not waiting
        return
    request, before = choice
    assert request in waiting
    for other in waiting:
        last = next((one for one in jobs if one.request == other), None)
        assert before is None or (last is not None and before.created <= last.created)
