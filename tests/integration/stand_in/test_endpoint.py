"""A serverless endpoint answers as the container behind it would."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from botocore.exceptions import ClientError

from alex.local.embedder import MiniLmEmbedder
from rehearsal.process import StandIn
from tests.support.stand_in import Json, embed

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient


TRUNCATED: Json = {"tokenize_kwargs": {"truncation": True, "max_length": 256}}


def test_it_answers_with_one_vector_a_token(
    runtime: "SageMakerRuntimeClient", endpoint: str
) -> None:
    assert embed(runtime, endpoint, "Hello world").shape == (1, 4, 384)
    assert embed(runtime, endpoint, ["Hello world"]).shape == (1, 1, 4, 384)


@pytest.mark.parametrize(
    "text", ["Revenue rose.", "Ärger über Öl: 3,5 %", "x", "net sales of services " * 200]
)
def test_pooled_it_is_the_embedding_of_the_laptop(
    runtime: "SageMakerRuntimeClient", endpoint: str, text: str
) -> None:
    tokens = embed(runtime, endpoint, text, **TRUNCATED)[0]
    pooled = tokens.mean(axis=0)
    (local,) = MiniLmEmbedder().embed([text])
    assert float(np.dot(pooled / np.linalg.norm(pooled), local)) >= 0.999


def test_an_untruncated_long_text_breaks_the_pipeline(
    runtime: "SageMakerRuntimeClient", endpoint: str
) -> None:
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        embed(runtime, endpoint, "profit " * 600)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert embed(runtime, endpoint, "profit " * 600, **TRUNCATED).shape == (1, 256, 384)


def test_a_response_has_a_size(runtime: "SageMakerRuntimeClient", endpoint: str) -> None:
    with pytest.raises(runtime.exceptions.ModelError, match="4 MB"):
        embed(runtime, endpoint, ["profit " * 200] * 3)


def test_a_cold_endpoint_fails_and_then_answers(
    aws: StandIn, runtime: "SageMakerRuntimeClient", endpoint: str
) -> None:
    codes = ["ModelNotReadyException", "ServiceUnavailable", "ThrottlingException"]
    aws.inject_faults({"sagemaker:InvokeEndpoint": [{"code": code} for code in codes]})
    for code in codes:
        with pytest.raises(ClientError, match=code):
            embed(runtime, endpoint, "Hello")
    assert embed(runtime, endpoint, "Hello").shape == (1, 3, 384)


def test_calls_past_its_concurrency_are_throttled(
    aws: StandIn, runtime: "SageMakerRuntimeClient", endpoint: str
) -> None:
    aws.inject_faults({"sagemaker:InvokeEndpoint": [{"seconds": 2.0}] * 4})
    start = threading.Barrier(4)

    def call() -> str:
        start.wait()
        try:
            embed(runtime, endpoint, "Hello")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "answered"

    with ThreadPoolExecutor(4) as pool:
        outcomes = [future.result() for future in [pool.submit(call) for _ in range(4)]]
    aws.inject_faults({})
    assert sorted(outcomes) == ["ThrottlingException"] * 2 + ["answered"] * 2
