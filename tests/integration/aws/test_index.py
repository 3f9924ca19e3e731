"""The S3 Vectors adapter beyond the contract: full text on and off, throttling, limits."""

import logging
from dataclasses import dataclass, field

import pytest

from alex.aws.full_text import switch_on
from alex.aws.limits import VECTORS_PUT
from alex.aws.s3_vectors import S3VectorsIndex
from alex.errors import Misconfigured, Unavailable
from alex.knowledge.documents import Attributes, Filter, IndexEntry, Passage, Revision, Span
from alex.retry import time_limit
from rehearsal.process import StandIn
from tests.support.aws_stack import AwsStack, clients_of, make_index

ANY = Filter()


def entry(number: int, text: str, near: float) -> IndexEntry:
    """A passage whose cosine to the first axis is `near`."""
    vector = [near, (1 - near**2) ** 0.5, *[0.0] * 382]
    revision = Revision("d", "r", 600)
    passage = Passage(number, text, "", Span(0, len(text)))
    return IndexEntry(revision.passage_key(number), "d", "r", passage, vector, Attributes())


AXIS = [1.0, *[0.0] * 383]


@dataclass
class Calls:
    """Counts what a client sends, by operation."""

    made: list[str] = field(default_factory=list)

    def __call__(self, event_name: str, **_: object) -> None:
        self.made.append(event_name.rsplit(".", 1)[-1])


@pytest.mark.parametrize("operation", ["PutVectors", "GetVectors", "DeleteVectors", "QueryVectors"])
def test_throttling_passes(stand_in: StandIn, stack: AwsStack, operation: str) -> None:
    index = S3VectorsIndex(stack.clients, stack.index)
    throttled = [{"code": "TooManyRequestsException"}] * 3
    stand_in.inject_faults({f"s3vectors:{operation}": throttled})
    index.put([entry(0, "tin", 1)])
    [found] = index.query(AXIS, "tin", 1, ANY)
    assert [one.key for one in index.fetch([found.key])] == [found.key]
    index.delete([found.key])
    assert index.fetch([found.key]) == []


def test_a_busy_index_is_given_up_in_time(stand_in: StandIn, stack: AwsStack) -> None:
    stand_in.inject_faults({"s3vectors:PutVectors": [{"code": "ServiceUnavailableException"}] * 99})
    with time_limit(0.5), pytest.raises(Unavailable):
        S3VectorsIndex(stack.clients, stack.index).put([entry(0, "tin", 1)])


def test_a_missing_right_is_a_mistake_of_ours(stand_in: StandIn, stack: AwsStack) -> None:
    stand_in.inject_faults({"s3vectors:QueryVectors": [{"code": "AccessDeniedException"}] * 2})
    with pytest.raises(Misconfigured):
        S3VectorsIndex(stack.clients, stack.index).query(AXIS, "tin", 1, ANY)


def test_any_number_of_entries_goes_in_as_few_requests(stack: AwsStack) -> None:
    calls = Calls()
    client = stack.clients.s3vectors
    client.meta.events.register("before-call.s3vectors.PutVectors", calls)
    index = S3VectorsIndex(stack.clients, stack.index)
    entries = [entry(n, f"number {n}", 0.5) for n in range(VECTORS_PUT + 1)]
    index.put(entries)
    client.meta.events.unregister("before-call.s3vectors.PutVectors", calls)
    assert calls.made == ["PutVectors"] * 2
    assert len(index.fetch([one.key for one in entries])) == len(entries)


def test_without_full_text_the_nearest_are_scored(stack: AwsStack) -> None:
    index = S3VectorsIndex(stack.clients, stack.index, text_search="nearest")
    index.put([entry(0, "tin and zinc", 0.9), entry(1, "lead", 0.8), entry(2, "tin", 0.1)])
    found = {one.passage.text: one for one in index.query(AXIS, "price of tin", 2, ANY)}
    assert found.keys() == {"tin and zinc", "lead"}
    assert found["tin and zinc"].bm25 is not None
    assert found["lead"].bm25 is None


def test_while_full_text_is_being_built_the_nearest_are_scored(
    stand_in: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    clients = clients_of(stand_in)
    index = S3VectorsIndex(clients, make_index(clients, "without-full-text"))
    index.put([entry(0, "tin", 0.9), entry(1, "lead", 0.8)])
    with caplog.at_level(logging.WARNING):
        found = {one.passage.text: one.bm25 for one in index.query(AXIS, "tin", 5, ANY)}
    assert found["tin"] is not None
    assert found["lead"] is None
    assert "nearest" in caplog.text


def test_switching_on_is_repeatable_and_then_finds_far_passages(stand_in: StandIn) -> None:
    clients = clients_of(stand_in)
    arn = make_index(clients, "twice")
    assert switch_on(clients, arn) == "index"
    assert switch_on(clients, arn) == "index"
    index = S3VectorsIndex(clients, arn)
    index.put([*(entry(n, "lead", 0.9) for n in range(3)), entry(3, "tin", -0.5)])
    found = {one.key: one for one in index.query(AXIS, "tin", 3, ANY)}
    far = found[Revision("d", "r", 4).passage_key(3)]
    assert far.bm25 is not None
    assert far.distance == pytest.approx(1.5, abs=1e-6)


def test_a_region_without_full_text_says_so(stand_in: StandIn) -> None:
    clients = clients_of(stand_in)
    arn = make_index(clients, "elsewhere")
    refusal = [{"code": "ValidationException"}]
    stand_in.inject_faults({"s3vectors:UpdateMetadataConfiguration": refusal})
    assert switch_on(clients, arn) == "nearest"


@pytest.mark.parametrize(
    ("refusals", "wait_seconds", "who"), [(3, 30, "index"), (99, 0.5, "nearest")]
)
def test_a_new_role_is_given_time_to_be_known(
    stand_in: StandIn, refusals: int, wait_seconds: float, who: str
) -> None:
    clients = clients_of(stand_in)
    arn = make_index(clients, f"role-{refusals}")
    denied = [{"code": "AccessDeniedException"}] * refusals
    stand_in.inject_faults({"s3vectors:UpdateIndexMode": denied})
    assert switch_on(clients, arn, wait_seconds=wait_seconds) == who


def test_a_busy_service_fails_the_deployment_instead(stand_in: StandIn) -> None:
    clients = clients_of(stand_in)
    arn = make_index(clients, "busy")
    stand_in.inject_faults(
        {"s3vectors:UpdateIndexMode": [{"code": "InternalServerException"}] * 99}
    )
    with pytest.raises(Unavailable):
        switch_on(clients, arn, wait_seconds=0.5)
