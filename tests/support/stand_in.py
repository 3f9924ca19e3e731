"""The stand-in for AWS, for tests: one running, and its clients."""

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3
import numpy as np
import pytest
from botocore.config import Config

from rehearsal.process import NotInstalled, StandIn, prepare, stand_in

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

type Json = Any
"""A request or a response, as boto3 takes and gives it."""


@contextmanager
def running_stand_in() -> Iterator[StandIn]:
    """A stand-in of its own; where it cannot be had, the test skips, or fails in CI."""
    try:
        interpreter = prepare()
    except NotInstalled as error:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            raise
        pytest.skip(str(error))
    with stand_in(interpreter) as running:
        yield running


def session_of(
    stand_in: StandIn, access_key_id: str | None = None, secret_access_key: str | None = None
) -> boto3.Session:
    """A session of the account's root user, or of the key's owner."""
    return boto3.Session(
        aws_access_key_id=access_key_id or stand_in.access_key_id,
        aws_secret_access_key=secret_access_key or stand_in.secret_access_key,
        region_name=stand_in.region,
    )


def no_retries() -> Config:
    """One attempt a call, so that a test sees the first answer."""
    return Config(retries={"mode": "standard", "total_max_attempts": 1})


def make_index(vectors: "S3VectorsClient", dimension: int = 4, metric: str = "cosine") -> str:
    """A new, empty index with `text` non-filterable; its ARN."""
    return vectors.create_index(
        vectorBucketName="research",
        indexName=f"index-{uuid.uuid4().hex[:12]}",
        dataType="float32",
        dimension=dimension,
        distanceMetric=metric,  # type: ignore[arg-type]
        metadataConfiguration={"nonFilterableMetadataKeys": ["text"]},
    )["indexArn"]


def vector(key: str, data: list[float] | None = None, **metadata: Json) -> Json:
    return {"key": key, "data": {"float32": data or [1.0, 0, 0, 0]}, "metadata": metadata}


def keys(response: Json) -> list[str]:
    return [each["key"] for each in response["vectors"]]


def embed(
    runtime: "SageMakerRuntimeClient", endpoint: str, inputs: Json, **parameters: Json
) -> Json:
    """The container's answer as an array."""
    request = {"inputs": inputs, **({"parameters": parameters} if parameters else {})}
    response = runtime.invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=json.dumps(request).encode()
    )
    return np.asarray(json.loads(response["Body"].read()))
