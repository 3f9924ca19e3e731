"""Amazon SageMaker: models, serverless endpoints, and their invocation.

An endpoint answers from the first call; cold starts are faults to order. Unproven: the exact error
of a response over 4 MB, and of a call beyond the endpoint's concurrency.
"""

import asyncio
import json
import re
import urllib.parse
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from botocore.model import StructureShape
from ministack.core.responses import get_account_id, get_region

from rehearsal.stand_in.errors import ServiceError, invalid
from rehearsal.stand_in.faults import Faults
from rehearsal.stand_in.iam import INVOCATION, sagemaker_arn
from rehearsal.stand_in.sentence_model import MODEL_ID, PipelineError, SentenceModel
from rehearsal.stand_in.service import JSON, Params, Reply, Service, answer, json_object

PAYLOAD_BYTES = 4 * 1024 * 1024
"""A serverless endpoint's limit, for requests and responses."""

_IMAGE = re.compile(
    r"\d{12}\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/huggingface-pytorch-inference:\S+"
)

_KINDS = {"Model": "model", "EndpointConfig": "endpoint-config", "Endpoint": "endpoint"}


class SageMaker:
    """Control plane and runtime: ministack hands over every request signed for `sagemaker`."""

    def __init__(self, model: SentenceModel, faults: Faults) -> None:
        self._control = Service("sagemaker", "sagemaker", faults)
        self._runtime = Service("sagemaker-runtime", "sagemaker", faults)
        self._model = model
        self._resources: dict[tuple[str, str, str, str], Params] = {}
        self._running: Counter[str] = Counter()
        self._operations: Mapping[str, Callable[[Params], Params]] = {
            f"{verb}{kind}": self._operation(act, kind)
            for verb, act in (
                ("Create", self.create),
                ("Describe", self._describe),
                ("Delete", self.delete),
            )
            for kind in _KINDS
        }

    async def handle(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Reply:
        """Answer one HTTP request."""
        del method, query  # The API is POST only, with everything in path, headers and body.
        invoked = INVOCATION.fullmatch(path)
        try:
            if invoked:
                return await self._invoke(urllib.parse.unquote(invoked[1]), body)
            name = headers.get("x-amz-target", "").rpartition(".")[2]
            return await answer(self._control, name, json_object(body), self._operations)
        except ServiceError as error:
            return (self._runtime if invoked else self._control).error_reply(error)

    def create(self, kind: str, params: Params) -> Params:
        """Create a model, an endpoint configuration or an endpoint; what it names must exist.

        Raises:
            ServiceError: a request that breaks its model, or that this stand-in cannot play.
        """
        self._control.check(f"Create{kind}", params)
        name = params[f"{kind}Name"]
        arn = _arn(kind, name)
        if _key(kind, name) in self._resources:
            raise invalid(f'Cannot create already existing {_KINDS[kind]} "{arn}".')
        self._check_created(kind, params)
        self._resources[_key(kind, name)] = params | {
            f"{kind}Arn": arn,
            "CreationTime": datetime.now().astimezone().timestamp(),
        }
        return {f"{kind}Arn": arn}

    def delete(self, kind: str, params: Params) -> Params:
        """Delete one that exists.

        Raises:
            ServiceError: it does not.
        """
        name = params[f"{kind}Name"]
        self._find(kind, name)
        del self._resources[_key(kind, name)]
        return {}

    def delete_by_arn(self, kind: str, arn: str) -> None:
        """Delete what CloudFormation knows by its ARN; one that is gone is no error."""
        for key, found in list(self._resources.items()):
            if found[f"{key[2]}Arn"] == arn and key[2] == kind:
                del self._resources[key]

    def update_endpoint(self, arn: str, config: str) -> str:
        """Point an endpoint to another configuration; returns its name.

        Raises:
            ServiceError: one of the two does not exist.
        """
        self._find("EndpointConfig", config)
        for found in self._resources.values():
            if found.get("EndpointArn") == arn:
                found["EndpointConfigName"] = config
                return str(found["EndpointName"])
        raise invalid(f'Could not find endpoint "{arn}".')

    def request_shape(self, operation: str) -> StructureShape:
        """The model of an operation's request."""
        return self._control.request_shape(operation)

    def _operation(
        self, act: Callable[[str, Params], Params], kind: str
    ) -> Callable[[Params], Params]:
        return lambda params: act(kind, params)

    def _find(self, kind: str, name: str) -> Params:
        found = self._resources.get(_key(kind, name))
        if found is None:
            raise invalid(f'Could not find {_KINDS[kind]} "{_arn(kind, name)}".')
        return found

    def _describe(self, kind: str, params: Params) -> Params:
        found = self._find(kind, params[f"{kind}Name"])
        if kind != "Endpoint":
            return found
        return found | {
            "EndpointStatus": "InService",
            "LastModifiedTime": found["CreationTime"],
        }

    def _check_created(self, kind: str, params: Params) -> None:
        if kind == "Model":
            _check_model(params)
        elif kind == "EndpointConfig":
            for variant in params["ProductionVariants"]:
                self._find("Model", variant["ModelName"])
                if "ServerlessConfig" not in variant:
                    raise invalid("The stand-in plays serverless endpoints only")
        else:
            self._find("EndpointConfig", params["EndpointConfigName"])

    async def _invoke(self, endpoint: str, body: bytes) -> Reply:
        variant = self._variant(endpoint)
        if len(body) > PAYLOAD_BYTES:
            raise ServiceError("ValidationError", "The payload exceeds 4 MB", status=413)
        async with self._slot(endpoint, variant["ServerlessConfig"]["MaxConcurrency"]):
            await self._runtime.meet_fault("InvokeEndpoint")
            response = await asyncio.to_thread(self._run, body)
        return 200, {**JSON, "x-Amzn-Invoked-Production-Variant": variant["VariantName"]}, response

    def _variant(self, endpoint: str) -> Params:
        if _key("Endpoint", endpoint) not in self._resources:
            message = f"Endpoint {endpoint} of account {get_account_id()} not found."
            raise ServiceError("ValidationError", message)
        config = self._find(
            "EndpointConfig", self._find("Endpoint", endpoint)["EndpointConfigName"]
        )
        variant: Params = config["ProductionVariants"][0]
        return variant

    def _run(self, body: bytes) -> bytes:
        try:
            response = self._model.answer(body)
        except PipelineError as error:
            raise _model_error(400, str(error)) from error
        if len(response) > PAYLOAD_BYTES:
            raise _model_error(413, "The response exceeds the 4 MB of a serverless endpoint")
        return response

    @asynccontextmanager
    async def _slot(self, endpoint: str, limit: int) -> AsyncIterator[None]:
        """One of the endpoint's concurrent calls; only the event loop counts them."""
        if self._running[endpoint] >= limit:
            raise ServiceError("ThrottlingException", "Concurrency of the endpoint exceeded")
        self._running[endpoint] += 1
        try:
            yield
        finally:
            self._running[endpoint] -= 1


def _check_model(params: Params) -> None:
    """Refuse a model that is not the one this stand-in has."""
    container = params.get("PrimaryContainer") or {}
    image = _IMAGE.fullmatch(container.get("Image", ""))
    if image is None:
        raise invalid("The stand-in plays the image huggingface-pytorch-inference only")
    if image[1] != get_region():
        raise invalid(f"The image is in {image[1]}; it must be in {get_region()}")
    environment = container.get("Environment") or {}
    wanted = {"HF_MODEL_ID": MODEL_ID, "HF_TASK": "feature-extraction"}
    for name, value in wanted.items():
        if environment.get(name) != value:
            raise invalid(f"The stand-in plays {name}={value} only")


def _model_error(status: int, message: str) -> ServiceError:
    """What the runtime makes of the container's own error."""
    original = json.dumps({"code": status, "type": "InternalServerException", "message": message})
    return ServiceError(
        "ModelError",
        f'Received client error ({status}) from primary with message "{original}".',
        members={"OriginalStatusCode": status, "OriginalMessage": original, "LogStreamArn": ""},
    )


def _arn(kind: str, name: str) -> str:
    return sagemaker_arn(_KINDS[kind], name, get_region(), get_account_id())


def _key(kind: str, name: str) -> tuple[str, str, str, str]:
    return get_account_id(), get_region(), kind, name
