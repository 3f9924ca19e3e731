"""The API's one table of routes: which there are, who answers them, what goes in and out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from alex import api, views
from alex.errors import NotFound
from alex.http import MethodNotAllowed

type Function = Literal["ingest", "search", "researcher"]


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        path: with its parameters in braces, as API Gateway writes them.
        function: which Lambda function answers.
        bodies: the request bodies it takes, any of them.
        query: its query string.
        answers: what it answers when all is well, by status: any of these, or no body.
        refusals: the error statuses it can answer besides those that every route can.
    """

    method: Literal["GET", "POST", "DELETE"]
    path: str
    function: Function
    name: str
    summary: str
    answers: Mapping[int, tuple[type[BaseModel], ...]]
    bodies: tuple[type[BaseModel], ...] = ()
    query: type[BaseModel] | None = None
    refusals: tuple[int, ...] = ()
    idempotency_key: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path's parameters."""
        return tuple(re.findall(r"{(\w+)}", self.path))


ROUTES = (
    Route(
        method="POST",
        path="/ingest",
        function="ingest",
        name="ingest",
        summary="Remember a document, or up to 100 at once.",
        bodies=(api.DocumentBody, api.BatchBody),
        answers={
            200: (views.Ingested, views.BatchIngested),
            201: (views.Ingested, views.BatchIngested),
            207: (views.BatchIngested,),
        },
        refusals=(400, 409, 413),
    ),
    Route(
        method="POST",
        path="/search",
        function="search",
        name="search",
        summary="Find the passages that answer a question.",
        bodies=(api.SearchBody,),
        answers={200: (views.SearchResponse,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/search",
        function="search",
        name="searchByUrl",
        summary="Find the passages that answer a question, asked in the URL.",
        query=api.SearchQuery,
        answers={200: (views.SearchResponse,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/documents",
        function="search",
        name="listDocuments",
        summary="List documents, newest first.",
        query=api.DocumentsQuery,
        answers={200: (views.DocumentList,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/documents/{document_id}",
        function="search",
        name="showDocument",
        summary="Show a document with its whole text.",
        answers={200: (views.WholeDocument,)},
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path="/documents/{document_id}",
        function="search",
        name="deleteDocument",
        summary="Forget a document.",
        answers={204: ()},
        refusals=(404, 409),
    ),
    Route(
        method="GET",
        path="/health",
        function="search",
        name="health",
        summary="Say what runs here.",
        answers={200: (views.Health,)},
    ),
    Route(
        method="POST",
        path="/research",
        function="researcher",
        name="requestResearch",
        summary="Ask for research; it happens later.",
        bodies=(api.ResearchBody,),
        answers={202: (views.JobAccepted,)},
        refusals=(400, 409, 413),
        idempotency_key=True,
    ),
    Route(
        method="GET",
        path="/research",
        function="researcher",
        name="listJobs",
        summary="List research jobs, newest first.",
        query=api.JobsQuery,
        answers={200: (views.JobList,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/research/{job_id}",
        function="researcher",
        name="showJob",
        summary="Show how far a research job is.",
        answers={200: (views.JobView,)},
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path="/research/{job_id}",
        function="researcher",
        name="cancelJob",
        summary="Cancel a research job.",
        answers={200: (views.JobView,)},
        refusals=(404, 409),
    ),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, with the path's parameters as they stand in it.

    Raises:
        NotFound: no route has this path.
        MethodNotAllowed: none of those that have it takes this method.
    """
    allowed = []
    for route in ROUTES:
        match = _pattern(route.path).fullmatch(path)
        if match and route.method == method:
            return route, match.groupdict()
        if match:
            allowed.append(route.method)
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFound("No such route.")


def _pattern(path: str) -> re.Pattern[str]:
    """Compiled once each by `re` itself."""
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path) + "/*")
