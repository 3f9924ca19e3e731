"""Health in the API: what runs here."""

import platform
from typing import Literal

from pydantic import Field

from alex import __version__
from alex.api.http import Reply, Request
from alex.api.route import Route
from alex.api.views import View
from alex.services import Services


class EmbedderView(View):
    """The embedding model."""

    model: str
    dimension: int


class Health(View):
    """What runs here."""

    status: Literal["ok"] = "ok"
    version: str
    python: str
    backend: str
    provider: str = Field(description="Who writes reports.")
    model: str | None
    embedder: EmbedderView
    text_search: Literal["index", "nearest"] = Field(
        description="Who scores wording: the index, over all passages, or the nearest 100 only."
    )


def health(services: Services, _request: Request) -> Reply:
    """What runs here; asks no dependency anything."""
    settings, embedder = services.settings, services.embedder
    view = Health(
        version=__version__,
        python=platform.python_version(),
        backend=settings.backend,
        provider=settings.provider,
        model=settings.model or None,
        embedder=EmbedderView(model=embedder.model, dimension=embedder.dimension),
        text_search=services.text_search,
    )
    return Reply(200, view)


ROUTES = (
    Route(
        method="GET",
        path="/health",
        function="search",
        endpoint=health,
        name="health",
        summary="Say what runs here.",
        answers={200: (Health,)},
    ),
)
