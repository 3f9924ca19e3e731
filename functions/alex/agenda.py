"""What to research next, when nobody asks."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from alex.research import (
    LEASE,
    Job,
    JobStatus,
    ResearchDesk,
    ResearchRequest,
    digest,
    now,
)
from alex.settings import Settings


def watchlist(settings: Settings) -> list[ResearchRequest] | None:
    """A request for each ticker that the settings follow; None where they follow none."""
    return [ResearchRequest(tickers=(ticker,)) for ticker in settings.watchlist] or None


def due(
    watched: Sequence[ResearchRequest] | None, jobs: Iterable[Job], *, since: datetime
) -> list[ResearchRequest]:
    """The watched requests that no job has taken up since then, in the order watched.

    Args:
        watched: what to keep an eye on; None for whatever was last researched with success.
        jobs: newest first.
        since: jobs created earlier no longer count.
    """
    latest: dict[str, Job] = {}
    for job in jobs:
        latest.setdefault(digest(job.request), job)
    if watched is None:
        good = [job for job in latest.values() if job.status is JobStatus.SUCCEEDED]
        watched = [job.request for job in reversed(good)]
    by_digest = {digest(request): request for request in watched}
    return [
        request
        for name, request in by_digest.items()
        if name not in latest or (latest[name].status.final and latest[name].created < since)
    ]


def start_due(
    desk: ResearchDesk,
    watched: Sequence[ResearchRequest] | None,
    every: timedelta,
    *,
    at: datetime | None = None,
) -> list[Job]:
    """Ask the desk for all that is due.

    Schedules may fire twice and run in several processes: a request is asked for once in each
    period of `every`.
    """
    at = at or now()
    period = int(at.timestamp() // every.total_seconds())
    return [
        desk.request(request, f"scheduled-{digest(request)[:32]}-{period}")
        for request in due(watched, _recent(desk), since=at - every)
    ]


def stalest(
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


def start_stalest(
    desk: ResearchDesk, watched: Sequence[ResearchRequest], *, at: datetime | None = None
) -> Job | None:
    """Ask the desk for the one request that is most overdue; None where all are under way.

    The idempotency key names the job before it. So of two schedulers that see the same jobs and
    decide at once, both get one job, and a request that was never handed over is handed over
    again, not doubled.
    """
    choice = stalest(watched, _recent(desk), at=at or now())
    if choice is None:
        return None
    request, before = choice
    if before is not None and before.status is JobStatus.QUEUED and before.idempotency_key:
        return desk.request(request, before.idempotency_key)
    place = before.id if before is not None else "first"
    return desk.request(request, f"scheduled-{digest(request)[:32]}-after-{place}")


def _recent(desk: ResearchDesk, most: int = 500) -> list[Job]:
    """The desk's jobs, newest first, as far back as matters."""
    jobs: list[Job] = []
    cursor = None
    while len(jobs) < most:
        page = desk.list(cursor=cursor, limit=100)
        jobs += page.items
        cursor = page.cursor
        if cursor is None:
            break
    return jobs
