"""The stack's data resources on the stand-in, made as the template describes them."""

import atexit
import io
import json
import uuid
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session

from alex.aws.clients import Clients
from alex.aws.full_text import switch_on
from rehearsal.process import StandIn
from tests.support.stand_in import running_stand_in, session_of
from tests.support.template import properties

CONCURRENCY = 2
"""Two cores do the stand-in's embedding."""

RESEARCHER = "researcher"

_LAMBDA_MAY_ASSUME = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
_TAKES_ALL = "def handler(event, context):\n    return {}\n"


@dataclass(frozen=True, slots=True)
class AwsStack:
    """Names of what was made, and clients that reach it."""

    clients: Clients
    table: str
    bucket: str
    index: str


@cache
def clients_of(stand_in: StandIn, wait_seconds: float = 20, endpoint: str | None = None) -> Clients:
    """Clients of the account's root user; to make one takes longer than most tests.

    Args:
        stand_in: what they reach.
        wait_seconds: seconds that a call to the embedding endpoint may hang.
        endpoint: by which address, where it is not the stand-in's own.
    """
    session = botocore.session.Session()
    session.set_credentials(stand_in.access_key_id, stand_in.secret_access_key)
    session.set_config_variable("region", stand_in.region)
    return Clients(
        embedding_concurrency=CONCURRENCY,
        wait_seconds=wait_seconds,
        session=session,
        endpoint=endpoint or stand_in.endpoint,
    )


@cache
def shared_stand_in() -> StandIn:
    """One stand-in for all tests of a process that keep to resources of their own."""
    stack = ExitStack()
    running = stack.enter_context(running_stand_in())
    atexit.register(stack.close)
    return running


def make_stack(stand_in: StandIn) -> AwsStack:
    """A table and a bucket of its own and the shared index, all empty."""
    name = f"alex-{uuid.uuid4().hex[:10]}"
    clients = clients_of(stand_in)
    make_table(clients, name)
    clients.s3.create_bucket(Bucket=name)
    index = shared_index(stand_in)
    empty(clients, index)
    return AwsStack(clients, name, name, index)


@cache
def shared_index(stand_in: StandIn) -> str:
    """An index with full text switched on, which takes a second; its ARN."""
    index = make_index(clients_of(stand_in), "shared")
    assert switch_on(clients_of(stand_in), index) == "index"
    return index


def empty(clients: Clients, index: str) -> None:
    """Remove all vectors of an index."""
    while found := clients.s3vectors.list_vectors(indexArn=index, maxResults=500)["vectors"]:
        clients.s3vectors.delete_vectors(indexArn=index, keys=[one["key"] for one in found])


def make_table(clients: Clients, name: str) -> None:
    """The table of catalog and jobs."""
    described = properties("Table")
    keys = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    table: Any = {key: described[key] for key in keys}
    clients.dynamodb.create_table(TableName=name, **table)


def make_index(clients: Clients, name: str) -> str:
    """A vector index, without full text; its ARN."""
    clients.s3vectors.create_vector_bucket(vectorBucketName=name)
    described = properties("VectorIndex")
    hidden = described["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    return clients.s3vectors.create_index(
        vectorBucketName=name,
        indexName="passages",
        dataType=described["DataType"],
        dimension=described["Dimension"],
        distanceMetric=described["DistanceMetric"],
        metadataConfiguration={"nonFilterableMetadataKeys": hidden},
    )["indexArn"]


@cache
def make_endpoint(stand_in: StandIn) -> str:
    """The embedding endpoint, one for all tests; its name."""
    name, session = "minilm", session_of(stand_in)
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
        "ServerlessConfig": {"MemorySizeInMB": 3072, "MaxConcurrency": CONCURRENCY},
    }
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return name


@cache
def make_researcher(stand_in: StandIn) -> None:
    """A function that takes the jobs handed to it and leaves running them to the tests."""
    clients = clients_of(stand_in)
    iam = session_of(stand_in).client("iam", endpoint_url=stand_in.endpoint)
    role = iam.create_role(RoleName=RESEARCHER, AssumeRolePolicyDocument=_LAMBDA_MAY_ASSUME)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("stub.py", _TAKES_ALL)
    clients.lambda_.create_function(
        FunctionName=RESEARCHER,
        Runtime="python3.12",
        Role=role["Role"]["Arn"],
        Handler="stub.handler",
        Code={"ZipFile": archive.getvalue()},
    )
