"""What is researched by itself, where a schedule asks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alex.paging import Page
from alex.research.jobs import Job, JobStatus, ResearchRequest
from alex.research.schedule_policy import last_succeeded, start_most_overdue, watchlist
from alex.research.service import JobService
from alex.settings import Settings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVERY = timedelta(hours=2)
WIND = ResearchRequest(topic="wind")
TIN = ResearchRequest(tickers=("TIN",))


class Jobs:
    """A job store in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Job] = {}

    def create(self, job: Job) -> Job:
        for kept in self.kept.values():
            if job.idempotency_key and kept.idempotency_key == job.idempotency_key:
                return kept
        self.kept[job.id] = job
        return job

    def get(self, job_id: str) -> Job | None:
        return self.kept.get(job_id)

    def list(self, *, cursor: str | None, limit: int) -> Page[Job]:
        jobs = sorted(self.kept.values(), key=lambda job: job.created, reverse=True)
        start = int(cursor or 0)
        more = str(start + limit) if len(jobs) > start + limit else None
        return Page(tuple(jobs[start : start + limit]), more)

    def save(self, job: Job) -> Job:
        self.kept[job.id] = replace(job, version=job.version + 1)
        return self.kept[job.id]


class Silent:
    """A launcher: a recorded job is queued."""

    def launch(self, job_id: str) -> None:
        """Nothing to do."""


def job(request: ResearchRequest, status: JobStatus, ago: timedelta, name: str = "job") -> Job:
    return Job(name, request, created=NOON - ago, updated=NOON - ago, status=status)


def test_with_nothing_watched_what_last_succeeded_is_followed() -> None:
    jobs = [
        job(TIN, JobStatus.FAILED, timedelta(hours=3)),
        job(TIN, JobStatus.SUCCEEDED, timedelta(hours=6)),
        job(WIND, JobStatus.SUCCEEDED, timedelta(hours=7)),
    ]
    assert last_succeeded(jobs) == [WIND]


@pytest.mark.parametrize(("ago", "asked"), [(1, False), (3, True)])
def test_what_was_researched_lately_is_not_overdue(ago: int, asked: bool) -> None:
    jobs = Jobs()
    jobs.create(job(WIND, JobStatus.SUCCEEDED, timedelta(hours=ago)))
    service = JobService(jobs, Silent(), clock=lambda: NOON)
    started = start_most_overdue(service, None, every=EVERY, at=NOON)
    assert (started is not None) is asked
    assert len(jobs.kept) == (2 if asked else 1)


def test_a_schedule_that_fires_twice_asks_once() -> None:
    jobs = Jobs()
    service = JobService(jobs, Silent(), clock=lambda: NOON)
    assert start_most_overdue(service, [WIND], every=EVERY, at=NOON) is not None
    start_most_overdue(service, [WIND], every=EVERY, at=NOON + timedelta(minutes=1))
    assert len(jobs.kept) == 1


@pytest.mark.parametrize("tickers", [(), ("AAPL", "TIN")])
def test_the_watchlist_is_a_request_a_ticker(tickers: tuple[str, ...]) -> None:
    settings = Settings("local", Path("data"), watchlist=tickers)
    watched = watchlist(settings)
    assert watched == ([ResearchRequest(tickers=(name,)) for name in tickers] or None)
