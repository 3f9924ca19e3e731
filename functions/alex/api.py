"""What callers send: every request of the API, checked strictly, each bad field named.

`alex.views` has what they get back; `alex.openapi` publishes both.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from alex.documents import Attributes, Filter, Submission
from alex.errors import FieldError, InvalidInput, TooLarge
from alex.fields import (
    TICKER_PATTERN,
    URL_PATTERN,
    Cursor,
    Day,
    Id,
    Kind,
    Metadata,
    Question,
    Source,
    Text,
    Ticker,
    Tickers,
    Title,
    Url,
    Whole,
)
from alex.research import Budget, ResearchRequest

MAX_BATCH = 100
"""Documents of one request."""

MAX_RESULTS = 100
"""Results of one search; documents or jobs of one page."""

type Grouping = Literal["document", "passage"]


class RequestModel(BaseModel):
    """A JSON request body: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class QueryModel(BaseModel):
    """A request in a query string, where every value is text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
    tickers: Tickers = []
    kind: Kind = Field(default=None, description="Such as `10-K`, `news`, `report`.")
    metadata: Metadata = {}

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


class DocumentsQuery(QueryModel):
    """Which page of documents: `GET /documents`."""

    cursor: Cursor | None = Field(default=None, description="From the page before.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)
    kind: Kind = None
    ticker: Ticker | None = None


class JobsQuery(QueryModel):
    """Which page of research jobs: `GET /research`."""

    cursor: Cursor | None = Field(default=None, description="From the page before.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)


class BudgetBody(RequestModel):
    """What a research run may use; at any cap it ends with what is verified."""

    usd: float = Field(default=Budget().usd, ge=0, le=50, description="Dollars for model calls.")
    turns: Whole = Field(
        default=Budget().turns, ge=1, le=200, description="Model calls, failed ones too."
    )
    pages: Whole = Field(default=Budget().pages, ge=1, le=100, description="Pages read.")
    bytes: Whole = Field(
        default=Budget().bytes, ge=1, le=500_000_000, description="Of pages, as sent to us."
    )
    seconds: Whole = Field(default=Budget().seconds, ge=10, le=840, description="Wall-clock time.")


class ResearchBody(RequestModel):
    """What to research: `POST /research`; a topic, tickers or pages, at least one of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["topic"], "properties": {"topic": {"type": "string"}}},
                {"required": ["tickers"], "properties": {"tickers": {"minItems": 1}}},
                {"required": ["urls"], "properties": {"urls": {"minItems": 1}}},
            ]
        }
    )

    topic: Question | None = None
    tickers: Tickers = []
    urls: list[Url] = Field(default=[], max_length=20, description="Pages to start from.")
    budget: BudgetBody = BudgetBody()

    @model_validator(mode="after")
    def _has_a_subject(self) -> Self:
        if not (self.topic or self.tickers or self.urls):
            raise PydanticCustomError("subject", "Give a topic, tickers or urls")
        return self

    def request(self) -> ResearchRequest:
        """What the research desk takes."""
        return ResearchRequest(
            topic=self.topic,
            tickers=tuple(dict.fromkeys(self.tickers)),
            urls=tuple(dict.fromkeys(self.urls)),
            budget=Budget(**self.budget.model_dump()),
        )


def parse[M: BaseModel](model: type[M], data: object) -> M:
    """Check a request.

    Raises:
        InvalidInput: with every bad field; TooLarge where each is only too long.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False)) from error


def parse_query[M: QueryModel](model: type[M], values: Mapping[str, Sequence[str]]) -> M:
    """Check a query string's parameters, each with the values it was given.

    Raises:
        InvalidInput: with every bad parameter, or one given twice that has one value.
    """
    lists = {n for n, f in model.model_fields.items() if get_origin(f.annotation) is list}
    twice = [name for name, given in values.items() if len(given) > 1 and name not in lists]
    if twice:
        raise InvalidInput.of(twice[0], "Given twice")
    return parse(model, {n: list(v) if n in lists else v[0] for n, v in values.items()})


_SAID_SHORTER = {
    "extra_forbidden": "Unknown field",
    "missing": "Required",
    "model_type": "Must be a JSON object",
    "dict_type": "Must be a JSON object",
}
_PATTERNS_SAID = {
    TICKER_PATTERN: "Must be a ticker, such as AAPL or BRK-B",
    URL_PATTERN: "Must be an http or https URL, such as https://www.example.com/",
}
_TOO_LONG = {"string_too_long", "too_long"}
_OF_SEVERAL_FIELDS = {"range": "since", "subject": "topic"}


def invalid_input(errors: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """Pydantic's errors as ours; the bad values themselves are not repeated."""
    fields = [FieldError(_path(error), _said(error)) for error in errors]
    detail = "; ".join(f"{error.field}: {error.message}" for error in fields[:3])
    kind = TooLarge if all(error["type"] in _TOO_LONG for error in errors) else InvalidInput
    return kind(detail, fields)


def _said(error: Mapping[str, Any]) -> str:
    """What is wrong with a field, for people."""
    said = str(error["msg"])
    if error["type"] == "string_pattern_mismatch":
        return _PATTERNS_SAID.get(error["ctx"]["pattern"], said)
    return _SAID_SHORTER.get(error["type"], said)


def _path(error: Mapping[str, Any]) -> str:
    """The dotted path of a bad field, `body` for the request as a whole."""
    steps = [str(step) for step in error["loc"]]
    if error["type"] in _OF_SEVERAL_FIELDS:
        steps.append(_OF_SEVERAL_FIELDS[error["type"]])
    return ".".join(steps) or "body"
