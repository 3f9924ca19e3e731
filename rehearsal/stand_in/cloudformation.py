"""CloudFormation's resource types for the two added services.

As AWS's schemas have them: `Ref` gives the ARN of each, every property but a tag, a policy and an
endpoint's configuration replaces the resource, and a property that the schema does not know fails.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from ministack.services.cloudformation import provisioners

from rehearsal.stand_in.errors import invalid
from rehearsal.stand_in.s3vectors import S3Vectors
from rehearsal.stand_in.sagemaker import SageMaker
from rehearsal.stand_in.service import Json, Params
from rehearsal.stand_in.vector_buckets import VectorBuckets

type Properties = Mapping[str, Json]
type Created = tuple[str, dict[str, str]]
"""Physical id, which `Ref` gives, and the attributes of `Fn::GetAtt`."""

type Handlers = dict[str, dict[str, Callable[..., Any]]]
"""By type: ministack's create, update and delete, each with parameters of its own."""

NAME_LENGTH = 63

_INDEX_TYPE = "AWS::S3Vectors::Index"
_NOT_OF_THE_API = frozenset(
    {"RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"}
)


@dataclass(frozen=True, slots=True)
class ResourceTypes:
    """The resource handlers over the two services."""

    buckets: VectorBuckets
    vectors: S3Vectors
    sagemaker: SageMaker

    def install(self) -> None:
        """Register the types with ministack, with the changes that replace them."""
        provisioners._RESOURCE_HANDLERS.update(self._handlers())  # noqa: SLF001 - no public seam
        replacing = {
            "AWS::S3Vectors::VectorBucket": ("VectorBucketName", "EncryptionConfiguration"),
            "AWS::S3Vectors::VectorBucketPolicy": ("VectorBucketName", "VectorBucketArn"),
            _INDEX_TYPE: (
                "DataType",
                "Dimension",
                "DistanceMetric",
                "IndexName",
                "MetadataConfiguration",
                "VectorBucketArn",
                "VectorBucketName",
            ),
            "AWS::SageMaker::Model": ("ModelName", "PrimaryContainer", "ExecutionRoleArn"),
            "AWS::SageMaker::EndpointConfig": ("EndpointConfigName", "ProductionVariants"),
            "AWS::SageMaker::Endpoint": ("EndpointName",),
        }
        provisioners._REPLACING_PROPERTIES.update(replacing)  # noqa: SLF001 - no public seam

    def _handlers(self) -> Handlers:
        sagemaker: Handlers = {
            f"AWS::SageMaker::{kind}": {
                "create": self._create_sagemaker(kind),
                "delete": self._delete_sagemaker(kind),
            }
            for kind in ("Model", "EndpointConfig", "Endpoint")
        }
        sagemaker["AWS::SageMaker::Endpoint"]["update"] = self._update_endpoint
        return sagemaker | {
            "AWS::S3Vectors::VectorBucket": {
                "create": self._create_bucket,
                "delete": lambda arn, _: self.buckets.delete(arn.rpartition("bucket/")[2]),
            },
            "AWS::S3Vectors::VectorBucketPolicy": {
                "create": self._put_policy,
                "update": lambda _, __, properties, stack: self._put_policy("", properties, stack),
                "delete": self._delete_policy,
            },
            _INDEX_TYPE: {
                "create": self._create_index,
                "delete": lambda arn, _: self.buckets.delete_index({"indexArn": arn}),
            },
        }

    def _create_bucket(self, logical_id: str, properties: Properties, stack: str) -> Created:
        given = properties.get("VectorBucketName") or _generated_name(stack, logical_id)
        params = self._vector_params("CreateVectorBucket", properties, vectorBucketName=given)
        bucket = self.buckets.create(params["vectorBucketName"])
        self.buckets.tagged(bucket.arn).update(params.get("tags", {}))
        return bucket.arn, {
            "VectorBucketArn": bucket.arn,
            "CreationTime": bucket.created.astimezone(UTC).isoformat(),
        }

    def _create_index(self, logical_id: str, properties: Properties, stack: str) -> Created:
        given = properties.get("IndexName") or _generated_name(stack, logical_id)
        configuration = properties.get("MetadataConfiguration") or {}
        if set(configuration) - {"NonFilterableMetadataKeys"}:
            raise invalid("CloudFormation knows NonFilterableMetadataKeys only")
        params = self._vector_params("CreateIndex", properties, indexName=given)
        arn = self.vectors.create_index(params)["indexArn"]
        return arn, {"IndexArn": arn, "CreationTime": datetime.now(UTC).isoformat()}

    def _put_policy(self, _: str, properties: Properties, stack: str) -> Created:
        del stack
        policy = properties["Policy"]
        bucket = self.buckets.find(_named_bucket(properties))
        bucket.policy = policy if isinstance(policy, str) else json.dumps(policy)
        return bucket.arn, {}

    def _delete_policy(self, _: str, properties: Properties) -> None:
        self.buckets.find(_named_bucket(properties)).policy = None

    def _vector_params(self, operation: str, properties: Properties, **names: str) -> Params:
        """Properties as the operation's members, checked; names that were left out are added."""
        rest = {name: value for name, value in properties.items() if name != "Tags"}
        params: Params = _members(self.vectors.request_shape(operation), rest) | names
        if "Tags" in properties:
            params["tags"] = {tag["Key"]: tag["Value"] for tag in properties["Tags"]}
        self.vectors.check(operation, params)
        return params

    def _create_sagemaker(self, kind: str) -> Callable[[str, Properties, str], Created]:
        def create(logical_id: str, properties: Properties, stack: str) -> Created:
            name = properties.get(f"{kind}Name") or _generated_name(stack, logical_id)
            rest = {key: value for key, value in properties.items() if key not in _NOT_OF_THE_API}
            params = _members(self.sagemaker.request_shape(f"Create{kind}"), rest)
            arn = self.sagemaker.create(kind, params | {f"{kind}Name": name})[f"{kind}Arn"]
            return arn, {f"{kind}Name": name, f"{kind}Arn": arn}

        return create

    def _delete_sagemaker(self, kind: str) -> Callable[[str, Properties], None]:
        return lambda arn, _: self.sagemaker.delete_by_arn(kind, arn)

    def _update_endpoint(
        self, arn: str, _: Properties, properties: Properties, stack: str
    ) -> Created:
        del stack
        name = self.sagemaker.update_endpoint(arn, properties["EndpointConfigName"])
        return arn, {"EndpointName": name, "EndpointArn": arn}


