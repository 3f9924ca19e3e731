"""Search in the API: a question in, passages out."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from alex.api.documents import DocumentFields, document_fields
from alex.api.fields import (
    Day,
    Kind,
    Metadata,
    Question,
    Source,
    Tickers,
    Whole,
)
from alex.api.http import Reply, Request
from alex.api.requests import MAX_RESULTS, QueryModel, RequestModel, parse, parse_query
from alex.api.route import Route
from alex.api.views import View
from alex.knowledge.documents import (
    Filter,
    Hit,
    PassageHit,
)
from alex.services import Services

type Grouping = Literal["document", "passage"]


class Filters(RequestModel):
    """Which documents a search may return."""

    tickers: Tickers = Field(default=[], description="At least one of these.")
    kind: Kind = None
    source: Source = None
    since: Day | None = Field(default=None, description="Published on this day or later.")
    until: Day | None = Field(default=None, description="Published on this day or earlier.")
    undated: bool = Field(
        default=True, description="Whether undated documents pass `since` and `until`."
    )
    metadata: Metadata = Field(default={}, description="Each of these names has this value.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since and self.until and self.since > self.until:
            raise PydanticCustomError("range", "since must not be later than until")
        return self

    def where(self) -> Filter:
        """The core's filter."""
        return Filter(
            tickers=tuple(dict.fromkeys(self.tickers)),
            kind=self.kind,
            source=self.source,
            since=self.since,
            until=self.until,
            undated=self.undated,
            metadata=self.metadata,
        )


class SearchBody(RequestModel):
    """A question: `POST /search`."""

    query: Question
    k: Whole = Field(default=5, ge=1, le=MAX_RESULTS, description="How many results at most.")
    filters: Filters = Filters()
    group: Grouping = Field(
        default="document", description="One result a document, or one a passage."
    )


class SearchQuery(QueryModel):
    """A question: `GET /search`."""

    q: Question
    k: int = Field(default=5, ge=1, le=MAX_RESULTS, description="How many results at most.")
    group: Grouping = "document"
    tickers: Tickers = Field(default=[], description="At least one of these; repeat the parameter.")
    kind: Kind = None
    source: Source = None
    since: Day | None = None
    until: Day | None = None
    undated: bool = True

    def body(self) -> SearchBody:
        """The same question as `POST /search` has it."""
        filters = self.model_dump(include=set(Filters.model_fields), mode="json")
        return parse(
            SearchBody, {"query": self.q, "k": self.k, "group": self.group, "filters": filters}
        )


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


class ResultView(PassageView, DocumentFields):
    """A found document with its best passage, and with all that match when grouped."""

    passages: list[PassageView]

    @classmethod
    def of_hit(cls, hit: Hit) -> Self:
        """The core's hit."""
        passages = [PassageView.of(passage) for passage in hit.passages]
        return cls(**document_fields(hit.document), **dict(passages[0]), passages=passages)


class SearchResponse(View):
    """Results, best first."""

    results: list[ResultView]
    count: int

    @classmethod
    def of(cls, hits: Sequence[Hit]) -> Self:
        """The core's hits."""
        results = [ResultView.of_hit(hit) for hit in hits]
        return cls(results=results, count=len(results))


def search(services: Services, request: Request) -> Reply:
    """Answer a question asked in a JSON body."""
    return _answer(services, parse(SearchBody, request.json()))


def search_by_url(services: Services, request: Request) -> Reply:
    """Answer a question asked in the URL."""
    return _answer(services, parse_query(SearchQuery, request.query).body())


def _answer(services: Services, body: SearchBody) -> Reply:
    hits = services.search.search(body.query, body.k, body.filters.where(), body.group)
    return Reply(200, SearchResponse.of(hits))


ROUTES = (
    Route(
        method="POST",
        path="/search",
        function="search",
        endpoint=search,
        name="search",
        summary="Find the passages that answer a question.",
        bodies=(SearchBody,),
        answers={200: (SearchResponse,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/search",
        function="search",
        endpoint=search_by_url,
        name="searchByUrl",
        summary="Find the passages that answer a question, asked in the URL.",
        query=SearchQuery,
        answers={200: (SearchResponse,)},
        refusals=(400, 413),
    ),
)
