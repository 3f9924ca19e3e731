"""Items of the first edition are read and go on; those of a newer Alex are refused as they are."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alex.aws.catalog import DynamoCatalog
from alex.aws.jobs import DynamoJobStore
from alex.aws.table import VERSION, DynamoTable
from alex.errors import Misconfigured
from alex.knowledge.documents import Attributes, Document, Revision
from alex.research.jobs import Job, JobStatus, ResearchRequest
from tests.support.aws_stack import AwsStack

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)

# What its catalog and job store wrote at commit ed6a705: a document, a revision that is staged
# for it, a finished job, and the idempotency key of that.
FIRST_EDITION = Path(__file__).parents[1] / "data" / "first_edition_items.json"

FILING = Document(
    id="filing",
    revision="r1",
    passages=3,
    characters=120,
    ingested=NOON,
    updated=NOON,
    title="Apple 10-Q",
    attributes=Attributes(
        source="https://example.com/a",
        published=date(2025, 12, 31),
        tickers=("AAPL",),
        kind="10-Q",
        metadata={"year": 2025, "audited": True},
    ),
)


class Stored:
    """The stores over the first edition's items, and the items as DynamoDB has them."""

    def __init__(self, stack: AwsStack) -> None:
        table = DynamoTable(stack.clients, stack.table)
        self.catalog = DynamoCatalog(table)
        self.jobs = DynamoJobStore(table, retention_days=30, stack="test")
        self._dynamodb, self._name = stack.clients.dynamodb, stack.table
        self.put(json.loads(FIRST_EDITION.read_text()))

    def put(self, items: list[dict[str, Any]]) -> None:
        for item in items:
            self._dynamodb.put_item(TableName=self._name, Item=item)

    def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = list(self._dynamodb.scan(TableName=self._name)["Items"])
        return sorted(found, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))

    def versions(self) -> dict[str, str | None]:
        """By sort key, for there is one item of each."""
        return {item["sk"]["S"]: item.get("schema", {}).get("N") for item in self.items()}


@pytest.fixture
def stored(stack: AwsStack) -> Stored:
    return Stored(stack)


def test_the_first_editions_documents_are_read(stored: Stored) -> None:
    assert set(stored.versions().values()) == {None}
    assert stored.catalog.get("filing") == FILING
    assert stored.catalog.get_many(["filing"]) == {"filing": FILING}
    listed = stored.catalog.list(kind="10-Q", ticker="AAPL", cursor=None, limit=10)
    assert listed.items == (FILING,)
    [staged] = stored.catalog.staged("filing")
    assert staged.revision == Revision("filing", "r2", 5)
    assert list(stored.catalog.leftovers(LATER)) == [staged]


def test_the_first_editions_jobs_are_read(stored: Stored) -> None:
    job = stored.jobs.get("job-1")
    assert job is not None
    assert (job.status, job.report_id, job.version) == (JobStatus.SUCCEEDED, "report-1", 1)
    assert stored.jobs.list(cursor=None, limit=10).items == (job,)
    again = Job("job-2", job.request, LATER, LATER, idempotency_key="key")
    assert stored.jobs.create(again) == job


def test_what_is_written_anew_carries_its_version(stored: Stored) -> None:
    stored.catalog.publish(replace(FILING, revision="r2", updated=LATER), replaces="r1")
    job = stored.jobs.get("job-1")
    assert job is not None
    stored.jobs.save(replace(job, error="none"))
    current = str(VERSION)
    assert stored.versions() == {
        "visible": current,
        "staged#r1": current,
        "job": current,
        "request": None,
    }


def test_an_item_that_is_only_marked_keeps_its_version(stored: Stored) -> None:
    stored.catalog.condemn(Revision("filing", "r2", 5))
    assert stored.versions()["staged#r2"] == "1"


TOUCHES: dict[str, Callable[[Stored], object]] = {
    "get": lambda it: it.catalog.get("filing"),
    "get many": lambda it: it.catalog.get_many(["other", "filing"]),
    "list": lambda it: it.catalog.list(kind=None, ticker=None, cursor=None, limit=10),
    "staged": lambda it: it.catalog.staged("filing"),
    "leftovers": lambda it: it.catalog.leftovers(LATER),
    "condemn": lambda it: it.catalog.condemn(Revision("filing", "r2", 5)),
    "publish": lambda it: it.catalog.publish(replace(FILING, revision="r2"), replaces="r1"),
    "get job": lambda it: it.jobs.get("job-1"),
    "list jobs": lambda it: it.jobs.list(cursor=None, limit=10),
    "create job": lambda it: it.jobs.create(
        Job("job-2", ResearchRequest("Apple"), NOON, NOON, idempotency_key="key")
    ),
}


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_newer_item_is_refused_and_stays(
    stored: Stored, touch: Callable[[Stored], object]
) -> None:
    newer = [{**item, "schema": {"N": str(VERSION + 1)}} for item in stored.items()]
    stored.put(newer)
    with pytest.raises(Misconfigured, match=r"as a newer Alex stored it .* Deploy the newer Alex"):
        touch(stored)
    assert stored.items() == newer
