"""What the knowledge base needs from the world; an AWS and a local adapter each."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from alex.knowledge.documents import (
    Candidate,
    Document,
    Filter,
    IndexEntry,
    Revision,
    Staged,
    Vector,
)
from alex.paging import Page


class Embedder(Protocol):
    """Texts to vectors: all-MiniLM-L6-v2, mean over tokens, unit length."""

    @property
    def model(self) -> str:
        """Name of the model, as reports and `GET /health` show it."""
        ...

    @property
    def dimension(self) -> int:
        """Length of every vector."""
        ...

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """One vector a text, in order. A text is read up to 256 word pieces.

        Raises:
            Unavailable: the model is cold or down.
        """
        ...


class VectorIndex(Protocol):
    """Passages by nearness of meaning and by wording."""

    def put(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace entries by key, any number of them."""
        ...

    def fetch(self, keys: Sequence[str]) -> list[IndexEntry]:
        """The entries that exist, in any order."""
        ...

    def delete(self, keys: Sequence[str]) -> None:
        """Remove entries; unknown keys are no error."""
        ...

    def query(self, vector: Vector, text: str, k: int, where: Filter) -> list[Candidate]:
        """The k nearest entries and the k best text matches that pass the filter, as one list.

        Each candidate appears once, with its distance, and with its BM25 score where it is among
        the k best text matches. `k` is at most 100.
        """
        ...


class TextStore(Protocol):
    """Texts by key: originals of documents, evidence of research."""

    def put(self, key: str, text: str) -> None:
        """Store or replace, durably."""
        ...

    def get(self, key: str) -> str | None:
        """The text, or None."""
        ...

    def delete(self, key: str) -> None:
        """Remove; an unknown key is no error."""
        ...


class Catalog(Protocol):
    """Which documents exist, which revision of each is visible, and what must be cleaned up.

    A revision's data may exist in the index and the text store only while the revision is staged
    or published here, so that whatever a crash leaves behind is known and can be removed.
    """

    def get(self, document_id: str) -> Document | None:
        """The visible revision."""
        ...

    def get_many(self, document_ids: Sequence[str]) -> Mapping[str, Document]:
        """The visible revisions of those that exist."""
        ...

    def list(
        self, *, kind: str | None, ticker: str | None, cursor: str | None, limit: int
    ) -> Page[Document]:
        """Newest first (by `updated`).

        Raises:
            InvalidInput: the cursor is not one that this catalog gave out.
        """
        ...

    def stage(self, revision: Revision, at: datetime) -> None:
        """Note, before the first of its data is written, that a revision may have data."""
        ...

    def publish(self, document: Document, *, replaces: str | None) -> None:
        """In one step: make a staged revision visible, unstage it, and stage the replaced one.

        The replaced revision is staged as settled, since `document.updated`.

        Raises:
            Conflict: the visible revision is not `replaces` (None: there is none), or this one
                is not staged any more or condemned.
        """
        ...

    def withdraw(self, document: Document, at: datetime) -> None:
        """In one step: hide the document and stage its revision as settled.

        Raises:
            Conflict: this revision is not the visible one any more.
        """
        ...

    def condemn(self, revision: Revision) -> None:
        """Forbid that a staged revision is ever published; unknown ones are no error.

        Must come before its data is removed: whoever may still be writing it then fails.
        """
        ...

    def staged(self, document_id: str) -> Sequence[Staged]:
        """The document's staged revisions: unfinished, condemned or replaced."""
        ...

    def leftovers(self, before: datetime) -> Sequence[Staged]:
        """Revisions of any document that were staged earlier than this; at most 100 a call."""
        ...

    def unstage(self, revision: Revision) -> None:
        """Forget a staged revision whose data is gone; unknown ones are no error."""
        ...
