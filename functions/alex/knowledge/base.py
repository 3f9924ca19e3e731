"""The knowledge base: documents come in, are kept, and go."""

from collections.abc import Callable, Sequence
from datetime import datetime

from alex.clock import now
from alex.errors import AlexError, Conflict, InvalidInput, NotFound, Unavailable
from alex.knowledge.cleanup import Cleaner
from alex.knowledge.documents import Document, Receipt, Revision, Submission
from alex.knowledge.ingest import ATTEMPTS, Ingester, Splitter, changed_meanwhile
from alex.knowledge.ports import Catalog, Embedder, TextStore, VectorIndex
from alex.knowledge.submissions import MAX_ID
from alex.paging import Page

MAX_LIMIT = 100
"""Documents on one page of a listing."""


class KnowledgeBase:
    """Takes documents in, gives them back, forgets them."""

    def __init__(
        self,
        embedder: Embedder,
        index: VectorIndex,
        catalog: Catalog,
        texts: TextStore,
        splitter: Splitter,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._catalog = catalog
        self._texts = texts
        self._clock = clock
        self._cleaner = Cleaner(index, catalog, texts, clock)
        self._ingester = Ingester(embedder, index, catalog, texts, splitter, clock=clock)

    def ingest(self, submission: Submission) -> Receipt:
        """Store a document, or replace it where its id is known; what is known costs nothing.

        Raises:
            InvalidInput: naming the bad fields; TooLarge where a limit is exceeded.
            Unavailable: a dependency is down; repeating the call goes on where this one stopped.
            Conflict: others keep changing the same document.
        """
        [result] = self.ingest_many([submission])
        if isinstance(result, AlexError):
            raise result
        return result

    def ingest_many(self, submissions: Sequence[Submission]) -> list[Receipt | AlexError]:
        """Store documents, each with its own outcome.

        What there is no time left for is not begun, so that the caller hears of the others.
        """
        return self._ingester.ingest_many(submissions)

    def get(self, document_id: str) -> tuple[Document, str]:
        """A document and its whole text.

        Raises:
            NotFound: there is none.
        """
        _check_id(document_id)
        for _ in range(ATTEMPTS):
            document = self._catalog.get(document_id)
            if document is None:
                raise _not_found(document_id)
            text = self._texts.get(Revision.of(document).text_key)
            if text is not None:
                return document, text
        raise Unavailable("The document's text could not be read.")

    def list(
        self,
        *,
        kind: str | None = None,
        ticker: str | None = None,
        cursor: str | None = None,
        limit: int = 20,
    ) -> Page[Document]:
        """Documents, newest first.

        Raises:
            InvalidInput: the limit is not in 1 to MAX_LIMIT, or the cursor not one of ours.
        """
        if not 1 <= limit <= MAX_LIMIT:
            raise InvalidInput.of("limit", f"must be 1 to {MAX_LIMIT}")
        for name, value in (("kind", kind), ("ticker", ticker)):
            if value is not None and not value.isprintable():
                raise InvalidInput.of(name, "must be printable characters")
        ticker = ticker.strip().upper() if ticker else None
        return self._catalog.list(kind=kind, ticker=ticker, cursor=cursor, limit=limit)

    def delete(self, document_id: str) -> None:
        """Forget a document and all its data.

        Raises:
            NotFound: there is none; what an interrupted delete left is removed all the same.
            Conflict: others keep changing it.
        """
        _check_id(document_id)
        for _ in range(ATTEMPTS):
            document = self._catalog.get(document_id)
            try:
                if document is not None:
                    self._catalog.withdraw(document, self._clock())
            except Conflict:
                continue
            self._cleaner.remove_leftovers(document_id)
            if document is None:
                raise _not_found(document_id)
            return
        raise changed_meanwhile(document_id)

    def sweep(self) -> int:
        """Remove what crashes left behind and nobody came back for; how many revisions it was."""
        return self._cleaner.sweep()


def _check_id(document_id: str) -> None:
    """Nothing is known by an id that could never come in, and no store need be asked."""
    if not 0 < len(document_id) <= MAX_ID or not document_id.isprintable():
        raise _not_found(document_id)


def _not_found(document_id: str) -> NotFound:
    return NotFound(f"No document has the id {document_id!r}.")
