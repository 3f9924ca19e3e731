"""all-MiniLM-L6-v2 on a SageMaker serverless endpoint."""

import json
import math
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from alex.aws.clients import Clients
from alex.aws.failures import is_transient, translated
from alex.errors import Misconfigured, Unavailable
from alex.knowledge.documents import Vector
from alex.retry import RetriesExhausted, deadline, retry

if TYPE_CHECKING:
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

LIMIT = 256
"""Word pieces that the model was trained to read."""

_WAKING = "The embedding endpoint is waking up or busy."

_RETRY_AFTER = 15
"""Seconds: a cold endpoint needs up to a minute, and every request meanwhile keeps it waking."""


class SageMakerEmbedder:
    """Asks the endpoint for one text a call, several calls at once; threads may share it.

    One text a call, because a text's answer is a vector for every token, 2 MB for a long one, and
    a serverless endpoint's answers end at about 4 MB.

    Args:
        endpoint: the endpoint's name.
        concurrency: calls at once; more than the endpoint takes are refused and tried again.
        wait_seconds: seconds until a cold or failing endpoint is given up for this time.
    """

    model = "all-MiniLM-L6-v2 (SageMaker)"
    dimension = 384

    def __init__(
        self, clients: Clients, endpoint: str, *, concurrency: int = 5, wait_seconds: float = 20
    ) -> None:
        self._clients = clients
        self._endpoint = endpoint
        self._concurrency = concurrency
        self._wait_seconds = wait_seconds

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One unit vector a text, in order; a text is read up to 256 word pieces.

        Raises:
            Unavailable: the endpoint did not answer in time; it goes on waking up.
            Misconfigured: the endpoint is not the one that was asked for.
        """
        if not texts:
            return []
        until = deadline(self._wait_seconds)
        client = self._clients.sagemaker
        pool = ThreadPoolExecutor(min(self._concurrency, len(texts)), "embed")
        try:
            calls = [pool.submit(self._embed_one, client, text, until) for text in texts]
            return [_result(call, until) for call in calls]
        finally:
            # A call that hangs on a waking endpoint is left alone: its answer is not awaited.
            pool.shutdown(wait=False, cancel_futures=True)

    def _embed_one(self, client: "SageMakerRuntimeClient", text: str, until: float) -> Vector:
        parameters = {"tokenize_kwargs": {"truncation": True, "max_length": LIMIT}}
        body = json.dumps({"inputs": text, "parameters": parameters})

        def call() -> bytes:
            answer = client.invoke_endpoint(
                EndpointName=self._endpoint,
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
            return answer["Body"].read()

        with translated("The embedding endpoint", retry_after=_RETRY_AFTER):
            try:
                answer = retry(call, until=until, transient=is_transient)
            except RetriesExhausted as error:
                raise Unavailable(_WAKING, _RETRY_AFTER) from error
        return _vector(answer, self.dimension)


def _result(call: Future[Vector], until: float) -> Vector:
    try:
        # A little longer than the call itself tries, whose own error says more.
        return call.result(timeout=max(0.0, until - time.monotonic()) + 0.2)
    except FutureTimeout as error:
        raise Unavailable(_WAKING, _RETRY_AFTER) from error


def _vector(answer: bytes, dimension: int) -> Vector:
    """The unit vector in an answer: the mean of its token vectors, or its one pooled vector.

    The Hugging Face container answers (1, tokens, dimension); a container that pools by itself
    answers (1, dimension) or (dimension).
    """
    try:
        rows: Any = from_json(answer)
        while isinstance(rows[0], list) and isinstance(rows[0][0], list):
            [rows] = rows
        if not isinstance(rows[0], list):
            rows = [rows]
        sums = list(map(sum, zip(*rows, strict=True)))
        length = math.sqrt(math.sumprod(sums, sums))
    except (ValueError, TypeError, LookupError) as error:
        raise Misconfigured("The embedding endpoint did not answer with vectors.") from error
    if len(sums) != dimension or not 0 < length < math.inf:
        raise Misconfigured(f"The embedding endpoint's vectors are not {dimension} real numbers.")
    return [value / length for value in sums]
