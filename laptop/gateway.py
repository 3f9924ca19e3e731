"""API Gateway's part on a laptop: keys, limits, routes, and HTTP turned into events.

An ASGI application. The handlers it calls are the very ones that Lambda runs.
"""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from alex import routes
from alex.aws.api_gateway import Handler
from alex.errors import AlexError, TooLarge
from alex.http import PROBLEM_JSON, Forbidden, Problem, TimedOut
from alex.routes import Function
from laptop.events import Headers, HttpRequest, HttpResponse, LaptopContext, to_event, to_response

type Scope = Mapping[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]

MAX_PAYLOAD = 6 * 1024 * 1024
"""Bytes of a request's body: what Lambda takes."""

TIMEOUT = 29.0
"""Seconds that API Gateway waits for an answer."""

AT_ONCE: Mapping[Function, int] = {"ingest": 4, "search": 8, "researcher": 1}
"""Requests each function works on at a time; the researcher's event loop takes one."""

NO_CONTENT = 204

_PATIENCE = 10
"""A body this many times too long is still read to its end, so that its sender hears why not."""

_logger = logging.getLogger("alex.gateway")


class Gateway:
    """The ASGI application.

    Args:
        handlers: who answers for which function.
        key: what every request must send as `x-api-key`.
        timeout: seconds to wait for a handler.
    """

    def __init__(
        self, handlers: Mapping[Function, Handler], key: str, *, timeout: float = TIMEOUT
    ) -> None:
        self._handlers = handlers
        self._key = key.encode()
        self._timeout = timeout
        self._pools = {name: ThreadPoolExecutor(AT_ONCE[name], f"alex-{name}") for name in handlers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._answer(scope, receive)
        headers = [*response.headers]
        if response.status != NO_CONTENT:
            headers.append(("Content-Length", str(len(response.body))))
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": response.body})

    def close(self) -> None:
        """Take no more work; what runs ends by itself."""
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        if scope["method"] == "OPTIONS":
            return HttpResponse(NO_CONTENT, _PREFLIGHT, b"")
        try:
            self._check_key(scope)
            request = await _read(scope, receive)
            return await self._invoke(request)
        except AlexError as error:
            return _refusal(error)
        except Exception as error:
            _logger.exception("A handler failed.")
            return _refusal(error)

    def _check_key(self, scope: Scope) -> None:
        sent = [value for name, value in scope["headers"] if name == b"x-api-key"]
        # Compared even where none was sent, so that every refusal takes the same time.
        if not hmac.compare_digest(sent[0] if len(sent) == 1 else b"", self._key):
            raise Forbidden("Send the API key in the x-api-key header.")

    async def _invoke(self, request: HttpRequest) -> HttpResponse:
        """Let the route's function answer.

        Raises:
            TimedOut: it did not in time; what it does goes on, as in Lambda.
        """
        route, parameters = routes.find(request.method, request.path)
        event = to_event(request, route, parameters)
        request_id = event["requestContext"]["requestId"]
        deadline = time.monotonic() + self._timeout
        context = LaptopContext(f"alex-{route.function}", request_id, deadline)
        handler = self._handlers[route.function]
        loop = asyncio.get_running_loop()
        work = loop.run_in_executor(self._pools[route.function], handler, event, context)
        try:
            async with asyncio.timeout(self._timeout):
                return to_response(await work)
        except TimeoutError as error:
            raise TimedOut("No answer in time; repeating the request is safe.") from error


async def _read(scope: Scope, receive: Receive) -> HttpRequest:
    """The whole request.

    Raises:
        TooLarge: its body exceeds the limit.
    """
    body = bytearray()
    size, more = 0, True
    while more and size <= _PATIENCE * MAX_PAYLOAD:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size <= MAX_PAYLOAD:
            body += chunk
        more = message.get("more_body", False)
    if size > MAX_PAYLOAD:
        raise TooLarge.of("body", f"Must be at most {MAX_PAYLOAD:,} bytes")
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    client = scope.get("client")
    return HttpRequest(
        method=scope["method"],
        path=raw_path.decode("latin-1"),
        query=scope["query_string"].decode("latin-1"),
        headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]],
        body=bytes(body),
        client=client[0] if client else "",
    )


_PREFLIGHT: Headers = [
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Methods", "GET,POST,DELETE,OPTIONS"),
    ("Access-Control-Allow-Headers", "content-type,x-api-key,idempotency-key"),
    ("Access-Control-Max-Age", "600"),
]


def _refusal(error: Exception) -> HttpResponse:
    """What the gateway itself has to say."""
    problem = Problem.of(error)
    headers = {
        "Content-Type": PROBLEM_JSON,
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-store",
        **problem.headers,
    }
    return HttpResponse(problem.status, list(headers.items()), json.dumps(problem.body()).encode())
