"""`/research` as a FastAPI application: the API's own routes, and what the image itself can do."""

import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from alex import __version__
from alex.api import http
from alex.api.route import Endpoint
from alex.api.routes import find, routes_of
from alex.errors import NotFound
from alex.services import Services
from researcher.sources.web.browser import find_browser

logger = logging.getLogger(__name__)


class ResearcherHealth(BaseModel):
    """What runs here.

    Attributes:
        browser: whether pages are read in a browser, or over plain HTTP.
    """

    status: str = "ok"
    version: str
    provider: str
    model: str | None
    browser: bool


def create_app(services: Callable[[], Services]) -> FastAPI:
    """The application; `services` is asked at each request, nothing is built before the first."""
    # The whole API is described in one place, `alex.api.openapi`.
    app = FastAPI(title="Alex research", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def answered(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Whatever went wrong as a problem; what is our own fault is logged with its stack."""
        try:
            return await call_next(request)
        except Exception as error:
            problem = http.Problem.of(error)
            if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                logger.exception(problem.title)
            return _sent(http.refuse(problem, services().settings.allowed_origin))

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        """No such path, or not with this method."""
        del error
        find(request.method, request.url.path)
        raise NotFound("Nothing answers that route.")

    for route in routes_of("researcher"):
        app.add_api_route(route.path, _answering(route.endpoint, services), methods=[route.method])
    app.add_api_route("/health", _answering(_health, services), methods=["GET"])
    return app


def _health(services: Services, _request: http.Request) -> http.Reply:
    """What runs here."""
    settings = services.settings
    view = ResearcherHealth(
        version=__version__,
        provider=settings.provider,
        model=settings.model or None,
        browser=find_browser() is not None,
    )
    return http.Reply(200, view)


def _answering(
    endpoint: Endpoint, services: Callable[[], Services]
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint as FastAPI calls it."""

    async def answer(request: Request) -> Response:
        asked = http.Request(
            path=request.path_params,
            query={name: request.query_params.getlist(name) for name in request.query_params},
            headers={name: request.headers.getlist(name) for name in request.headers},
            body=await request.body(),
        )
        built = services()
        return _sent(http.respond(endpoint(built, asked), built.settings.allowed_origin))

    return answer


def _sent(response: http.Response) -> Response:
    return Response(response.body, response.status, dict(response.headers))
