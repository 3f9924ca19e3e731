"""IAM binds the callers of both services."""

import json
import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from rehearsal.process import StandIn
from tests.support.stand_in import (
    Json,
    embed,
    keys,
    make_index,
    no_retries,
    session_of,
    vector,
)

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient


def client_of(aws: StandIn, service: str, *statements: Json) -> Json:
    """A client of a new user who may do just this."""
    iam = session_of(aws).client("iam", endpoint_url=aws.endpoint)
    user = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=user)
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    session = session_of(aws, key["AccessKeyId"], key["SecretAccessKey"])
    return session.client(service, endpoint_url=aws.endpoint, config=no_retries())  # type: ignore[call-overload]


def allow(resource: str, *actions: str) -> Json:
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource}


def test_a_query_that_reads_metadata_needs_get_vectors(
    aws: StandIn, vectors: "S3VectorsClient"
) -> None:
    index = make_index(vectors)
    client = client_of(aws, "s3vectors", allow(index, "s3vectors:QueryVectors"))
    question = {"indexArn": index, "topK": 1, "queryVector": {"float32": [1.0, 0, 0, 0]}}
    assert keys(client.query_vectors(**question)) == []
    for reading in ({"returnMetadata": True}, {"filter": {"a": 1}}):
        with pytest.raises(client.exceptions.AccessDeniedException, match="GetVectors"):
            client.query_vectors(**question, **reading)


def test_a_permission_is_for_its_index_only(aws: StandIn, vectors: "S3VectorsClient") -> None:
    mine, other = make_index(vectors), make_index(vectors)
    client = client_of(aws, "s3vectors", allow(mine, "s3vectors:PutVectors"))
    client.put_vectors(indexArn=mine, vectors=[vector("a")])
    bucket, _, name = other.partition("/index/")
    denied = client.exceptions.AccessDeniedException
    with pytest.raises(denied):
        client.put_vectors(indexArn=other, vectors=[vector("a")])
    with pytest.raises(denied):
        client.put_vectors(
            vectorBucketName=bucket.rpartition("/")[2], indexName=name, vectors=[vector("a")]
        )
    with pytest.raises(denied):
        client.delete_vectors(indexArn=mine, keys=["a"])


def test_a_bucket_policy_can_deny(aws: StandIn, vectors: "S3VectorsClient") -> None:
    vectors.create_vector_bucket(vectorBucketName="guarded")
    index = vectors.create_index(
        vectorBucketName="guarded",
        indexName="index",
        dataType="float32",
        dimension=4,
        distanceMetric="cosine",
    )["indexArn"]
    client = client_of(aws, "s3vectors", allow("*", "s3vectors:*"))
    client.put_vectors(indexArn=index, vectors=[vector("a")])
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3vectors:*", "Resource": "*"}
    vectors.put_vector_bucket_policy(
        vectorBucketName="guarded",
        policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}),
    )
    with pytest.raises(client.exceptions.AccessDeniedException):
        client.put_vectors(indexArn=index, vectors=[vector("b")])


def test_an_endpoint_is_invoked_by_those_who_may(aws: StandIn, endpoint: str) -> None:
    arn = f"arn:aws:sagemaker:{aws.region}:{aws.account}:endpoint"
    may = client_of(
        aws, "sagemaker-runtime", allow(f"{arn}/{endpoint}", "sagemaker:InvokeEndpoint")
    )
    assert embed(may, endpoint, "Hello").shape[0] == 1
    may_not = client_of(aws, "sagemaker-runtime", allow(f"{arn}/other", "sagemaker:InvokeEndpoint"))
    with pytest.raises(ClientError, match="AccessDenied"):
        embed(may_not, endpoint, "Hello")
