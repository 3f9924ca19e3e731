"""What AWS carried out and could not say so, or put off: nothing happens twice or gets lost."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alex.aws.catalog import DynamoCatalog
from alex.aws.clients import Clients
from alex.aws.jobs import DynamoJobStore
from alex.aws.launcher import LambdaLauncher
from alex.aws.table import DynamoTable
from alex.errors import Conflict, Unavailable
from alex.knowledge.documents import Document, Revision
from alex.research.jobs import Job, JobStatus, ResearchRequest
from alex.research.service import JobService
from rehearsal.process import StandIn
from tests.support.aws_stack import AwsStack, clients_of
from tests.support.lossy_proxy import LossyProxy, forgetful_proxy

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def proxy(stand_in: StandIn) -> Iterator[LossyProxy]:
    with forgetful_proxy(stand_in.endpoint) as running:
        yield running


@pytest.fixture
def clients(stand_in: StandIn, proxy: LossyProxy) -> Clients:
    return clients_of(stand_in, endpoint=proxy.address)


@pytest.fixture
def jobs(stack: AwsStack, clients: Clients) -> DynamoJobStore:
    return DynamoJobStore(DynamoTable(clients, stack.table), retention_days=1, stack="test")


def job(key: str | None = None) -> Job:
    return Job("one", ResearchRequest("tin"), NOON, NOON, idempotency_key=key)


def test_a_save_knows_its_own_writing(jobs: DynamoJobStore, proxy: LossyProxy) -> None:
    stored = jobs.create(job())
    proxy.forget = {"PutItem": 2}
    saved = jobs.save(replace(stored, status=JobStatus.RUNNING))
    assert proxy.carried.count("PutItem") == 3
    assert jobs.get("one") == saved
    with pytest.raises(Conflict):
        jobs.save(replace(stored, status=JobStatus.CANCELLED))


def test_a_claim_whose_answer_got_lost_is_still_a_claim(
    jobs: DynamoJobStore, proxy: LossyProxy
) -> None:
    jobs.create(job())
    proxy.forget = {"PutItem": 1}
    claimed = JobService(jobs, _Nowhere()).start("one")
    assert claimed is not None
    assert JobService(jobs, _Nowhere()).start("one") is None


@pytest.mark.parametrize("key", [None, "again"])
def test_a_job_is_created_once(jobs: DynamoJobStore, proxy: LossyProxy, key: str | None) -> None:
    proxy.forget = {"TransactWriteItems": 1}
    assert jobs.create(job(key)) == job(key)
    assert len(jobs.list(cursor=None, limit=10).items) == 1


def test_a_published_revision_is_not_taken_for_anothers(
    stack: AwsStack, clients: Clients, proxy: LossyProxy
) -> None:
    catalog = DynamoCatalog(DynamoTable(clients, stack.table))
    catalog.stage(Revision("d", "r1", 1), NOON)
    document = Document("d", "r1", 1, 10, NOON, NOON)
    proxy.forget = {"TransactWriteItems": 1}
    catalog.publish(document, replaces=None)
    assert catalog.get("d") == document
    proxy.forget = {"TransactWriteItems": 1}
    catalog.withdraw(document, NOON)
    assert catalog.get("d") is None
    assert [staged.settled for staged in catalog.staged("d")] == [True]


@pytest.mark.parametrize("times", [1, 3])
def test_a_write_waits_for_a_transaction_on_its_item(
    stack: AwsStack, clients: Clients, proxy: LossyProxy, times: int
) -> None:
    catalog = DynamoCatalog(DynamoTable(clients, stack.table))
    revision = Revision("d", "r1", 1)
    met = ["TransactionConflictException"] * times
    proxy.refuse = {"PutItem": [*met]}
    catalog.stage(revision, NOON)
    proxy.refuse = {"PutItem": [*met]}
    catalog.condemn(revision)
    with pytest.raises(Conflict):
        catalog.publish(Document("d", "r1", 1, 10, NOON, NOON), replaces=None)
    proxy.refuse = {"DeleteItem": [*met]}
    catalog.unstage(revision)
    assert not catalog.staged("d")
    assert proxy.carried.count("PutItem") == 2
    assert proxy.carried.count("DeleteItem") == 1


def test_a_run_is_asked_for_once(clients: Clients, proxy: LossyProxy) -> None:
    path = "/2015-03-31/functions/researcher/invocations"
    proxy.forget = {path: 1}
    with pytest.raises(Unavailable):
        LambdaLauncher(clients, "researcher").launch("one")
    assert proxy.carried.count(path) == 1


class _Nowhere:
    def launch(self, job_id: str) -> None:
        raise AssertionError(job_id)
