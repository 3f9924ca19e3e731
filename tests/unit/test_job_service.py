"""Research jobs: who may change them when."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.errors import Conflict, NotFound, Unavailable
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest, digest
from alex.research.leases import LEASE
from alex.research.service import JobService
from tests.support.stores import Clock

APPLE = ResearchRequest("How does Apple earn its money?", ("AAPL",))
MSFT = ResearchRequest(tickers=("MSFT",))


@dataclass
class Launcher:
    """Remembers what it was asked to launch."""

    launched: list[str] = field(default_factory=list)
    down: bool = False

    def launch(self, job_id: str) -> None:
        if self.down:
            raise Unavailable("The researcher is down.")
        self.launched.append(job_id)


@dataclass
class Setup:
    """A job service and what stands behind it."""

    jobs: SqliteJobStore
    launcher: Launcher = field(default_factory=Launcher)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.service = JobService(self.jobs, self.launcher, clock=self.clock)


@pytest.fixture
def setup(tmp_path: Path) -> Iterator[Setup]:
    database = Database(tmp_path / "alex.db")
    yield Setup(SqliteJobStore(database))
    database.close()


def test_a_request_is_recorded_then_launched(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    assert job.status is JobStatus.QUEUED
    assert job.request == APPLE
    assert setup.launcher.launched == [job.id]
    assert setup.service.get(job.id) == job
    assert setup.service.list().items == (job,)


def test_a_repeated_key_is_the_same_job(setup: Setup) -> None:
    first = setup.service.request(APPLE, "key")
    setup.clock.time += timedelta(days=1)
    assert setup.service.request(APPLE, "key") == first
    assert len(setup.service.list().items) == 1
    assert setup.service.request(APPLE, "another key").id != first.id
    assert setup.service.request(APPLE).id != first.id


def test_a_key_cannot_be_used_for_another_request(setup: Setup) -> None:
    setup.service.request(APPLE, "key")
    with pytest.raises(Conflict, match="Idempotency-Key"):
        setup.service.request(MSFT, "key")
    assert len(setup.service.list().items) == 1


def test_a_job_that_could_not_be_handed_over_is_by_the_next_request(setup: Setup) -> None:
    setup.launcher.down = True
    with pytest.raises(Unavailable):
        setup.service.request(APPLE, "key")
    [job] = setup.service.list().items
    assert job.status is JobStatus.QUEUED
    setup.launcher.down = False
    assert setup.service.request(APPLE, "key") == job
    assert setup.launcher.launched == [job.id]


def test_a_repeated_request_launches_nothing_that_has_started(setup: Setup) -> None:
    job = setup.service.request(APPLE, "key")
    started = setup.service.start(job.id)
    assert setup.service.request(APPLE, "key") == started
    assert setup.launcher.launched == [job.id]


@pytest.mark.parametrize("job_id", ["unknown", "", "\ud800", "a\x00", "x" * 3_000])
def test_an_unknown_job_is_not_found(setup: Setup, job_id: str) -> None:
    for use in (setup.service.get, setup.service.cancel, setup.service.start):
        with pytest.raises(NotFound):
            use(job_id)
    with pytest.raises(NotFound):
        setup.service.progress(job_id, "read", "…")
    with pytest.raises(NotFound):
        setup.service.finish(job_id, JobStatus.FAILED)


def test_a_page_with_an_endless_title_does_not_outgrow_a_job(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    told = setup.service.progress(job.id, "read", "Read " + "x" * 500_000)
    [step] = told.steps
    assert step.message.startswith("Read x")
    assert step.message.endswith("…")
    assert len(step.message) <= 300
    failed = setup.service.finish(job.id, JobStatus.FAILED, error="x" * 500_000)
    assert failed.error is not None
    assert len(failed.error) <= 4_000


def test_a_run_reports_steps_and_ends_with_a_report(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    started = setup.service.start(job.id)
    assert started is not None
    assert started.status is JobStatus.RUNNING
    setup.service.progress(job.id, "read", "Read one page")
    setup.service.progress(job.id, "write", "Wrote")
    done = setup.service.finish(
        job.id, JobStatus.SUCCEEDED, report_id="r", evidence_id="e", cost={"usd": 0.1}
    )
    assert setup.service.get(job.id) == done
    assert [(step.phase, step.message) for step in done.steps] == [
        ("read", "Read one page"),
        ("write", "Wrote"),
    ]
    assert (done.status, done.report_id, done.evidence_id) == (JobStatus.SUCCEEDED, "r", "e")
    assert done.cost == {"usd": 0.1}
    assert done.steps[0].at < done.steps[1].at < done.updated


def test_a_running_or_ended_job_cannot_be_claimed(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    assert setup.service.start(job.id) is not None
    assert setup.service.start(job.id) is None
    setup.service.finish(job.id, JobStatus.FAILED, error="No page could be read.")
    assert setup.service.start(job.id) is None


def test_of_many_starts_at_once_one_wins(setup: Setup) -> None:
    for _ in range(5):
        job = setup.service.request(APPLE)
        with ThreadPoolExecutor(4) as pool:
            started = list(pool.map(lambda _, job=job: setup.service.start(job.id), range(4)))
        assert sum(one is not None for one in started) == 1


def test_a_job_whose_run_died_can_be_claimed_again_but_no_sooner(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    setup.service.start(job.id)
    setup.clock.time += LEASE / 2
    setup.service.progress(job.id, "read", "Still alive")
    setup.clock.time += LEASE - timedelta(minutes=1)
    assert setup.service.start(job.id) is None
    setup.clock.time += timedelta(minutes=2)
    again = setup.service.start(job.id)
    assert again is not None
    assert [step.message for step in again.steps] == ["Still alive"]
    assert setup.service.start(job.id) is None


def test_a_queued_job_is_cancelled_at_once(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    assert setup.service.cancel(job.id).status is JobStatus.CANCELLED
    assert setup.service.start(job.id) is None
    with pytest.raises(Conflict, match="cancelled"):
        setup.service.cancel(job.id)


def test_a_running_job_learns_of_a_cancel_with_its_next_step(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    setup.service.start(job.id)
    asked = setup.service.cancel(job.id)
    assert asked.status is JobStatus.RUNNING
    assert setup.service.cancel(job.id) == asked
    assert setup.service.progress(job.id, "read", "…").cancel_requested
    assert setup.service.finish(job.id, JobStatus.CANCELLED).status is JobStatus.CANCELLED


def test_a_cancel_ends_a_job_whose_run_died(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    setup.service.start(job.id)
    setup.clock.time += LEASE * 2
    assert setup.service.cancel(job.id).status is JobStatus.CANCELLED


def test_a_job_that_has_ended_stays_as_it_ended(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    setup.service.start(job.id)
    done = setup.service.finish(job.id, JobStatus.SUCCEEDED, report_id="r")
    assert setup.service.finish(job.id, JobStatus.FAILED, error="late") == done
    assert setup.service.progress(job.id, "read", "late") == done
    with pytest.raises(Conflict):
        setup.service.cancel(job.id)
    assert setup.service.get(job.id) == done


def test_steps_reported_at_once_are_all_kept(setup: Setup) -> None:
    job = setup.service.request(APPLE)
    setup.service.start(job.id)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: setup.service.progress(job.id, "read", str(n)), range(12)))
    steps = setup.service.get(job.id).steps
    assert {step.message for step in steps} == {str(n) for n in range(12)}


def test_a_cancel_between_reading_and_saving_is_not_lost(tmp_path: Path) -> None:
    class Interrupted(SqliteJobStore):
        """Somebody cancels just before the next save."""

        armed = False

        def save(self, job: Job) -> Job:
            if self.armed:
                self.armed = False
                JobService(self, QueuedLauncher(), clock=clock).cancel(job.id)
            return super().save(job)

    database, clock = Database(tmp_path / "alex.db"), Clock()
    store = Interrupted(database)
    service = JobService(store, QueuedLauncher(), clock=clock)
    job = service.request(APPLE)
    service.start(job.id)
    store.armed = True
    assert service.progress(job.id, "read", "Read").cancel_requested
    assert service.get(job.id).cancel_requested
    queued = service.request(APPLE)
    store.armed = True
    assert service.start(queued.id) is None
    assert service.get(queued.id).status is JobStatus.CANCELLED
    database.close()


REQUESTS = st.builds(
    ResearchRequest,
    st.none() | st.text(max_size=5),
    st.lists(st.sampled_from(["AAPL", "MSFT"]), max_size=2).map(tuple),
    st.lists(st.sampled_from(["https://a", "https://b"]), max_size=2).map(tuple),
    st.builds(Budget, st.floats(0, 1), st.integers(1, 3), st.integers(1, 3)),
)


@given(REQUESTS, REQUESTS)
def test_a_digest_tells_requests_apart(one: ResearchRequest, other: ResearchRequest) -> None:
    assert (digest(one) == digest(other)) == (one == other)
    assert digest(one) == digest(replace(one))
