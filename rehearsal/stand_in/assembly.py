"""Puts the stand-in together: ministack with two more services, their IAM and their resources.

To be imported once ministack's settings are in the environment.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hypercorn.typing import (
    ASGIFramework,
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Scope,
)
from ministack import app as ministack

from rehearsal.stand_in import functions, gaps, iam
from rehearsal.stand_in.cloudformation import ResourceTypes
from rehearsal.stand_in.faults import Faults
from rehearsal.stand_in.functions import ImageSource
from rehearsal.stand_in.s3vectors import S3Vectors
from rehearsal.stand_in.sagemaker import SageMaker
from rehearsal.stand_in.sentence_model import SentenceModel
from rehearsal.stand_in.vector_buckets import VectorBuckets

FAULTS_PATH = "/_stand-in/faults"


def assemble(tokenizer: Path, image: Mapping[str, Any] | None) -> ASGIFramework:
    """The application that hypercorn serves."""
    faults, buckets = Faults(), VectorBuckets()
    vectors = S3Vectors(buckets, faults)
    sagemaker = SageMaker(SentenceModel(tokenizer), faults)
    ministack.SERVICE_HANDLERS["s3vectors"] = vectors.handle
    ministack.SERVICE_HANDLERS["sagemaker"] = sagemaker.handle
    iam.install(buckets)
    ResourceTypes(buckets, vectors, sagemaker).install()
    gaps.install()
    functions.install(ImageSource(**image) if image else None, faults)
    return _front(ministack.app, faults.order)


def _front(app: ASGIFramework, order: Callable[[bytes], None]) -> ASGIFramework:
    """The application, with a route of its own that orders faults.

    Loopback passes for TLS, as behind a proxy that ends it: policies that refuse plain HTTP, as
    the template's do, would let nothing through otherwise.
    """

    async def wrapped(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        if scope.get("path") != FAULTS_PATH:
            if scope["type"] == "http":
                scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
            await app(scope, receive, send)
            return
        order(await _read_body(receive))
        await send(HTTPResponseStartEvent(type="http.response.start", status=204, headers=[]))
        await send(HTTPResponseBodyEvent(type="http.response.body", body=b"", more_body=False))

    return wrapped


async def _read_body(receive: ASGIReceiveCallable) -> bytes:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    return body
