"""The laptop's worker and schedule: every queued job is run, and no failure ends them."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alex.clock import now
from alex.errors import Misconfigured
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import JobStatus, ResearchRequest
from alex.research.leases import LEASE
from alex.research.service import JobService
from laptop.schedule import Background, JobWorker, read_agenda


class Clock:
    """Goes when told to."""

    def __init__(self) -> None:
        self.time = now()

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def service(tmp_path: Path, clock: Clock) -> Iterator[JobService]:
    database = Database(tmp_path / "alex.db")
    yield JobService(SqliteJobStore(database), QueuedLauncher(), clock=clock)
    database.close()


class Runs:
    """Claims and ends jobs, and remembers them."""

    def __init__(self, service: JobService, status: JobStatus = JobStatus.SUCCEEDED) -> None:
        self.service = service
        self.status = status
        self.ids: list[str] = []

    def __call__(self, job_id: str) -> None:
        if self.service.start(job_id):
            self.ids.append(job_id)
            if self.status.final:
                self.service.finish(job_id, self.status)


def ask(service: JobService, count: int) -> list[str]:
    return [service.request(ResearchRequest(topic=f"topic {n}")).id for n in range(count)]


def test_queued_jobs_are_run_once_oldest_first(service: JobService) -> None:
    ids, runs = ask(service, 45), Runs(service)
    worker = JobWorker(service, runs)
    worker.run_waiting()
    worker.run_waiting()
    assert runs.ids == ids
    more = ask(service, 2)
    worker.run_waiting()
    assert runs.ids == ids + more


def test_a_run_that_died_is_run_again_after_its_lease(service: JobService, clock: Clock) -> None:
    ids, dying = ask(service, 1), Runs(service, JobStatus.RUNNING)
    JobWorker(service, dying).run_waiting()
    runs = Runs(service)
    worker = JobWorker(service, runs)
    worker.run_waiting()
    assert runs.ids == []
    clock.time += LEASE + timedelta(seconds=1)
    worker.run_waiting()
    assert runs.ids == ids


def test_a_cancelled_job_is_not_run(service: JobService) -> None:
    [job_id] = ask(service, 1)
    service.cancel(job_id)
    runs = Runs(service)
    JobWorker(service, runs).run_waiting()
    assert runs.ids == []


def test_a_run_that_raises_ends_its_job_and_spares_the_next(service: JobService) -> None:
    ids = ask(service, 2)
    runs = Runs(service)

    def run(job_id: str) -> None:
        if job_id == ids[0]:
            raise RuntimeError("the secret is 42")
        runs(job_id)

    JobWorker(service, run).run_waiting()
    broken = service.get(ids[0])
    assert broken.status is JobStatus.FAILED
    assert "42" not in str(broken.error)
    assert runs.ids == [ids[1]]


def test_background_work_goes_on_after_a_failure_until_stopped() -> None:
    rounds: list[int] = []
    enough = threading.Event()

    def action() -> None:
        rounds.append(1)
        if len(rounds) == 3:
            enough.set()
        raise RuntimeError("no luck")

    work = Background("test", 0.001, action)
    work.start()
    assert enough.wait(10)
    work.stop()
    done = len(rounds)
    assert not any(thread.name == "test" for thread in threading.enumerate())
    assert len(rounds) == done


def test_an_agenda_is_a_list_of_requests(tmp_path: Path) -> None:
    assert read_agenda(tmp_path) is None
    (tmp_path / "agenda.json").write_text(json.dumps([{"topic": "tides"}, {"tickers": ["tin"]}]))
    assert read_agenda(tmp_path) == [
        ResearchRequest(topic="tides"),
        ResearchRequest(tickers=("TIN",)),
    ]


@pytest.mark.parametrize("text", ["", "{}", "[{}]", '[{"topic": 5}]', "[1]"])
def test_an_agenda_that_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "agenda.json").write_text(text)
    with pytest.raises(Misconfigured, match=r"agenda\.json"):
        read_agenda(tmp_path)
