"""Schedule policy: what to research next, when nobody asks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from alex.clock import now
from alex.research.jobs import Job, JobStatus, ResearchRequest, digest
from alex.research.leases import LEASE
from alex.research.service import JobService
from alex.settings import Settings


def watchlist(settings: Settings) -> list[ResearchRequest] | None:
    """A request for each ticker that the settings follow; None where they follow none."""
    return [ResearchRequest(tickers=(ticker,)) for ticker in settings.watchlist] or None


def last_succeeded(jobs: Iterable[Job]) -> list[ResearchRequest]:
    """What to follow where nobody said: requests whose last job succeeded, oldest first.

    Args:
        jobs: newest first.
    """
    latest: dict[str, Job] = {}
    for job in jobs:
        latest.setdefault(digest(job.request), job)
    return [job.request for job in reversed(latest.values()) if job.status is JobStatus.SUCCEEDED]


def most_overdue(
    watched: Sequence[ResearchRequest], jobs: Iterable[Job], *, at: datetime
) -> tuple[ResearchRequest, Job | None] | None:
    """The watched request that was taken up longest ago, with the job that took it up.

    Passed over are requests that a job works on now, or on whose tickers one does. A job that
    ended badly counts as taking up, too: the next one's turn comes before another try. None where
    all are passed over.

    Args:
        watched: what to keep an eye on; of requests never taken up, the first comes first.
        jobs: newest first.
        at: the time; a job that says nothing for longer than a lease is not working.
    """
    latest: dict[str, Job] = {}
    busy: set[str] = set()
    for job in jobs:
        latest.setdefault(digest(job.request), job)
        if not job.status.final and at - job.updated <= LEASE:
            busy |= {digest(job.request), *job.request.tickers}
    free = [
        request
        for request in watched
        if digest(request) not in busy and busy.isdisjoint(request.tickers)
    ]
    if not free:
        return None
    taken_up = {digest(request): latest.get(digest(request)) for request in free}
    never = datetime.min.replace(tzinfo=UTC)
    choice = min(free, key=lambda r: job.created if (job := taken_up[digest(r)]) else never)
    return choice, taken_up[digest(choice)]


def start_most_overdue(
    job_service: JobService,
    watched: Sequence[ResearchRequest] | None,
    *,
    every: timedelta | None = None,
    at: datetime | None = None,
) -> Job | None:
    """Request the one piece of research that is most overdue; None where there is none.

    The idempotency key names the job before it. So of two schedulers that see the same jobs and
    decide at once, both get one job, and a request that was never handed over is handed over
    again, not doubled.

    Args:
        job_service: takes the request.
        watched: what to keep an eye on; None for whatever `last_succeeded` gives.
        every: what was taken up less than this ago is not overdue.
        at: the time.
    """
    at, jobs = at or now(), _recent(job_service)
    choice = most_overdue(last_succeeded(jobs) if watched is None else watched, jobs, at=at)
    if choice is None:
        return None
    request, before = choice
    if every is not None and before is not None and before.created > at - every:
        return None
    if before is not None and before.status is JobStatus.QUEUED and before.idempotency_key:
        return job_service.request(request, before.idempotency_key)
    place = before.id if before is not None else "first"
    return job_service.request(request, f"scheduled-{digest(request)[:32]}-after-{place}")


def _recent(job_service: JobService, most: int = 500) -> list[Job]:
    """The jobs, newest first, as far back as matters."""
    jobs: list[Job] = []
    cursor = None
    while len(jobs) < most:
        page = job_service.list(cursor=cursor, limit=100)
        jobs += page.items
        cursor = page.cursor
        if cursor is None:
            break
    return jobs