def _members(shape: Shape, value: Json) -> Json:
    """A property value as the API writes it: its member names, and numbers that are numbers.

    Raises:
        ServiceError: a property that the API has no member for.
    """
    if isinstance(shape, StructureShape):
        names = {name[0].upper() + name[1:]: name for name in shape.members}
        unknown = set(value) - set(names)
        if unknown:
            raise invalid(f"Unknown properties: {', '.join(sorted(unknown))}")
        return {
            names[key]: _members(shape.members[names[key]], item) for key, item in value.items()
        }
    if isinstance(shape, ListShape):
        return [_members(shape.member, item) for item in value]
    if isinstance(shape, MapShape):
        return {key: _members(shape.value, item) for key, item in value.items()}
    if shape.type_name in {"integer", "long"}:
        return int(value)
    if shape.type_name == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    return value


def _named_bucket(properties: Properties) -> str:
    name: str = properties.get("VectorBucketName") or properties["VectorBucketArn"]
    return name.rpartition("bucket/")[2]


def _generated_name(stack: str, logical_id: str) -> str:
    """A name of CloudFormation's making, lower case, as both services take it."""
    name: str = provisioners._physical_name(  # noqa: SLF001 - no public seam
        stack, logical_id, lowercase=True, max_len=NAME_LENGTH
    )
    return name
