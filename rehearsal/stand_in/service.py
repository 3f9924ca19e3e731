"""The frame of an added service: request in, checked by its model, reply out."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, StructureShape

from rehearsal.stand_in.errors import ServiceError
from rehearsal.stand_in.faults import Faults
from rehearsal.stand_in.shapes import violations

type Json = Any
"""A value as JSON has it."""

type Params = dict[str, Json]
"""A request's or a reply's members."""

type Reply = tuple[int, dict[str, str], bytes]
"""Status, headers, body: what ministack's handlers return."""

JSON = {"Content-Type": "application/json"}

THROTTLED = 429

_UNMODELLED_STATUS = {"ThrottlingException": THROTTLED, "UnknownOperationException": 404}


class Service:
    """One service's model, its faults and its error replies."""

    def __init__(self, model_name: str, iam_prefix: str, faults: Faults) -> None:
        self.model = ServiceModel(Loader().load_service_model(model_name, "service-2"))
        self.iam_prefix = iam_prefix
        self._faults = faults

    def operation(self, name: str) -> OperationModel:
        """The operation's model.

        Raises:
            ServiceError: there is none of this name.
        """
        if name not in self.model.operation_names:
            raise ServiceError("UnknownOperationException", f"Unknown operation {name}")
        return self.model.operation_model(name)

    def request_shape(self, name: str) -> StructureShape:
        """The model of the operation's request; every operation of the two services has one."""
        shape = self.operation(name).input_shape
        if shape is None:
            raise ServiceError("UnknownOperationException", f"{name} takes no request")
        return shape

    def check(self, name: str, params: Params) -> None:
        """Hold a request against its model.

        Raises:
            ServiceError: a `ValidationException` naming every member that breaks it.
        """
        found = list(violations(self.request_shape(name), params))
        if not found:
            return
        summary = "; ".join(
            f"Value at '{each.path}' failed to satisfy constraint: {each.message}" for each in found
        )
        fields = [{"path": each.path, "message": each.message} for each in found]
        raise ServiceError(
            "ValidationException",
            f"{len(found)} validation error detected: {summary}",
            members={"fieldList": fields},
        )

    async def meet_fault(self, name: str) -> None:
        """Suffer the fault ordered for this call, where there is one.

        Raises:
            ServiceError: the fault's error.
        """
        fault = self._faults.take(f"{self.iam_prefix}:{name}")
        if fault is None:
            return
        await asyncio.sleep(fault.seconds)
        if fault.code:
            raise ServiceError(fault.code, "A fault ordered by the rehearsal")

    def error_reply(self, error: ServiceError) -> Reply:
        """The response that boto3 turns back into the modelled exception."""
        body = {"__type": error.code, "message": error.message, **error.members}
        shape = self._error_shape(error.code)
        if shape is not None and "Message" in shape.members:
            body["Message"] = body.pop("message")
        status = error.status or self._status(error.code, shape)
        return status, {**JSON, "x-amzn-errortype": error.code}, json.dumps(body).encode()

    def _error_shape(self, code: str) -> StructureShape | None:
        shape = self.model.shape_for(code) if code in self.model.shape_names else None
        return shape if isinstance(shape, StructureShape) else None

    @staticmethod
    def _status(code: str, shape: StructureShape | None) -> int:
        modelled = shape.metadata.get("error", {}) if shape else {}
        return int(modelled.get("httpStatusCode", _UNMODELLED_STATUS.get(code, 400)))


async def answer(
    service: Service,
    name: str,
    params: Params,
    operations: Mapping[str, Callable[[Params], Params]],
) -> Reply:
    """Carry out one JSON operation off the event loop.

    Raises:
        ServiceError: the operation refuses, or the stand-in does not play it.
    """
    service.operation(name)
    await service.meet_fault(name)
    if name not in operations:
        raise ServiceError("UnknownOperationException", f"The stand-in does not play {name}")
    service.check(name, params)
    result = await asyncio.to_thread(operations[name], params)
    return 200, JSON.copy(), json.dumps(result).encode()


def json_object(body: bytes) -> Params:
    """A request body's JSON object.

    Raises:
        ServiceError: it is none.
    """
    try:
        value = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The body is not JSON", status=400) from error
    if not isinstance(value, dict):
        raise ServiceError("SerializationException", "The body is no JSON object", status=400)
    return value
