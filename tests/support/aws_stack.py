"""The stack's data resources on the stand-in, made as the template describes them."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.session

from alex.aws.clients import Clients
from alex.aws.full_text import switch_on
from rehearsal.process import StandIn
from tests.support.stand_in import session_of
from tests.support.template import properties

if TYPE_CHECKING:
    import boto3

_CONCURRENCY = 2
"""Two cores do the stand-in's embedding."""


@dataclass(frozen=True, slots=True)
class AwsStack:
    """Names of what was made, and clients that reach it."""

    clients: Clients
    table: str
    bucket: str
    index: str
    endpoint: str
    concurrency: int


def clients_of(stand_in: StandIn, patience: float = 20) -> Clients:
    """Clients of the account's root user."""
    session = botocore.session.Session()
    session.set_credentials(stand_in.access_key_id, stand_in.secret_access_key)
    session.set_config_variable("region", stand_in.region)
    return Clients(
        embedding_concurrency=_CONCURRENCY,
        patience=patience,
        session=session,
        endpoint=stand_in.endpoint,
    )


def make_stack(stand_in: StandIn) -> AwsStack:
    """Resources of its own, empty."""
    name = f"alex-{uuid.uuid4().hex[:10]}"
    session = session_of(stand_in)
    make_table(session, stand_in.endpoint, name)
    session.client("s3", endpoint_url=stand_in.endpoint).create_bucket(Bucket=name)
    clients = clients_of(stand_in)
    index = make_index(session, stand_in.endpoint, name)
    switch_on(clients, index)
    make_endpoint(session, stand_in, name)
    return AwsStack(clients, name, name, index, name, _CONCURRENCY)


def make_table(session: "boto3.Session", endpoint: str, name: str) -> None:
    """The table of catalog and jobs."""
    described = properties("Table")
    keys = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    table: Any = {key: described[key] for key in keys}
    session.client("dynamodb", endpoint_url=endpoint).create_table(TableName=name, **table)


def make_index(session: "boto3.Session", endpoint: str, name: str) -> str:
    """The vector index; its ARN."""
    vectors = session.client("s3vectors", endpoint_url=endpoint)
    vectors.create_vector_bucket(vectorBucketName=name)
    described = properties("VectorIndex")
    hidden = described["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    return vectors.create_index(
        vectorBucketName=name,
        indexName="passages",
        dataType=described["DataType"],
        dimension=described["Dimension"],
        distanceMetric=described["DistanceMetric"],
        metadataConfiguration={"nonFilterableMetadataKeys": hidden},
    )["indexArn"]


def make_endpoint(session: "boto3.Session", stand_in: StandIn, name: str) -> None:
    """The embedding endpoint."""
    sagemaker = session.client("sagemaker", endpoint_url=stand_in.endpoint)
    registry = f"763104351884.dkr.ecr.{stand_in.region}.amazonaws.com"
    sagemaker.create_model(
        ModelName=name,
        ExecutionRoleArn=f"arn:aws:iam::{stand_in.account}:role/embedding",
        PrimaryContainer={
            "Image": f"{registry}/huggingface-pytorch-inference:any",
            "Environment": properties("EmbeddingModel")["PrimaryContainer"]["Environment"],
        },
    )
    variant: Any = {
        "VariantName": "AllTraffic",
        "ModelName": name,
        "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": _CONCURRENCY},
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
