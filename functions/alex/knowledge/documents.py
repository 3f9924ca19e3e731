"""The data model: what is handed in, what is kept, what is found."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

type Vector = Sequence[float]
"""An embedding: `Embedder.dimension` floats of unit length."""


type Scalar = str | int | float | bool
"""What a metadata value may be: every backend can store it and filter by it."""


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of characters, `text[start:end]`, in a document's stored text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document that the embedding model reads whole.

    Attributes:
        ordinal: position in the document, from 0.
        text: exactly `stored_text[span.start:span.end]`.
        context: what is embedded in front of the text: the title, the nearest heading and, inside
            a table, its header row. Empty where there is none.
        span: where the text stands in the stored text.
    """

    ordinal: int
    text: str
    context: str
    span: Span

    @property
    def embedded_text(self) -> str:
        """What the model and the full-text index read."""
        return f"{self.context}\n{self.text}" if self.context else self.text


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a search can filter documents by."""

    source: str | None = None
    published: date | None = None
    tickers: tuple[str, ...] = ()
    kind: str | None = None
    metadata: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """A document as it is handed in, already validated.

    Attributes:
        text: the whole text.
        id: the caller's own name for the document. Without one, the document is known by its
            source, and without that by its content.
        title: embedded with every passage.
        attributes: what a search can filter by.
    """

    text: str
    id: str | None = None
    title: str | None = None
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the catalog knows it; its text is kept apart, in the text store.

    Attributes:
        id: stable across revisions.
        revision: names this content, title and attributes; passages of any other revision of
            the same document are not visible.
        passages: how many passages the revision has; their index keys follow from it.
        characters: length of the stored text.
        ingested: when the document first came in.
        updated: when this revision became visible.
    """

    id: str
    revision: str
    passages: int
    characters: int
    ingested: datetime
    updated: datetime
    title: str | None = None
    attributes: Attributes = field(default_factory=Attributes)


@dataclass(frozen=True, slots=True)
class Revision:
    """The stored data of one revision: enough to find and remove all of it."""

    document_id: str
    revision: str
    passages: int

    @classmethod
    def of(cls, document: Document) -> "Revision":
        """The visible one of a document."""
        return cls(document.id, document.revision, document.passages)

    def passage_key(self, ordinal: int) -> str:
        """The index key of one passage."""
        return f"{_safe(self.document_id)}:{self.revision}:{ordinal}"

    @property
    def passage_keys(self) -> list[str]:
        """The index keys of all its passages, in order."""
        return [self.passage_key(ordinal) for ordinal in range(self.passages)]

    @property
    def text_key(self) -> str:
        """The text store key of its text."""
        return f"documents/{_safe(self.document_id)}/{self.revision}.txt"


def _safe(document_id: str) -> str:
    """The id as a part of a key, whatever a caller put into it: plain, or else a hash of it."""
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", document_id):
        return document_id
    return "~" + hashlib.sha256(document_id.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Staged:
    """A revision that is not visible and may have data.

    Attributes:
        since: when it was staged.
        settled: it was visible once, so nobody is writing it any more.
    """

    revision: Revision
    since: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One passage as the index stores it."""

    key: str
    document_id: str
    revision: str
    passage: Passage
    vector: Vector
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may return; an empty filter lets everything through.

    Attributes:
        tickers: at least one of these.
        kind: exactly this kind.
        source: exactly this source.
        since: published on this day or later.
        until: published on this day or earlier.
        undated: whether documents without a publication date pass `since` and `until`.
        metadata: each of these keys has this value.
    """

    tickers: tuple[str, ...] = ()
    kind: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None
    undated: bool = True
    metadata: Mapping[str, Scalar] = field(default_factory=dict)

    def admits(self, attributes: Attributes) -> bool:
        """Whether a document with these attributes passes."""
        return (
            (not self.tickers or not set(self.tickers).isdisjoint(attributes.tickers))
            and (self.kind is None or self.kind == attributes.kind)
            and (self.source is None or self.source == attributes.source)
            and self._admits_day(attributes.published)
            and all(_same(attributes.metadata.get(k), v) for k, v in self.metadata.items())
        )

    def _admits_day(self, day: date | None) -> bool:
        if self.since is None and self.until is None:
            return True
        if day is None:
            return self.undated
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )


def _same(stored: Scalar | None, wanted: Scalar) -> bool:
    """Equality as JSON has it: 1 is 1.0 but is not true."""
    return stored == wanted and isinstance(stored, bool) == isinstance(wanted, bool)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that an index proposes for a question; ranking it is the core's work.

    Attributes:
        distance: cosine distance of the passage to the question, 0 to 2.
        bm25: the index's BM25 score of `embedded_text`, higher is better; None where the passage
            is not among the best text matches.
    """

    key: str
    document_id: str
    revision: str
    passage: Passage
    distance: float
    bm25: float | None


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage of a found document, with its score in 0 to 1."""

    text: str
    span: Span
    score: float
    distance: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One result: a document with its matching passages, best first (one, when not grouped)."""

    document: Document
    passages: tuple[PassageHit, ...]

    @property
    def best(self) -> PassageHit:
        """The passage the result is ranked by."""
        return self.passages[0]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a submission.

    Attributes:
        outcome: `created`, `replaced` (new content or attributes under a known id) or
            `unchanged`.
    """

    document_id: str
    revision: str
    passages: int
    outcome: Literal["created", "replaced", "unchanged"]
