"""Documents in the API: listed, shown, forgotten."""

from datetime import date, datetime
from typing import Any, Self

from pydantic import Field

from alex.api.fields import Cursor, Kind, Ticker
from alex.api.http import Reply, Request
from alex.api.requests import MAX_RESULTS, QueryModel, parse_query
from alex.api.route import Route
from alex.api.views import View
from alex.knowledge.documents import Document, Scalar
from alex.paging import Page
from alex.services import Services


class DocumentsQuery(QueryModel):
    """Which page of documents: `GET /documents`."""

    cursor: Cursor | None = Field(default=None, description="From the page before.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)
    kind: Kind = None
    ticker: Ticker | None = None


class DocumentFields(View):
    """What is known of a document wherever it appears."""

    document_id: str
    title: str | None
    source: str | None
    published: date | None
    undated: bool = Field(description="True where no publication date is known.")
    kind: str | None
    tickers: list[str]
    metadata: dict[str, Scalar]


class DocumentView(DocumentFields):
    """A document of the knowledge base."""

    passages: int
    characters: int
    ingested: datetime
    updated: datetime

    @classmethod
    def of(cls, document: Document) -> Self:
        """The catalog's entry."""
        return cls(**document_fields(document), **_storage_fields(document))


class WholeDocument(DocumentView):
    """A document with its text."""

    text: str

    @classmethod
    def with_text(cls, document: Document, text: str) -> Self:
        """The catalog's entry and the stored text."""
        return cls(**document_fields(document), **_storage_fields(document), text=text)


class DocumentList(View):
    """One page of documents, newest first; `cursor` asks for the next, null ends it."""

    documents: list[DocumentView]
    cursor: str | None

    @classmethod
    def of(cls, page: Page[Document]) -> Self:
        """A page of the catalog."""
        return cls(documents=[DocumentView.of(item) for item in page.items], cursor=page.cursor)


def document_fields(document: Document) -> dict[str, Any]:
    """The values of `DocumentFields`."""
    attributes = document.attributes
    return {
        "document_id": document.id,
        "title": document.title,
        "source": attributes.source,
        "published": attributes.published,
        "undated": attributes.published is None,
        "kind": attributes.kind,
        "tickers": list(attributes.tickers),
        "metadata": dict(attributes.metadata),
    }


def _storage_fields(document: Document) -> dict[str, Any]:
    """What a view of the document itself has besides."""
    return {
        "passages": document.passages,
        "characters": document.characters,
        "ingested": document.ingested,
        "updated": document.updated,
    }


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


ROUTES = (
    Route(
        method="GET",
        path="/documents",
        function="search",
        endpoint=list_documents,
        name="listDocuments",
        summary="List documents, newest first.",
        query=DocumentsQuery,
        answers={200: (DocumentList,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/documents/{document_id}",
        function="search",
        endpoint=show_document,
        name="showDocument",
        summary="Show a document with its whole text.",
        answers={200: (WholeDocument,)},
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path="/documents/{document_id}",
        function="search",
        endpoint=delete_document,
        name="deleteDocument",
        summary="Forget a document.",
        answers={204: ()},
        refusals=(404, 409),
    ),
)
