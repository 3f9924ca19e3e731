"""`/research`: jobs are taken in, listed, shown and cancelled. They run elsewhere, later."""

import logging
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from alex import __version__, routes
from alex.api import JobsQuery, ResearchBody, parse, parse_query
from alex.body import read_object
from alex.errors import InvalidInput, NotFound
from alex.http import PROBLEM_JSON, Problem
from alex.views import JobAccepted, JobList, JobView
from alex.wiring import Services
from researcher.reading.browser import find_browser

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[!-~]{1,200}")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


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
    # The whole API is described in one place, `alex.openapi`.
    app = FastAPI(title="Alex research", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def answered(
        request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        """Every response with its headers; whatever went wrong as a problem."""
        try:
            response = await call_next(request)
        except Exception as error:  # noqa: BLE001 - `_refusal` logs what is our own fault
            response = _refusal(error)
        origin = services().settings.allowed_origin
        response.headers.update(_HEADERS | {"Access-Control-Allow-Origin": origin})
        return response

    @app.exception_handler(HTTPException)
    async def unrouted(request: Request, error: HTTPException) -> Response:
        """No such path, or not with this method."""
        del error
        routes.find(request.method, request.url.path)
        raise NotFound("Nothing answers that route.")

    @app.post("/research")
    async def request_research(request: Request) -> Response:
        """Ask for research; it happens later."""
        body = parse(ResearchBody, read_object(await request.body()))
        key = _idempotency_key(request)
        return _json(202, JobAccepted.of(services().research.request(body.request(), key)))

    @app.get("/research")
    async def list_jobs(request: Request) -> Response:
        """Jobs, newest first."""
        given = {name: request.query_params.getlist(name) for name in request.query_params}
        query = parse_query(JobsQuery, given)
        page = services().research.list(cursor=query.cursor, limit=query.limit)
        return _json(200, JobList.of(page))

    @app.get("/research/{job_id}")
    async def show_job(job_id: str) -> Response:
        """How far a job is."""
        return _json(200, JobView.of(services().research.get(job_id)))

    @app.delete("/research/{job_id}")
    async def cancel_job(job_id: str) -> Response:
        """Stop a job: at once when queued, before its next step when running."""
        return _json(200, JobView.of(services().research.cancel(job_id)))

    @app.get("/health")
    async def health() -> Response:
        """What runs here."""
        settings = services().settings
        view = ResearcherHealth(
            version=__version__,
            provider=settings.provider,
            model=settings.model or None,
            browser=find_browser() is not None,
        )
        return _json(200, view)

    return app


def _idempotency_key(request: Request) -> str | None:
    given = request.headers.getlist("idempotency-key")
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise InvalidInput.of(
            "Idempotency-Key", "Must be given once, 1 to 200 visible ASCII characters"
        )
    return given[0]


def _json(status: int, view: BaseModel) -> Response:
    return Response(view.model_dump_json(), status, media_type="application/json")


def _refusal(error: Exception) -> Response:
    """The problem that an error is; what is our own fault is logged with its stack."""
    problem = Problem.of(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error(problem.title, exc_info=error)
    return JSONResponse(problem.body(), problem.status, problem.headers, media_type=PROBLEM_JSON)
