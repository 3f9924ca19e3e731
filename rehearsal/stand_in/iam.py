"""IAM for the two added services: which action a request is, and on which resource.

ministack enforces policies for the services it knows and lets the rest pass; this teaches it the
actions, the resource ARNs and the resource policies of S3 Vectors and SageMaker.
"""

import re
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_region
from ministack.core.router import extract_access_key_id

from rehearsal.stand_in.errors import ServiceError
from rehearsal.stand_in.service import Params, json_object
from rehearsal.stand_in.vector_buckets import VectorBuckets, bucket_arn, bucket_name, index_names

INVOCATION = re.compile(r"/endpoints/([^/]+)/invocations")

_TAG_ACTIONS = {"GET": "ListTagsForResource", "POST": "TagResource", "DELETE": "UntagResource"}

_INDEX_ACTIONS = frozenset(
    {
        "CreateIndex",
        "GetIndex",
        "DeleteIndex",
        "UpdateIndexMode",
        "UpdateMetadataConfiguration",
        "PutVectors",
        "GetVectors",
        "DeleteVectors",
        "ListVectors",
        "QueryVectors",
    }
)

_SAGEMAKER_NAMES = {  # Most specific first: CreateEndpoint names its configuration too.
    "EndpointName": "endpoint",
    "EndpointConfigName": "endpoint-config",
    "ModelName": "model",
}


Call = tuple[str, str, dict[str, str], bytes, Params]
"""Method, path, headers, body and query, as ministack passes them around."""

LocatedCall = tuple[str, str, dict[str, str], bytes, Params, str, str]
"""The same, with region and account."""


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request, as far as IAM looks at it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def require(headers: dict[str, str], action: str, resource: str) -> None:
    """A further permission that a request's parameters ask for.

    Raises:
        ServiceError: the caller's policies do not give it.
    """
    prefix = action.partition(":")[0]
    key = extract_access_key_id(headers)
    denial = iam_evaluator.enforce(key, action, prefix, get_region(), resource_arn=resource)
    if denial is not None:
        message = iam_actions.identity_denial_message(
            action, getattr(denial, "principal_arn", key), resource, explicit_deny=False
        )
        raise ServiceError("AccessDeniedException", message)


def install(buckets: VectorBuckets) -> None:
    """Put the two services in front of ministack's own look-ups."""
    known_action, known_resource = iam_actions.extract_iam_action, iam_actions.extract_resource_arn
    known_policy = iam_evaluator._resource_policy  # noqa: SLF001 - ministack has no public seam

    def action(service: str, *request: *Call) -> str | None:
        if service in _ACTIONS:
            return f"{service}:{_ACTIONS[service](Request(*request[:4]))}"
        return known_action(service, *request)  # type: ignore[no-any-return]

    def resource(service: str, *located: *LocatedCall) -> str:
        if service not in _RESOURCES:
            return known_resource(service, *located)  # type: ignore[no-any-return]
        *_, region, account = located
        return _locate(service, Request(*located[:4]), region, account)

    def policy(service: str, arn: str) -> tuple[str, str] | None:
        if service == "s3vectors":
            return _bucket_policy(buckets, arn)
        return known_policy(service, arn)  # type: ignore[no-any-return]

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
    iam_evaluator._resource_policy = policy  # noqa: SLF001 - ministack has no public seam


def vectors_action(request: Request) -> str:
    """The S3 Vectors operation of a request, which is also its action."""
    if request.path.startswith("/tags/"):
        return _TAG_ACTIONS.get(request.method, "")
    return request.path.strip("/")


def _vectors_resource(request: Request, region: str, account: str) -> str:
    action = vectors_action(request)
    if action in _TAG_ACTIONS.values():
        return urllib.parse.unquote(request.path.removeprefix("/tags/"))
    params = json_object(request.body)
    if action == "ListVectorBuckets":
        return "*"
    if action not in _INDEX_ACTIONS:
        return bucket_arn(bucket_name(params), region, account)
    if action == "CreateIndex":
        bucket, index = bucket_name(params), params.get("indexName")
    else:
        bucket, index = index_names(params)
    return f"{bucket_arn(bucket, region, account)}/index/{index}"


def _sagemaker_action(request: Request) -> str:
    if INVOCATION.fullmatch(request.path):
        return "InvokeEndpoint"
    return request.headers.get("x-amz-target", "").rpartition(".")[2]


def _sagemaker_resource(request: Request, region: str, account: str) -> str:
    invoked = INVOCATION.fullmatch(request.path)
    if invoked:
        return sagemaker_arn("endpoint", urllib.parse.unquote(invoked[1]), region, account)
    params = json_object(request.body)
    for member, kind in _SAGEMAKER_NAMES.items():
        if member in params:
            return sagemaker_arn(kind, str(params[member]), region, account)
    return "*"


def sagemaker_arn(kind: str, name: str, region: str, account: str) -> str:
    """A SageMaker ARN; the service writes names in it in lower case."""
    return f"arn:aws:sagemaker:{region}:{account}:{kind}/{name.lower()}"


def _locate(service: str, request: Request, region: str, account: str) -> str:
    """The request's resource; `*` where it is malformed, which the service itself will say."""
    try:
        return _RESOURCES[service](request, region, account)
    except ServiceError:
        return "*"


def _bucket_policy(buckets: VectorBuckets, arn: str) -> tuple[str, str] | None:
    """The policy of the bucket that a resource belongs to, with its account."""
    owner = arn.partition("/index/")[0]
    for bucket in buckets:
        if bucket.arn == owner and bucket.policy is not None:
            return bucket.policy, arn.split(":")[4]
    return None


_ACTIONS: Mapping[str, Callable[[Request], str]] = {
    "s3vectors": vectors_action,
    "sagemaker": _sagemaker_action,
}

_RESOURCES: Mapping[str, Callable[[Request, str, str], str]] = {
    "s3vectors": _vectors_resource,
    "sagemaker": _sagemaker_resource,
}
