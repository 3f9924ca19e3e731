"""Ingest in the API: one document taken in, or a batch of them."""

from typing import Any, Literal, Self

from pydantic import Field

from alex.api.fields import Day, Id, Kind, Metadata, Source, Text, Tickers, Title
from alex.api.http import Problem, Reply, Request
from alex.api.requests import RequestModel, parse
from alex.api.route import Route
from alex.api.views import MESSAGES, ProblemView, View
from alex.errors import AlexError, FieldError, InvalidInput
from alex.knowledge.documents import Attributes, Receipt, Submission
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


CREATED, OK, MIXED = 201, 200, 207


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
    outcomes = iter(services.knowledge.ingest_many(good))
    results = [
        _result(position, next(outcomes) if isinstance(one, Submission) else one)
        for position, one in enumerate(checked)
    ]
    statuses = {result.status for result in results}
    status = statuses.pop() if statuses in ({CREATED}, {OK}) else MIXED
    return Reply(status, BatchIngested(results=results, count=len(results)))


def _check(document: object) -> Submission | InvalidInput:
    try:
        return parse(DocumentBody, document).submission()
    except InvalidInput as error:
        return error


def _result(position: int, outcome: Receipt | AlexError) -> BatchIngestedItem | ProblemView:
    """The answer to the document in this position; bad fields are named from the request's root."""
    if isinstance(outcome, Receipt):
        return BatchIngestedItem(status=_status(outcome), **dict(Ingested.of(outcome)))
    if isinstance(outcome, InvalidInput):
        at = f"documents.{position}"
        fields = [
            FieldError(at if e.field == "body" else f"{at}.{e.field}", e.message)
            for e in outcome.errors
        ]
        outcome = type(outcome)(outcome.detail, fields)
    return ProblemView.model_validate(Problem.of(outcome).body())


def _status(receipt: Receipt) -> int:
    return CREATED if receipt.outcome == "created" else OK


ROUTES = (
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
