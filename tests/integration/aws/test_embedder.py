"""The SageMaker adapter: right vectors, and patience that ends in time."""

import math
import socket
from typing import TYPE_CHECKING

import pytest

from alex.aws.sagemaker import SageMakerEmbedder
from alex.errors import Misconfigured, Unavailable
from alex.local.embedder import MiniLmEmbedder
from alex.retry import time_limit
from tests.support.aws_stack import CONCURRENCY, clients_of

if TYPE_CHECKING:
    from rehearsal.process import StandIn

TEXTS = [
    "Net sales increased 2% or $8.0 billion during 2024.",
    "a",
    "Umsatz und Gewinn stiegen; 利益",
    "word " * 600,
    "x" * 3000,
]
CALL = "sagemaker:InvokeEndpoint"
HOUR = 3600


def embedder(stand_in: "StandIn", endpoint: str, wait_seconds: float = 20) -> SageMakerEmbedder:
    clients = clients_of(stand_in, wait_seconds)
    return SageMakerEmbedder(clients, endpoint, concurrency=CONCURRENCY, wait_seconds=wait_seconds)


def test_vectors_are_those_of_the_laptop(stand_in: "StandIn", endpoint: str) -> None:
    ours = embedder(stand_in, endpoint).embed(TEXTS)
    reference = MiniLmEmbedder().embed(TEXTS)
    for one, other in zip(ours, reference, strict=True):
        assert math.sumprod(one, other) >= 0.9999
        assert math.sumprod(one, one) == pytest.approx(1)


def test_no_text_is_no_call(stand_in: "StandIn") -> None:
    assert embedder(stand_in, "none such").embed([]) == []


def test_more_calls_than_the_endpoint_takes_are_tried_again(
    stand_in: "StandIn", endpoint: str
) -> None:
    eager = SageMakerEmbedder(clients_of(stand_in), endpoint, concurrency=8)
    texts = [f"Figure {n}" for n in range(24)]
    assert eager.embed(texts) == embedder(stand_in, endpoint).embed(texts)


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ServiceUnavailable", "ModelNotReadyException"]
)
def test_passing_errors_pass(stand_in: "StandIn", endpoint: str, code: str) -> None:
    stand_in.inject_faults({CALL: [{"code": code}] * 3})
    assert len(embedder(stand_in, endpoint).embed(["one", "two"])) == 2


def test_a_cold_endpoint_is_given_up_in_time_and_warm_for_the_retry(
    stand_in: "StandIn", endpoint: str
) -> None:
    stand_in.inject_faults({CALL: [{"seconds": 3.0}] * CONCURRENCY})
    with pytest.raises(Unavailable) as raised:
        embedder(stand_in, endpoint, wait_seconds=1).embed(TEXTS)
    assert raised.value.retry_after > 0
    assert len(embedder(stand_in, endpoint).embed(TEXTS)) == len(TEXTS)


def test_a_failing_endpoint_is_given_up_in_time(stand_in: "StandIn", endpoint: str) -> None:
    stand_in.inject_faults({CALL: [{"code": "ServiceUnavailable"}] * 1000})
    with pytest.raises(Unavailable):
        embedder(stand_in, endpoint, wait_seconds=1).embed(["one"])


def test_a_caller_who_waits_less_is_answered_while_the_call_hangs(stand_in: "StandIn") -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        clients = clients_of(stand_in, HOUR, f"http://127.0.0.1:{silent.getsockname()[1]}")
        hanging = SageMakerEmbedder(clients, "any", wait_seconds=HOUR)
        with time_limit(0.5), pytest.raises(Unavailable):
            hanging.embed(["one"])
        call, _ = silent.accept()
        with call:
            call.setblocking(False)
            assert call.recv(65_536)
            with pytest.raises(BlockingIOError):  # the call has not been ended
                call.recv(65_536)


def test_an_endpoint_that_does_not_exist_is_a_mistake_of_ours(stand_in: "StandIn") -> None:
    with pytest.raises(Misconfigured) as raised:
        embedder(stand_in, "none-such").embed(["one"])
    assert stand_in.account not in raised.value.detail


def test_a_refused_text_is_not_tried_again(stand_in: "StandIn", endpoint: str) -> None:
    stand_in.inject_faults({CALL: [{"code": "AccessDeniedException"}]})
    with pytest.raises(Misconfigured):
        embedder(stand_in, endpoint).embed(["one"])
