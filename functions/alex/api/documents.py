"""Documents in the API: taken in, listed, shown, forgotten."""

from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import Field

from alex.api.fields import Cursor, Day, Id, Kind, Metadata, Source, Text, Ticker, Tickers, Title
from alex.api.http import Problem, Reply, Request
from alex.api.requests import MAX_RESULTS, QueryModel, RequestModel, parse, parse_query
from alex.api.route import Route
from alex.api.views import MESSAGES, ProblemView, View
from alex.errors import AlexError, FieldError, InvalidInput
from alex.knowledge.documents import Attributes, Document, Receipt, Scalar, Submission
from alex.paging import Page
from alex.services import Services

MAX_BATCH = 100
"""Documents of one request."""


class DocumentBody(RequestModel):
    """A document to remember: `POST /ingest`, and each of a batch."""

    text: Text = Field(description="The whole text; any length is searchable to its end.")
    id: Id | None = Field(
        default=None, description="Your own name for it; sent again, it replaces the old."
    )
    title: Title = None
    source: Source = Field(
        default=None,
        description="Where it comes from, usually a URL; sent again, it replaces the old.",
    )
    published: Day | None = Field(default=None, description="ISO 8601 date or time.")
    tickers: Tickers = Field(default=[])
    kind: Kind = Field(default=None, description="Such as `10-K`, `news`, `report`.")
    metadata: Metadata = Field(default={})

    def submission(self) -> Submission:
        """What the knowledge base takes in."""
        return Submission(
            text=self.text,
            id=self.id,
            title=self.title,
            attributes=Attributes(
                source=self.source,
                published=self.published,
                tickers=tuple(dict.fromkeys(self.tickers)),
                kind=self.kind,
                metadata=self.metadata,
            ),
        )


class BatchBody(RequestModel):
    """Several documents, each checked and answered for by itself."""

    documents: list[Any] = Field(min_length=1, max_length=MAX_BATCH)


class DocumentsQuery(QueryModel):
    """Which page of documents: `GET /documents`."""

    cursor: Cursor | None = Field(default=None, description="From the page before.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)
    kind: Kind = None
    ticker: Ticker | None = None


class Ingested(View):
    """What became of a document: 201 when it is new, 200 otherwise."""

    message: str
    document_id: str
    created: bool
    outcome: Literal["created", "replaced", "unchanged"]
    passages: int = Field(description="How many passages it can be found by.")

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The knowledge base's receipt."""
        return cls(
            message=MESSAGES[receipt.outcome],
            document_id=receipt.document_id,
            created=receipt.outcome == "created",
            outcome=receipt.outcome,
            passages=receipt.passages,
        )


class BatchIngestedItem(Ingested):
    """A document of a batch that was taken in."""

    status: int


class BatchIngested(View):
    """A result a document, in the order sent: taken in, or the problem with it."""

    results: list[BatchIngestedItem | ProblemView]
    count: int


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
        return cls(**_known(document), **_kept(document))


class WholeDocument(DocumentView):
    """A document with its text."""

    text: str

    @classmethod
    def with_text(cls, document: Document, text: str) -> Self:
        """The catalog's entry and the stored text."""
        return cls(**_known(document), **_kept(document), text=text)


class DocumentList(View):
    """One page of documents, newest first; `cursor` asks for the next, null ends it."""

    documents: list[DocumentView]
    cursor: str | None

    @classmethod
    def of(cls, page: Page[Document]) -> Self:
        """A page of the catalog."""
        return cls(documents=[DocumentView.of(item) for item in page.items], cursor=page.cursor)


def _known(document: Document) -> dict[str, Any]:
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


def _kept(document: Document) -> dict[str, Any]:
    return {
        "passages": document.passages,
        "characters": document.characters,
        "ingested": document.ingested,
        "updated": document.updated,
    }


CREATED, KNOWN, MIXED = 201, 200, 207


def ingest(services: Services, request: Request) -> Reply:
    """Take in one document, or a batch of them."""
    body = request.json()
    if "documents" in body:
        return _ingest_batch(services, parse(BatchBody, body))
    receipt = services.knowledge.ingest(parse(DocumentBody, body).submission())
    return Reply(_status(receipt), Ingested.of(receipt))


def _ingest_batch(services: Services, batch: BatchBody) -> Reply:
    """Each document succeeds or fails by itself; 207 unless all went the same, good way."""
    checked = [_check(document) for document in batch.documents]
    good = [one for one in checked if isinstance(one, Submission)]
    fates = iter(services.knowledge.ingest_many(good))
    results = [
        _result(place, next(fates) if isinstance(one, Submission) else one)
        for place, one in enumerate(checked)
    ]
    statuses = {result.status for result in results}
    status = statuses.pop() if statuses in ({CREATED}, {KNOWN}) else MIXED
    return Reply(status, BatchIngested(results=results, count=len(results)))


def _check(document: object) -> Submission | InvalidInput:
    try:
        return parse(DocumentBody, document).submission()
    except InvalidInput as error:
        return error


def _result(place: int, fate: Receipt | AlexError) -> BatchIngestedItem | ProblemView:
    """The answer to the document in this place; bad fields are named from the request's root."""
    if isinstance(fate, Receipt):
        return BatchIngestedItem(status=_status(fate), **dict(Ingested.of(fate)))
    if isinstance(fate, InvalidInput):
        at = f"documents.{place}"
        fields = [
            FieldError(at if e.field == "body" else f"{at}.{e.field}", e.message)
            for e in fate.errors
        ]
        fate = type(fate)(fate.detail, fields)
    return ProblemView.model_validate(Problem.of(fate).body())


def _status(receipt: Receipt) -> int:
    return CREATED if receipt.outcome == "created" else KNOWN


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


INGEST_ROUTES = (
    Route(
        method="POST",
        path="/ingest",
        function="ingest",
        endpoint=ingest,
        name="ingest",
        summary="Remember a document, or up to 100 at once.",
        bodies=(DocumentBody, BatchBody),
        answers={
            200: (Ingested, BatchIngested),
            201: (Ingested, BatchIngested),
            207: (BatchIngested,),
        },
        refusals=(400, 409, 413),
    ),
)

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
