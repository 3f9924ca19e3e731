"""What the core lets in fits into what AWS's services take: the largest of each is tried."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

from alex.api.fields import MAX_CURSOR, MAX_NAME, MAX_VALUE
from alex.api.research import BudgetBody
from alex.aws import limits
from alex.aws.vector_records import metadata
from alex.clock import stamp
from alex.errors import InvalidInput
from alex.knowledge.documents import (
    Attributes,
    IndexEntry,
    Passage,
    Span,
    Submission,
)
from alex.knowledge.search import CANDIDATES
from alex.knowledge.submissions import MAX_ATTRIBUTES, MAX_ID, MAX_METADATA, json_values, prepare
from alex.paging import cursor, position
from alex.research.jobs import Job, JobStatus, ResearchRequest, Step
from alex.research.leases import LEASE
from alex.research.records import job_to_json
from alex.research.service import MAX_ERROR, MAX_MESSAGE

WIDE = "界"
"""Three bytes in UTF-8; wider characters are rare in what pages say."""

NOW = datetime(2026, 11, 25, tzinfo=UTC)
NOT_FILTERED = {"text", "record"}


def most(field: str) -> int:
    """The greatest number that a request may ask for."""
    return int(
        next(bound.le for bound in BudgetBody.model_fields[field].metadata if hasattr(bound, "le"))
    )


def test_a_job_of_as_many_steps_as_a_budget_allows_is_one_item() -> None:
    steps = most("turns") + most("pages")
    job = Job(
        id="a" * 32,
        request=ResearchRequest(topic=WIDE * 4_000, urls=("https://x.test/" + "a" * 2_000,) * 20),
        created=NOW,
        updated=NOW,
        status=JobStatus.FAILED,
        steps=tuple(Step(NOW, "read", WIDE * MAX_MESSAGE) for _ in range(steps)),
        error=WIDE * MAX_ERROR,
    )
    assert len(job_to_json(job).encode()) < limits.ITEM_BYTES


def test_a_listing_s_position_fits_into_a_sort_key_and_its_cursor_into_a_request() -> None:
    place = (stamp(NOW), "\U0001f4c8" * MAX_ID)
    assert len("#".join(place).encode()) <= limits.SORT_KEY_BYTES
    assert len(cursor(*place)) <= MAX_CURSOR
    assert position(cursor(*place), 2) == [*place]


def largest() -> Attributes:
    """Attributes with as many and as long values as are let in."""
    names = [f"{n:02}".ljust(MAX_NAME, "k")[:20] for n in range(MAX_METADATA)]
    attributes = Attributes(
        source="https://example.com/a",
        published=date(2026, 11, 25),
        tickers=tuple(f"TICK{n}" for n in range(20)),
        kind="10-K",
        metadata=dict.fromkeys(names, ""),
    )
    for length in range(MAX_VALUE):
        longer = replace(attributes, metadata=dict.fromkeys(names, "v" * length))
        try:
            prepare(Submission("text", attributes=longer))
        except InvalidInput:
            break
        attributes = longer
    return attributes


def test_the_largest_attributes_can_be_filtered_by() -> None:
    attributes = largest()
    assert len(json.dumps(json_values(attributes)).encode()) > MAX_ATTRIBUTES - 2 * MAX_METADATA
    entry = IndexEntry(
        key="key",
        document_id="d" * MAX_ID,
        revision="r" * 64,
        passage=Passage(0, "text", "context", Span(0, 4)),
        vector=[1.0],
        attributes=attributes,
    )
    stored = metadata(entry)
    filtered = {name: value for name, value in stored.items() if name not in NOT_FILTERED}
    assert len(json.dumps(filtered).encode()) <= limits.FILTERABLE_BYTES
    assert len(stored) <= limits.METADATA_KEYS


def test_what_is_asked_for_at_once_every_region_gives() -> None:
    assert CANDIDATES <= limits.VECTORS_FOUND


def test_a_lease_outlasts_the_longest_run() -> None:
    assert most("seconds") < limits.RUN_SECONDS < LEASE.total_seconds()
