"""What callers get back: every response of the API."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from alex.documents import Document, Hit, Page, PassageHit, Receipt, Scalar
from alex.research import Job, JobStatus, ResearchRequest

MESSAGES = {
    "created": "The document was added.",
    "replaced": "The document was replaced.",
    "unchanged": "The document is already here, unchanged.",
}


class View(BaseModel):
    """A JSON object of a response."""

    model_config = ConfigDict(frozen=True)


class BadField(View):
    """One bad field of a request, by its dotted path."""

    field: str
    message: str


class ProblemView(View):
    """An error (RFC 9457 problem details)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = Field(
        default=None,
        description="Names the request in the service's log.",
        exclude_if=lambda instance: instance is None,
    )
    errors: list[BadField] = Field(default=[], exclude_if=lambda errors: not errors)


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


class SpanView(View):
    """Characters `start` up to, not including, `end` of the document's text."""

    start: int
    end: int


class PassageView(View):
    """A matching passage."""

    text: str
    span: SpanView
    score: float = Field(description="0 to 1, higher is better.")
    distance: float = Field(description="Cosine distance of the embeddings, 0 to 2.")

    @classmethod
    def of(cls, hit: PassageHit) -> Self:
        """The core's hit."""
        span = SpanView(start=hit.span.start, end=hit.span.end)
        return cls(text=hit.text, span=span, score=hit.score, distance=hit.distance)


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


class ResultView(PassageView, DocumentFields):
    """A found document with its best passage, and with all that match when grouped."""

    passages: list[PassageView]

    @classmethod
    def of_hit(cls, hit: Hit) -> Self:
        """The core's hit."""
        passages = [PassageView.of(passage) for passage in hit.passages]
        return cls(**_known(hit.document), **dict(passages[0]), passages=passages)


class SearchResponse(View):
    """Results, best first."""

    results: list[ResultView]
    count: int

    @classmethod
    def of(cls, hits: Sequence[Hit]) -> Self:
        """The core's hits."""
        results = [ResultView.of_hit(hit) for hit in hits]
        return cls(results=results, count=len(results))


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


class StepView(View):
    """One line of a job's progress."""

    at: datetime
    phase: str
    message: str


class BudgetView(View):
    """What a run may use."""

    usd: float
    turns: int
    pages: int
    bytes: int
    seconds: int


class RequestView(View):
    """What was asked for."""

    topic: str | None
    tickers: list[str]
    urls: list[str]
    budget: BudgetView

    @classmethod
    def of(cls, request: ResearchRequest) -> Self:
        """The job's request."""
        return cls(
            topic=request.topic,
            tickers=list(request.tickers),
            urls=list(request.urls),
            budget=BudgetView(**asdict(request.budget)),
        )


class JobLinks(View):
    """Paths under the API's base URL."""

    self: str
    report: str | None = None


class JobAccepted(View):
    """A job that was taken in; ask its `self` link how far it is."""

    job_id: str
    status: JobStatus
    links: JobLinks

    @classmethod
    def of(cls, job: Job) -> Self:
        """The desk's job."""
        return cls(job_id=job.id, status=job.status, links=_links(job))


class JobView(JobAccepted):
    """A research job: what was asked, how far it is, what came of it."""

    topic: str = Field(description="The question in words.")
    request: RequestView
    steps: list[StepView]
    report_id: str | None = Field(description="The document the report became.")
    evidence_id: str | None = Field(description="The bundle that proves the report.")
    cost: dict[str, float]
    error: str | None
    cancel_requested: bool
    created: datetime
    updated: datetime

    @classmethod
    def of(cls, job: Job) -> Self:
        """The desk's job."""
        return cls(
            job_id=job.id,
            status=job.status,
            links=_links(job),
            topic=job.request.subject,
            request=RequestView.of(job.request),
            steps=[StepView(at=s.at, phase=s.phase, message=s.message) for s in job.steps],
            report_id=job.report_id,
            evidence_id=job.evidence_id,
            cost=dict(job.cost),
            error=job.error,
            cancel_requested=job.cancel_requested,
            created=job.created,
            updated=job.updated,
        )


class JobList(View):
    """One page of jobs, newest first; `cursor` asks for the next, null ends it."""

    jobs: list[JobView]
    cursor: str | None

    @classmethod
    def of(cls, page: Page[Job]) -> Self:
        """A page of the job store."""
        return cls(jobs=[JobView.of(job) for job in page.items], cursor=page.cursor)


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


def _links(job: Job) -> JobLinks:
    report = f"/documents/{job.report_id}" if job.report_id else None
    return JobLinks(self=f"/research/{job.id}", report=report)
