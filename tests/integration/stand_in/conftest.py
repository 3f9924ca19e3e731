"""One stand-in for all its tests."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from rehearsal.process import StandIn
from tests.support.stand_in import Json, no_retries, running_stand_in, session_of

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/huggingface-pytorch-inference:2.6.0"


@pytest.fixture(scope="session")
def aws() -> Iterator[StandIn]:
    with running_stand_in() as running:
        yield running


@pytest.fixture(scope="session")
def vectors(aws: StandIn) -> "S3VectorsClient":
    session = session_of(aws)
    client = session.client("s3vectors", endpoint_url=aws.endpoint, config=no_retries())
    client.create_vector_bucket(vectorBucketName="research")
    return client


@pytest.fixture(scope="session")
def endpoint(aws: StandIn) -> str:
    """A serverless endpoint with two concurrent calls; its name."""
    sagemaker = session_of(aws).client("sagemaker", endpoint_url=aws.endpoint)
    sagemaker.create_model(
        ModelName="minilm",
        ExecutionRoleArn=f"arn:aws:iam::{aws.account}:role/model-role",
        PrimaryContainer={
            "Image": IMAGE,
            "Environment": {
                "HF_MODEL_ID": "sentence-transformers/all-MiniLM-L6-v2",
                "HF_TASK": "feature-extraction",
            },
        },
    )
    serverless: Json = {"MemorySizeInMB": 3072, "MaxConcurrency": 2}
    variant: Json = {"VariantName": "all", "ModelName": "minilm", "ServerlessConfig": serverless}
    sagemaker.create_endpoint_config(EndpointConfigName="serverless", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="embeddings", EndpointConfigName="serverless")
    return "embeddings"


@pytest.fixture(scope="session")
def runtime(aws: StandIn) -> "SageMakerRuntimeClient":
    session = session_of(aws)
    return session.client("sagemaker-runtime", endpoint_url=aws.endpoint, config=no_retries())
