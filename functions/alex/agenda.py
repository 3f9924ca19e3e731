"""What to research next, when nobody asks."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from alex.research import Job, JobStatus, ResearchDesk, ResearchRequest, digest, now


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
