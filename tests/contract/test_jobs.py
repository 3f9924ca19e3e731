"""JobStore."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from alex.errors import Conflict, InvalidInput
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest, Step
from alex.research.ports import JobStore
from tests.contract.conftest import FOREIGN_CURSORS

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def job(job_id: str, **changes: object) -> Job:
    made = Job(id=job_id, request=ResearchRequest("Apple"), created=NOON, updated=NOON)
    return replace(made, **changes)  # type: ignore[arg-type]


FULL = job(
    "full",
    request=ResearchRequest(
        "Wächst Apple?", ("AAPL",), ("https://example.com/a",), Budget(0.25, 3, 60)
    ),
    updated=NOON + timedelta(microseconds=5),
    status=JobStatus.SUCCEEDED,
    steps=(Step(NOON, "read", "Read a page"), Step(NOON, "write", "Wrote")),
    idempotency_key="key",
    request_digest="digest",
    report_id="report",
    evidence_id="evidence/full.json",
    cost={"usd": 0.125, "pages": 2},
    error="none",
    cancel_requested=True,
)


def test_an_unknown_job_is_none(jobs: JobStore) -> None:
    assert jobs.get("unknown") is None


@pytest.mark.parametrize("stored", [job("bare"), FULL], ids=["bare", "full"])
def test_a_job_comes_back_as_it_went_in(jobs: JobStore, stored: Job) -> None:
    assert jobs.create(stored) == stored
    assert jobs.get(stored.id) == stored
    assert jobs.list(cursor=None, limit=10).items == (stored,)


def test_the_same_key_gives_the_job_that_came_first(jobs: JobStore) -> None:
    first = jobs.create(job("one", idempotency_key="key"))
    assert jobs.create(job("two", idempotency_key="key", request_digest="other")) == first
    assert jobs.get("two") is None
    assert jobs.create(job("three", idempotency_key="other key")).id == "three"


def test_the_job_of_a_key_is_given_as_it_is_by_now(jobs: JobStore) -> None:
    saved = jobs.save(replace(jobs.create(job("one", idempotency_key="key")), report_id="r"))
    assert jobs.create(job("two", idempotency_key="key")) == saved


def test_jobs_without_a_key_are_all_their_own(jobs: JobStore) -> None:
    jobs.create(job("one"))
    jobs.create(job("two"))
    assert len(jobs.list(cursor=None, limit=10).items) == 2


def at_once(run: Callable[[int], object]) -> list[object]:
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(run, range(4)))


def test_of_requests_with_one_key_at_once_one_makes_the_job(jobs: JobStore) -> None:
    made = at_once(lambda n: jobs.create(job(f"job{n}", idempotency_key="key")).id)
    assert len(set(made)) == 1
    assert [item.id for item in jobs.list(cursor=None, limit=10).items] == [made[0]]


def test_saving_counts_versions_and_refuses_a_stale_copy(jobs: JobStore) -> None:
    created = jobs.create(job("one"))
    saved = jobs.save(replace(created, status=JobStatus.RUNNING))
    assert saved.version == created.version + 1
    assert jobs.get("one") == saved
    with pytest.raises(Conflict):
        jobs.save(replace(created, status=JobStatus.FAILED))
    assert jobs.get("one") == saved
    assert jobs.save(replace(saved, report_id="r")).version == saved.version + 1


def test_saving_an_unknown_job_conflicts(jobs: JobStore) -> None:
    with pytest.raises(Conflict):
        jobs.save(job("unknown"))
    assert jobs.get("unknown") is None


def test_of_saves_at_once_one_wins(jobs: JobStore) -> None:
    created = jobs.create(job("one"))

    def save(number: int) -> bool:
        try:
            jobs.save(replace(created, report_id=str(number)))
        except Conflict:
            return False
        return True

    assert at_once(save).count(True) == 1


def test_a_listing_is_newest_first_in_pages(jobs: JobStore) -> None:
    for number in range(5):
        jobs.create(job(f"job{number}", created=NOON + timedelta(seconds=number)))
    first = jobs.list(cursor=None, limit=2)
    second = jobs.list(cursor=first.cursor, limit=2)
    third = jobs.list(cursor=second.cursor, limit=2)
    pages = [[item.id for item in page.items] for page in (first, second, third)]
    assert pages == [["job4", "job3"], ["job2", "job1"], ["job0"]]
    assert third.cursor is None


def test_pages_of_jobs_of_one_moment_miss_and_repeat_nothing(jobs: JobStore) -> None:
    for number in range(7):
        jobs.create(job(f"job{number}"))
    ids, cursor = [], None
    while True:
        page = jobs.list(cursor=cursor, limit=2)
        ids += [item.id for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert sorted(ids) == [f"job{number}" for number in range(7)]


@pytest.mark.parametrize("cursor", FOREIGN_CURSORS)
def test_a_foreign_cursor_is_refused(jobs: JobStore, cursor: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        jobs.list(cursor=cursor, limit=10)
    assert [error.field for error in refusal.value.errors] == ["cursor"]
