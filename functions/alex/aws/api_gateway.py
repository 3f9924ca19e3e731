"""API Gateway's REST events, routed by Powertools to plain functions."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from alex import routes
from alex.errors import AlexError, NotFound
from alex.http import PROBLEM_JSON, Problem, Reply, Request
from alex.patience import within
from alex.wiring import Services

type Event = dict[str, Any]

type Handler = Callable[[Event, Any], Event]
"""Takes an event and Lambda's context, or what stands in for it; gives a proxy result."""

type Endpoint = Callable[[Services, Request], Reply]
"""Answers one route: parses, calls one use case, responds."""

type Endpoints = Mapping[tuple[str, str], Endpoint]
"""By method and path, as in `alex.routes`."""

_CALLER_WAITS = 25
"""Seconds: the gateway gives up after 29, and starting and answering take some of them."""

_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


def rest_handler(name: str, endpoints: Endpoints, services: Callable[[], Services]) -> Handler:
    """A Lambda handler that answers these routes.

    Args:
        name: the function's, in its log.
        endpoints: what answers which route.
        services: asked at each request, so that nothing is built before the first.
    """
    logger = Logger(service=name, use_rfc3339=True, utc=True)
    # A resolver keeps the request it works on; the laptop's gateway has several at once.
    threads = threading.local()

    def handler(event: Event, context: Any) -> Event:  # noqa: ANN401 - see Handler
        if not hasattr(threads, "resolver"):
            threads.resolver = _Resolver(endpoints, services, logger)
        resolver: _Resolver = threads.resolver
        return resolver.resolve(event, context)

    return handler


class _Resolver(APIGatewayRestResolver):
    """Routes one request after another."""

    def __init__(
        self, endpoints: Endpoints, services: Callable[[], Services], logger: Logger
    ) -> None:
        super().__init__(debug=False)  # debugging would print events, and keys with them
        self._services = services
        self._logger = logger
        self._headers = dict(_HEADERS)
        for (method, path), endpoint in endpoints.items():
            rule = path.replace("{", "<").replace("}", ">")
            self.route(rule, method=method)(self._answering(endpoint))
        self.exception_handler(Exception)(self._failed)

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> Event:
        """Answer one event, with its request's id on every line of the log."""
        # Powertools sets these on a class that all resolvers share; ours are our own.
        self.current_event = APIGatewayProxyEvent(dict(event))
        self.lambda_context = context
        started = time.perf_counter()
        self._logger.thread_safe_append_keys(
            correlation_id=self._request_id, function_request_id=context.aws_request_id
        )
        try:
            response = super().resolve(event, context)
            self._logger.info(
                "answered",
                method=self.current_event.http_method,
                path=self.current_event.path,
                status=response["statusCode"],
                milliseconds=round((time.perf_counter() - started) * 1000),
            )
            return response
        finally:
            self._logger.thread_safe_clear_keys()

    @property
    def _request_id(self) -> str | None:
        return self.current_event.request_context.request_id

    def _answering(self, endpoint: Endpoint) -> Callable[..., Response[str]]:
        """An endpoint as Powertools calls it: with the path's parameters by name."""

        def answer(**path: str) -> Response[str]:
            event = self.current_event
            request = Request(
                path={name: unquote(value) for name, value in path.items()},
                query=event.multi_value_query_string_parameters,
                body=event.body,
                base64_encoded=bool(event.is_base64_encoded),
            )
            services = self._services()
            self._headers["Access-Control-Allow-Origin"] = services.settings.allowed_origin
            with within(_CALLER_WAITS):
                reply = endpoint(services, request)
            if reply.view is None:
                return Response(reply.status, headers=self._headers, body="")
            body = reply.view.model_dump_json()
            return Response(reply.status, "application/json", body, self._headers)

        return answer

    def _failed(self, error: Exception) -> Response[str]:
        """The problem that an error is; what is our own fault is logged with its stack."""
        if isinstance(error, NotFoundError):
            error = self._unrouted()
        problem = Problem.of(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.error(problem.title, exc_info=error)
        else:
            self._logger.info(problem.title, detail=problem.detail)
        body = json.dumps(problem.body(self._request_id), ensure_ascii=False)
        return Response(problem.status, PROBLEM_JSON, body, self._headers | problem.headers)

    def _unrouted(self) -> AlexError:
        """Why no endpoint takes the request."""
        try:
            routes.find(self.current_event.http_method, self.current_event.path)
        except AlexError as error:
            return error
        return NotFound("This function does not answer that route.")
