"""API Gateway's part on a laptop: keys, limits and routes, as an ASGI application.

The endpoints it calls are the very ones that the Lambda functions call.
"""

import asyncio
import hmac
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from alex.api.http import (
    CALLER_WAITS,
    Forbidden,
    Problem,
    Reply,
    Request,
    Response,
    TimedOut,
    refuse,
    respond,
)
from alex.api.route import Endpoint, Function, Route
from alex.api.routes import ROUTES, find
from alex.errors import TooLarge
from alex.retry import time_limit
from alex.services import Services

type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_PAYLOAD = 6 * 1024 * 1024
"""Bytes of a request's body: what Lambda takes."""

TIMEOUT = 29.0
"""Seconds that API Gateway waits for an answer."""

MAX_CONCURRENT: Mapping[Function, int] = {"ingest": 4, "search": 8, "researcher": 4}
"""Requests that the routes of each function may have at work: one slow kind leaves room."""

NO_CONTENT = 204

_READ_TO_THE_END = 10
"""A body this many times too long is still read to its end, so that its sender hears why not."""

_logger = logging.getLogger("alex.gateway")


class Gateway:
    """The ASGI application.

    Args:
        services: what the endpoints work with.
        key: what every request must send as `x-api-key`.
        routes: what is answered.
        timeout: seconds to wait for an endpoint.
    """

    def __init__(
        self,
        services: Services,
        key: str,
        *,
        routes: Sequence[Route] = ROUTES,
        timeout: float = TIMEOUT,
    ) -> None:
        self._services = services
        self._key = key.encode()
        self._endpoints = {(route.method, route.path): route.endpoint for route in routes}
        self._timeout = timeout
        self._pools = {
            name: ThreadPoolExecutor(MAX_CONCURRENT[name], f"alex-{name}")
            for name in MAX_CONCURRENT
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope, receive)
        body = response.body.encode()
        headers = [*response.headers.items()]
        if response.status != NO_CONTENT:
            headers.append(("Content-Length", str(len(body))))
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": body})

    def close(self) -> None:
        """Take no more work; what runs ends by itself."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        if scope["method"] == "OPTIONS":
            return _PREFLIGHT
        request_id = str(uuid.uuid4())
        try:
            self._check_key(scope)
            return await self._invoke(scope, await _body(receive))
        except Exception as error:
            problem = Problem.of(error)
            if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                _logger.exception("%s: request %s", problem.title, request_id)
            return refuse(problem, self._services.settings.allowed_origin, request_id)

    def _check_key(self, scope: Scope) -> None:
        sent = [value for name, value in scope["headers"] if name == b"x-api-key"]
        # Compared even where none was sent, so that every refusal takes the same time.
        if not hmac.compare_digest(sent[0] if len(sent) == 1 else b"", self._key):
            raise Forbidden("Send the API key in the x-api-key header.")

    async def _invoke(self, scope: Scope, body: bytes) -> Response:
        """Let the route's endpoint answer.

        Raises:
            TimedOut: it did not in time; what it does goes on, as in Lambda.
        """
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        route, parameters = find(scope["method"], path.decode("latin-1"))
        request = _request(scope, parameters, body)
        endpoint = self._endpoints[route.method, route.path]
        loop = asyncio.get_running_loop()
        pool = self._pools[route.function]
        work = loop.run_in_executor(pool, self._reply, endpoint, request)
        try:
            async with asyncio.timeout(self._timeout):
                reply = await work
        except TimeoutError as error:
            raise TimedOut("No answer in time; repeating the request is safe.") from error
        return respond(reply, self._services.settings.allowed_origin)

    def _reply(self, endpoint: Endpoint, request: Request) -> Reply:
        with time_limit(CALLER_WAITS):
            return endpoint(self._services, request)


async def _body(receive: Receive) -> bytes:
    """The whole body.

    Raises:
        TooLarge: it exceeds the limit.
    """
    body = bytearray()
    size, more = 0, True
    while more and size <= _READ_TO_THE_END * MAX_PAYLOAD:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_PAYLOAD:
            body += chunk
        more = message.get("more_body", False)
    if size > MAX_PAYLOAD:
        raise TooLarge.of("body", f"Must be at most {MAX_PAYLOAD:,} bytes")
    return bytes(body)


def _request(scope: Scope, parameters: Mapping[str, str], body: bytes) -> Request:
    """The request, decoded as API Gateway and the functions behind it decode theirs."""
    pairs = parse_qsl(
        scope["query_string"].decode("latin-1"), keep_blank_values=True, errors="replace"
    )
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    return Request(
        path={name: unquote(value) for name, value in parameters.items()},
        query=_grouped(pairs),
        headers=_grouped(headers),
        body=body,
    )


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


_PREFLIGHT = Response(
    NO_CONTENT,
    {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET,POST,DELETE,OPTIONS",
        "Access-Control-Allow-Headers": "content-type,x-api-key,idempotency-key",
        "Access-Control-Max-Age": "600",
    },
)
