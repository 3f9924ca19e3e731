"""CloudFormation makes, changes and removes the resources of both services."""

import json
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError, WaiterError

from rehearsal.process import StandIn
from tests.support.stand_in import Json, session_of

STACK = "resources"


def template(dimension: int = 384, concurrency: int = 2, index: Json = None) -> str:
    """Every added type once; the keyword arguments are what the tests change."""
    arn = {"Fn::GetAtt": ["Bucket", "VectorBucketArn"]}
    image = {
        "Fn::Sub": "763104351884.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/"
        "huggingface-pytorch-inference:2.6.0"
    }
    environment = {
        "HF_MODEL_ID": "sentence-transformers/all-MiniLM-L6-v2",
        "HF_TASK": "feature-extraction",
    }
    serverless = {"MemorySizeInMB": "3072", "MaxConcurrency": str(concurrency)}
    resources: Json = {
        "Bucket": {"Type": "AWS::S3Vectors::VectorBucket"},
        "Index": {
            "Type": "AWS::S3Vectors::Index",
            "Properties": {
                "VectorBucketArn": arn,
                "DataType": "float32",
                "Dimension": str(dimension),
                "DistanceMetric": "cosine",
                "MetadataConfiguration": {"NonFilterableMetadataKeys": ["text"]},
                **(index or {}),
            },
        },
        "Policy": {
            "Type": "AWS::S3Vectors::VectorBucketPolicy",
            "Properties": {
                "VectorBucketArn": arn,
                "Policy": {"Version": "2012-10-17", "Statement": []},
            },
        },
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                "ExecutionRoleArn": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/model-role"},
                "PrimaryContainer": {"Image": image, "Environment": environment},
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "VariantName": "all",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InitialVariantWeight": 1.0,
                        "ServerlessConfig": serverless,
                    }
                ]
            },
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {"EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
        },
    }
    outputs = {name: {"Value": {"Ref": name}} for name in ("Bucket", "Index", "Endpoint", "Config")}
    return json.dumps({"Resources": resources, "Outputs": outputs})


@pytest.fixture
def cloudformation(aws: StandIn) -> Iterator[Json]:
    client = session_of(aws).client("cloudformation", endpoint_url=aws.endpoint)
    yield client
    client.delete_stack(StackName=STACK)
    client.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})


def outputs(cloudformation: Json, event: str) -> dict[str, str]:
    """The stack's outputs once it has been created or updated."""
    waiter = cloudformation.get_waiter(f"stack_{event}_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 1})
    (stack,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}


def test_resources_live_and_end_with_their_stack(aws: StandIn, cloudformation: Json) -> None:
    session = session_of(aws)
    vectors = session.client("s3vectors", endpoint_url=aws.endpoint)
    sagemaker = session.client("sagemaker", endpoint_url=aws.endpoint)

    cloudformation.create_stack(StackName=STACK, TemplateBody=template())
    created = outputs(cloudformation, "create")
    index = vectors.get_index(indexArn=created["Index"])["index"]
    assert index["dimension"] == 384
    assert created["Index"].startswith(created["Bucket"])
    name = created["Endpoint"].rpartition("/")[2]
    assert sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"] == "InService"

    cloudformation.update_stack(
        StackName=STACK, TemplateBody=template(dimension=128, concurrency=9)
    )
    updated = outputs(cloudformation, "update")
    assert updated["Index"] != created["Index"]
    assert updated["Endpoint"] == created["Endpoint"]
    config = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
    assert updated["Config"].endswith(f"/{config}")
    with pytest.raises(vectors.exceptions.NotFoundException):
        vectors.get_index(indexArn=created["Index"])

    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName=STACK, WaiterConfig={"Delay": 1}
    )
    with pytest.raises(vectors.exceptions.NotFoundException):
        vectors.get_vector_bucket(vectorBucketArn=created["Bucket"])
    with pytest.raises(ClientError, match="Could not find"):
        sagemaker.describe_endpoint(EndpointName=name)


@pytest.mark.parametrize(
    "index",
    [
        {"Colour": "red"},
        {"Dimension": "5000"},
        {"MetadataConfiguration": {"TextSearchConfigurations": []}},
    ],
)
def test_what_the_schema_does_not_know_fails(cloudformation: Json, index: Json) -> None:
    cloudformation.create_stack(StackName=STACK, TemplateBody=template(index=index))
    with pytest.raises(WaiterError):
        outputs(cloudformation, "create")
