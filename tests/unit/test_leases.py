"""Leases on one machine: one living run a job, and none once it is dead."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from alex.clock import now
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.local.leases import LockedLeases
from alex.research.jobs import Job, JobStatus, ResearchRequest
from alex.research.service import JobService

ROOT = Path(__file__).resolve().parents[2]

HOLDER = """
import sys
from pathlib import Path
from tests.unit.test_leases import job_service_in
service = job_service_in(Path(sys.argv[1]))
assert service.start(sys.argv[2])
print("leased", flush=True)
sys.stdin.read()
"""


def job_service_in(folder: Path) -> JobService:
    database = Database(folder / "alex.db")
    leases = LockedLeases(folder / "running")
    return JobService(SqliteJobStore(database), QueuedLauncher(), leases)


@pytest.fixture
def service(tmp_path: Path) -> JobService:
    return job_service_in(tmp_path)


def queued(service: JobService) -> Job:
    return service.request(ResearchRequest(topic="Northwind"))


def test_of_two_processes_one_wins_and_the_job_is_his_until_released(
    service: JobService, tmp_path: Path
) -> None:
    job, other = queued(service), job_service_in(tmp_path)
    assert service.start(job.id)
    assert service.start(job.id) is None
    assert other.start(job.id) is None
    assert not other.waits(other.get(job.id))
    service.release(job.id)
    assert other.waits(other.get(job.id))
    assert other.start(job.id)


def test_a_start_that_comes_too_late_keeps_no_lease(tmp_path: Path) -> None:
    class Overtaken(SqliteJobStore):
        """Somebody changes the job just before it is first saved."""

        overtaken = False

        def save(self, job: Job) -> Job:
            if not self.overtaken:
                self.overtaken = True
                super().save(self.get(job.id) or job)
            return super().save(job)

    store = Overtaken(Database(tmp_path / "alex.db"))
    service = JobService(store, QueuedLauncher(), LockedLeases(tmp_path / "running"))
    job = queued(service)
    assert service.start(job.id) is None
    assert list((tmp_path / "running").iterdir()) == []
    assert job_service_in(tmp_path).start(job.id)


def test_a_job_that_ended_is_not_leased(service: JobService) -> None:
    job = queued(service)
    assert service.start(job.id)
    service.finish(job.id, JobStatus.FAILED, error="It broke.")
    service.release(job.id)
    assert service.start(job.id) is None


def test_a_long_silent_run_keeps_its_job_while_it_lives(tmp_path: Path) -> None:
    leases = LockedLeases(tmp_path)
    at = now()
    job = Job("a" * 32, ResearchRequest(topic="x"), at, at, JobStatus.RUNNING)
    assert leases.acquire(job, at)
    assert not leases.expired(job, at + timedelta(days=3))
    leases.release(job.id)
    assert leases.expired(job, at)
    leases.release(job.id)  # again is no error
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_its_job_to_the_next_at_once(
    service: JobService, tmp_path: Path
) -> None:
    job = queued(service)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), job.id],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}", "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "leased\n"
    assert not service.waits(service.get(job.id))
    assert service.cancel(job.id).status is JobStatus.RUNNING  # it lives, and is asked to stop
    holder.kill()
    holder.communicate()
    assert service.waits(service.get(job.id))
    assert service.start(job.id)


def test_a_cancel_ends_a_dead_run_at_once(service: JobService, tmp_path: Path) -> None:
    job = queued(service)
    assert service.start(job.id)
    service.release(job.id)
    assert service.cancel(job.id).status is JobStatus.CANCELLED
