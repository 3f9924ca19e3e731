"""Claims on one machine: one living run a job, and none once it is dead."""

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
from tests.unit.test_leases import desk_over
desk = desk_over(Path(sys.argv[1]))
assert desk.start(sys.argv[2])
print("claimed", flush=True)
sys.stdin.read()
"""


def desk_over(folder: Path) -> JobService:
    database = Database(folder / "alex.db")
    claims = LockedLeases(folder / "running")
    return JobService(SqliteJobStore(database), QueuedLauncher(), claims)


@pytest.fixture
def desk(tmp_path: Path) -> JobService:
    return desk_over(tmp_path)


def queued(desk: JobService) -> Job:
    return desk.request(ResearchRequest(topic="Northwind"))


def test_of_two_claimants_one_wins_and_the_job_is_his_until_released(
    desk: JobService, tmp_path: Path
) -> None:
    job, other = queued(desk), desk_over(tmp_path)
    assert desk.start(job.id)
    assert desk.start(job.id) is None
    assert other.start(job.id) is None
    assert not other.waits(other.get(job.id))
    desk.release(job.id)
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
    desk = JobService(store, QueuedLauncher(), LockedLeases(tmp_path / "running"))
    job = queued(desk)
    assert desk.start(job.id) is None
    assert list((tmp_path / "running").iterdir()) == []
    assert desk_over(tmp_path).start(job.id)


def test_a_job_that_ended_is_not_claimed(desk: JobService) -> None:
    job = queued(desk)
    assert desk.start(job.id)
    desk.finish(job.id, JobStatus.FAILED, error="It broke.")
    desk.release(job.id)
    assert desk.start(job.id) is None


def test_a_long_silent_run_keeps_its_job_while_it_lives(tmp_path: Path) -> None:
    claims = LockedLeases(tmp_path)
    at = now()
    job = Job("a" * 32, ResearchRequest(topic="x"), at, at, JobStatus.RUNNING)
    assert claims.acquire(job, at)
    assert not claims.expired(job, at + timedelta(days=3))
    claims.release(job.id)
    assert claims.expired(job, at)
    claims.release(job.id)  # again is no error
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_its_job_to_the_next_at_once(
    desk: JobService, tmp_path: Path
) -> None:
    job = queued(desk)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path), job.id],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}", "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "claimed\n"
    assert not desk.waits(desk.get(job.id))
    assert desk.cancel(job.id).status is JobStatus.RUNNING  # it lives, and is asked to stop
    holder.kill()
    holder.communicate()
    assert desk.waits(desk.get(job.id))
    assert desk.start(job.id)


def test_a_cancel_ends_a_dead_run_at_once(desk: JobService, tmp_path: Path) -> None:
    job = queued(desk)
    assert desk.start(job.id)
    desk.release(job.id)
    assert desk.cancel(job.id).status is JobStatus.CANCELLED
