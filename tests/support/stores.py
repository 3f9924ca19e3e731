"""A knowledge base over the real local stores, with a fast embedder, that can be stopped."""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alex.errors import Unavailable
from alex.knowledge.base import KnowledgeBase
from alex.knowledge.documents import (
    Attributes,
    Document,
    Filter,
    IndexEntry,
    Passage,
    Revision,
    Span,
    Vector,
)
from alex.knowledge.ingest import Splitter
from alex.knowledge.search import Search
from alex.local.catalog import SqliteCatalog
from alex.local.database import Database
from alex.local.index import SqliteIndex
from alex.local.texts import SqliteTextStore

DIMENSION = 32


@dataclass
class WordEmbedder:
    """Texts with common words are near each other; remembers what it was asked to embed."""

    model: str = "words"
    dimension: int = DIMENSION
    embedded: list[str] = field(default_factory=list)
    down: bool = False

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        if self.down:
            raise Unavailable("The model is down.")
        self.embedded.extend(texts)
        return [self._vector(text) for text in texts]

    def _vector(self, text: str) -> Vector:
        sums = [0.01] * self.dimension
        for word in re.findall(r"\w+", text.lower()):
            digest = hashlib.sha256(f"{self.model} {word}".encode()).digest()
            sums[digest[0] % self.dimension] += 1 if digest[1] % 2 else -1
        norm = math.hypot(*sums)
        return [value / norm for value in sums]


def split_lines(text: str, title: str | None = None) -> list[Passage]:
    """A passage a line that is not blank."""
    passages: list[Passage] = []
    start = 0
    for line in text.split("\n"):
        if line.strip():
            span = Span(start, start + len(line))
            passages.append(Passage(len(passages), line, title or "", span))
        start += len(line) + 1
    return passages


@dataclass
class Clock:
    """A time that moves a second with each look, and further when told."""

    time: datetime = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


class Stopped(Exception):
    """Stands for the end of the process."""


@dataclass
class Writes:
    """Counts writes; before the one with the given number, something else happens first."""

    count: int = 0
    before: int | None = None
    happens: Callable[[], object] = lambda: None

    def __call__(self) -> None:
        if self.count == self.before:
            self.before = None
            self.happens()
        self.count += 1


def stop() -> None:
    """For `Writes.happens`: the process ends."""
    raise Stopped


class WatchedIndex(SqliteIndex):
    """Announces every single entry that is put or deleted."""

    def __init__(self, database: Database, writes: Writes) -> None:
        super().__init__(database, DIMENSION)
        self._writes = writes

    def put(self, entries: Sequence[IndexEntry]) -> None:
        for entry in entries:
            self._writes()
            super().put([entry])

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._writes()
            super().delete([key])


class WatchedTexts(SqliteTextStore):
    """Announces every write."""

    def __init__(self, database: Database, writes: Writes) -> None:
        super().__init__(database)
        self._writes = writes

    def put(self, key: str, text: str) -> None:
        self._writes()
        super().put(key, text)

    def delete(self, key: str) -> None:
        self._writes()
        super().delete(key)


class WatchedCatalog(SqliteCatalog):
    """Announces every write."""

    def __init__(self, database: Database, writes: Writes) -> None:
        super().__init__(database)
        self._writes = writes

    def stage(self, revision: Revision, at: datetime) -> None:
        self._writes()
        super().stage(revision, at)

    def publish(self, document: Document, *, replaces: str | None) -> None:
        self._writes()
        super().publish(document, replaces=replaces)

    def withdraw(self, document: Document, at: datetime) -> None:
        self._writes()
        super().withdraw(document, at)

    def condemn(self, revision: Revision) -> None:
        self._writes()
        super().condemn(revision)

    def unstage(self, revision: Revision) -> None:
        self._writes()
        super().unstage(revision)


@dataclass
class Stores:
    """The real local stores in a folder, and a knowledge base over them."""

    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.database = Database(self.folder / "alex.db")
        self.index = SqliteIndex(self.database, DIMENSION)
        self.catalog = SqliteCatalog(self.database)
        self.texts = SqliteTextStore(self.database)
        self.embedder = WordEmbedder()
        self.search = Search(self.embedder, self.index, self.catalog)
        self.knowledge = self.watched(Writes())

    def watched(
        self, writes: Writes, embedder: WordEmbedder | None = None, version: str = "1"
    ) -> KnowledgeBase:
        """A knowledge base over the same stores whose writes are counted."""
        return KnowledgeBase(
            embedder or self.embedder,
            WatchedIndex(self.database, writes),
            WatchedCatalog(self.database, writes),
            WatchedTexts(self.database, writes),
            Splitter(split_lines, version),
            clock=self.clock,
        )

    def contents(self) -> dict[str, tuple[str, str | None, Attributes]]:
        """Every visible document: its text, title and attributes."""
        documents = self.knowledge.list(limit=100).items
        return {
            document.id: (self.knowledge.get(document.id)[1], document.title, document.attributes)
            for document in documents
        }

    def found(self, question: str, where: Filter | None = None) -> list[tuple[str, list[str]]]:
        """What a search finds: documents with their passages, best first."""
        hits = self.search.search(question, k=10, where=where)
        return [(hit.document.id, [passage.text for passage in hit.passages]) for hit in hits]

    def entries(self, document_id: str) -> list[IndexEntry]:
        """The index entries of a document's visible revision."""
        document = self.catalog.get(document_id)
        assert document is not None
        with self.database.read() as db:
            keys = [
                row["key"]
                for row in db.execute(
                    "SELECT key FROM passages WHERE document_id = ? AND revision = ?",
                    (document_id, document.revision),
                )
            ]
        return self.index.fetch(keys)

    def stray(self) -> dict[str, set[str]]:
        """Keys in the index and the text store that belong to no visible document."""
        visible = [self.knowledge.get(document_id)[0] for document_id in self.contents()]
        with self.database.read() as db:
            revisions = {document.revision for document in visible}
            rows = db.execute("SELECT key, revision FROM passages").fetchall()
            keys = [row["key"] for row in db.execute("SELECT key FROM texts")]
        return {
            "passages": {row["key"] for row in rows if row["revision"] not in revisions},
            "texts": {key for key in keys if not any(r in key for r in revisions)},
        }
