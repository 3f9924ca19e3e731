"""The API's one table of routes, put together from its resources."""

from alex.api import documents, health, ingest, research, search
from alex.api.http import MethodNotAllowed
from alex.api.route import Function, Route
from alex.errors import NotFound

ROUTES: tuple[Route, ...] = (
    *ingest.ROUTES,
    *search.ROUTES,
    *documents.ROUTES,
    *health.ROUTES,
    *research.ROUTES,
)


def routes_of(function: Function) -> tuple[Route, ...]:
    """The routes that one function answers."""
    return tuple(route for route in ROUTES if route.function == function)


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, with the path's parameters as they stand in it.

    Raises:
        NotFound: no route has this path.
        MethodNotAllowed: none of those that have it takes this method.
    """
    allowed = []
    for route in ROUTES:
        parameters = route.matches(path)
        if parameters is None:
            continue
        if route.method == method:
            return route, parameters
        allowed.append(route.method)
    if allowed:
        raise MethodNotAllowed(allowed)
    raise NotFound("No such route.")
