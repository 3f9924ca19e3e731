"""API Gateway's REST events, routed by Powertools to plain functions."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler import Response as PowertoolsResponse
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from alex.api.http import CALLER_WAITS, Problem, Request, Response, refuse, respond
from alex.api.route import Endpoint, Route
from alex.api.routes import find
from alex.errors import AlexError, NotFound
from alex.retry import time_limit
from alex.services import Services

type Event = dict[str, Any]

type Handler = Callable[[Event, Any], Event]
"""Takes an event and Lambda's context, or what stands in for it; gives a proxy result."""


def rest_handler(name: str, routes: Sequence[Route], services: Callable[[], Services]) -> Handler:
    """A Lambda handler that answers these routes.

    Args:
        name: the function's, in its log.
        routes: what it answers.
        services: asked at each request, so that nothing is built before the first.
    """
    logger = Logger(service=name, use_rfc3339=True, utc=True)
    # A resolver keeps the request it works on, and tests ask with several threads at once.
    threads = threading.local()

    def handler(event: Event, context: Any) -> Event:  # noqa: ANN401 - see Handler
        if not hasattr(threads, "resolver"):
            threads.resolver = _Resolver(routes, services, logger)
        resolver: _Resolver = threads.resolver
        return resolver.resolve(event, context)

    return handler


class _Resolver(APIGatewayRestResolver):
    """Routes one request after another."""

    def __init__(
        self, routes: Sequence[Route], services: Callable[[], Services], logger: Logger
    ) -> None:
        super().__init__(debug=False)  # debugging would print events, and keys with them
        self._services = services
        self._logger = logger
        self._origin = "*"
        for route in routes:
            rule = route.path.replace("{", "<").replace("}", ">")
            self.route(rule, method=route.method)(self._answering(route.endpoint))
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

    def _answering(self, endpoint: Endpoint) -> Callable[..., PowertoolsResponse[str]]:
        """An endpoint as Powertools calls it: with the path's parameters by name."""

        def answer(**path: str) -> PowertoolsResponse[str]:
            event = self.current_event
            headers = {
                name.lower(): values for name, values in (event.multi_value_headers or {}).items()
            }
            request = Request(
                path={name: unquote(value) for name, value in path.items()},
                query=event.multi_value_query_string_parameters,
                headers=headers,
                body=event.body,
                base64_encoded=bool(event.is_base64_encoded),
            )
            services = self._services()
            self._origin = services.settings.allowed_origin
            with time_limit(CALLER_WAITS):
                return _sent(respond(endpoint(services, request), self._origin))

        return answer

    def _failed(self, error: Exception) -> PowertoolsResponse[str]:
        """The problem that an error is; what is our own fault is logged with its stack."""
        if isinstance(error, NotFoundError):
            error = self._unrouted()
        problem = Problem.of(error)
        if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._logger.error(problem.title, exc_info=error)
        else:
            self._logger.info(problem.title, detail=problem.detail)
        return _sent(refuse(problem, self._origin, self._request_id))

    def _unrouted(self) -> AlexError:
        """Why no endpoint takes the request."""
        try:
            find(self.current_event.http_method, self.current_event.path)
        except AlexError as error:
            return error
        return NotFound("This function does not answer that route.")


def _sent(response: Response) -> PowertoolsResponse[str]:
    return PowertoolsResponse(response.status, body=response.body, headers=dict(response.headers))
