"""HTTP requests as API Gateway's REST proxy events, and what handlers return as responses."""

import base64
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from alex.routes import Route

type Headers = list[tuple[str, str]]
type Event = dict[str, Any]

STAGE = "laptop"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request as it came over the wire; `path` and `query` are still percent-encoded."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    client: str

    def header(self, name: str) -> str:
        """The last value of a header, or an empty string."""
        return dict(self.headers).get(name, "")


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response as it goes over the wire."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class LaptopContext:
    """What Lambda tells a handler about its invocation.

    Attributes:
        deadline: when the gateway stops waiting, by the monotonic clock.
    """

    function_name: str
    aws_request_id: str
    deadline: float
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 0
    log_group_name: str = STAGE
    log_stream_name: str = STAGE

    @property
    def invoked_function_arn(self) -> str:
        """A name of the shape that Lambda's have."""
        return f"arn:aws:lambda:{STAGE}:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """How long the gateway still waits."""
        return max(0, round((self.deadline - time.monotonic()) * 1000))


def to_event(request: HttpRequest, route: Route, parameters: dict[str, str]) -> Event:
    """The event that API Gateway would send; path parameters stay encoded, as there."""
    query = _grouped(parse_qsl(request.query, keep_blank_values=True, errors="replace"))
    headers = _grouped(request.headers)
    body, encoded = _body(request)
    return {
        "resource": route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": _last(headers),
        "multiValueHeaders": headers,
        "queryStringParameters": _last(query) or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": _context(request, route),
        "body": body,
        "isBase64Encoded": encoded,
    }


def to_response(result: Event) -> HttpResponse:
    """What a handler returned, ready to send."""
    body: str = result.get("body") or ""
    many: dict[str, list[str]] = result.get("multiValueHeaders") or {}
    single: dict[str, str] = result.get("headers") or {}
    headers = [(name, value) for name, values in many.items() for value in values]
    headers += [(name, value) for name, value in single.items() if name not in many]
    return HttpResponse(
        status=result["statusCode"],
        headers=headers,
        body=base64.b64decode(body) if result.get("isBase64Encoded") else body.encode(),
    )


def _context(request: HttpRequest, route: Route) -> Event:
    return {
        "accountId": "000000000000",
        "apiId": "laptop",
        "httpMethod": request.method,
        "identity": {
            "apiKey": request.header("x-api-key"),
            "sourceIp": request.client,
            "userAgent": request.header("user-agent"),
        },
        "path": f"/{STAGE}{request.path}",
        "protocol": "HTTP/1.1",
        "requestId": str(uuid.uuid4()),
        "requestTimeEpoch": round(time.time() * 1000),
        "resourcePath": route.path,
        "stage": STAGE,
    }


def _body(request: HttpRequest) -> tuple[str | None, bool]:
    """The body as an event holds it, and whether in base64: where it is, or says it is, binary."""
    if not request.body:
        return None, False
    if not request.header("content-type").startswith("application/octet-stream"):
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass  # not text, whatever its content type says
    return base64.b64encode(request.body).decode(), True


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _last(groups: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in groups.items()}
