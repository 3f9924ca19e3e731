"""`/search`, `/documents` and `/health`: questions are answered, documents listed and forgotten."""

import platform
from collections.abc import Callable
from functools import cache

from alex import __version__
from alex.api import DocumentsQuery, SearchBody, SearchQuery, parse, parse_query
from alex.aws.api_gateway import Handler, rest_handler
from alex.http import Reply, Request
from alex.settings import Settings
from alex.views import DocumentList, EmbedderView, Health, SearchResponse, WholeDocument
from alex.wiring import Services, wire


def search(services: Services, request: Request) -> Reply:
    """Answer a question asked in a JSON body."""
    return _answer(services, parse(SearchBody, request.json()))


def search_by_url(services: Services, request: Request) -> Reply:
    """Answer a question asked in the URL."""
    return _answer(services, parse_query(SearchQuery, request.query).body())


def _answer(services: Services, body: SearchBody) -> Reply:
    hits = services.search.search(body.query, body.k, body.filters.where(), body.group)
    return Reply(200, SearchResponse.of(hits))


def list_documents(services: Services, request: Request) -> Reply:
    """One page of documents, newest first."""
    query = parse_query(DocumentsQuery, request.query)
    page = services.knowledge.list(
        kind=query.kind, ticker=query.ticker, cursor=query.cursor, limit=query.limit
    )
    return Reply(200, DocumentList.of(page))


def show_document(services: Services, request: Request) -> Reply:
    """A document with its text."""
    document, text = services.knowledge.get(request.path["document_id"])
    return Reply(200, WholeDocument.with_text(document, text))


def delete_document(services: Services, request: Request) -> Reply:
    """Forget a document."""
    services.knowledge.delete(request.path["document_id"])
    return Reply(204)


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


ENDPOINTS = {
    ("POST", "/search"): search,
    ("GET", "/search"): search_by_url,
    ("GET", "/documents"): list_documents,
    ("GET", "/documents/{document_id}"): show_document,
    ("DELETE", "/documents/{document_id}"): delete_document,
    ("GET", "/health"): health,
}


def make_handler(services: Callable[[], Services]) -> Handler:
    """The Lambda handler over these services."""
    return rest_handler("search", ENDPOINTS, services)


handler = make_handler(cache(lambda: wire(Settings.from_env())))
