"""The knowledge base: documents come in, are kept, and go.

Every attempt to store a document writes its data under a revision name of its own, noted in the
catalog before the first write. One step then makes the revision visible, and only what can never
become visible any more is removed. So a crash at any point leaves either the old or the new
document whole, and repeating the call leaves nothing else behind; of two attempts at once, the
one that publishes first makes the other start again from what is there by then.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched
from typing import Literal

from alex.clock import now
from alex.errors import AlexError, Conflict, InvalidInput, NotFound, Unavailable
from alex.knowledge.cleanup import Cleaner
from alex.knowledge.documents import (
    Document,
    IndexEntry,
    Passage,
    Receipt,
    Revision,
    Submission,
    Vector,
)
from alex.knowledge.ports import Catalog, Embedder, TextStore, VectorIndex
from alex.knowledge.submissions import MAX_ID, PreparedDocument, prepare
from alex.paging import Page
from alex.retry import time_is_up

MAX_LIMIT = 100
"""Documents on one page of a listing."""

_BATCH = 64
"""Passages embedded and put into the index at a time; a crash loses no more than these.

Few enough that an endpoint of three texts a second gets through them within one request's wait.
"""

_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class Splitter:
    """A way to split texts; `version` changes whenever it would give other passages."""

    split: Callable[[str, str | None], list[Passage]]
    version: str


@dataclass(slots=True)
class _Work:
    """A draft on its way in.

    Attributes:
        stem: what every revision name with this content starts with.
        vectors: those known so far, by the text they embed.
    """

    draft: PreparedDocument
    stem: str
    passages: list[Passage]
    vectors: dict[str, Vector] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Texts without a vector, each once."""
        texts = dict.fromkeys(passage.embedded_text for passage in self.passages)
        return [text for text in texts if text not in self.vectors]


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
        self._embedder = embedder
        self._index = index
        self._catalog = catalog
        self._texts = texts
        self._splitter = splitter
        self._clock = clock
        self._cleaner = Cleaner(index, catalog, texts, clock)
        self._model_tag = _short_hash(embedder.model, 8)

    def ingest(self, submission: Submission) -> Receipt:
        """Store a document, or replace it where its id is known; what is known costs nothing.

        Raises:
            InvalidInput: naming the bad fields; TooLarge where a limit is exceeded.
            Unavailable: a dependency is down; repeating the call goes on where this one stopped.
            Conflict: others keep changing the same document.
        """
        [fate] = self.ingest_many([submission])
        if isinstance(fate, AlexError):
            raise fate
        return fate

    def ingest_many(self, submissions: Sequence[Submission]) -> list[Receipt | AlexError]:
        """Store documents, each with its own fate, embedding the short ones together.

        What there is no time left for is not begun, so that the caller hears of the others.
        """
        fates: dict[int, Receipt | AlexError] = {}
        group: dict[int, _Work] = {}
        for place, submission in enumerate(submissions):
            draft = _fate(prepare, submission)
            if isinstance(draft, AlexError):
                fates[place] = draft
                continue
            if _is_full(group, draft.document_id):
                fates |= self._store_group(group)
                group = {}
            opened = _fate(self._open, draft)
            if isinstance(opened, _Work):
                group[place] = opened
            else:
                fates[place] = opened
        fates |= self._store_group(group)
        return [fates[place] for place in range(len(submissions))]

    def get(self, document_id: str) -> tuple[Document, str]:
        """A document and its whole text.

        Raises:
            NotFound: there is none.
        """
        _check_id(document_id)
        for _ in range(_ATTEMPTS):
            document = self._catalog.get(document_id)
            if document is None:
                raise _unknown(document_id)
            text = self._texts.get(_revision(document).text_key)
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
        for _ in range(_ATTEMPTS):
            document = self._catalog.get(document_id)
            try:
                if document is not None:
                    self._catalog.withdraw(document, self._clock())
            except Conflict:
                continue
            self._cleaner.remove_leftovers(document_id)
            if document is None:
                raise _unknown(document_id)
            return
        raise _busy(document_id)

    def sweep(self) -> int:
        """Remove what crashes left behind and nobody came back for; how many revisions it was."""
        return self._cleaner.sweep()

    def _open(self, draft: PreparedDocument) -> _Work | Receipt:
        """Find out what a draft needs: nothing, where this very content is visible."""
        _check_time()
        recipe = f"{draft.fingerprint} {self._splitter.version} {self._embedder.model}"
        stem = f"{self._model_tag}-{_short_hash(recipe, 24)}"
        current = self._catalog.get(draft.document_id)
        if current is not None and current.revision.startswith(stem):
            return self._unchanged(current)
        work = _Work(draft, stem, self._splitter.split(draft.text, draft.title))
        if not work.passages:
            raise InvalidInput.of("text", "holds nothing that could be found")
        work.vectors.update(self._known_vectors(work, current))
        return work

    def _known_vectors(self, work: _Work, current: Document | None) -> Mapping[str, Vector]:
        """Vectors of the same texts by the same model in earlier revisions, finished or not."""
        wanted = set(work.missing)
        known: dict[str, Vector] = {}
        earlier = [_revision(current)] if current is not None else []
        earlier += [s.revision for s in self._catalog.staged(work.draft.document_id)]
        for revision in earlier:
            if not revision.revision.startswith(self._model_tag):
                continue
            for keys in batched(revision.passage_keys, _BATCH):
                if wanted <= known.keys():
                    return known
                for entry in self._index.fetch(keys):
                    if entry.passage.embedded_text in wanted:
                        known[entry.passage.embedded_text] = entry.vector
        return known

    def _store_group(self, group: Mapping[int, _Work]) -> dict[int, Receipt | AlexError]:
        """Embed what short documents miss in one go, then store each."""
        short = [work for work in group.values() if len(work.passages) <= _BATCH]
        missing = list(dict.fromkeys(text for work in short for text in work.missing))
        failed: dict[int, AlexError] = {}
        if missing:
            try:
                vectors = dict(zip(missing, self._embedder.embed(missing), strict=True))
            except AlexError as error:
                failed = {place: error for place, work in group.items() if work.missing}
            else:
                for work in short:
                    work.vectors.update({text: vectors[text] for text in work.missing})
        stored = {
            place: _fate(self._store, work) for place, work in group.items() if place not in failed
        }
        return {**failed, **stored}

    def _store(self, work: _Work) -> Receipt:
        """Store one document, again whenever somebody else was quicker."""
        _check_time()
        for _ in range(_ATTEMPTS):
            current = self._catalog.get(work.draft.document_id)
            if current is not None and current.revision.startswith(work.stem):
                return self._unchanged(current)
            try:
                return self._write(work, current)
            except Conflict:
                continue
        raise _busy(work.draft.document_id)

    def _write(self, work: _Work, current: Document | None) -> Receipt:
        """One attempt: note it, write its data, make it visible, remove what it replaces.

        Raises:
            Conflict: somebody else changed the document meanwhile; this attempt left nothing.
        """
        draft, at = work.draft, self._clock()
        name = f"{work.stem}-{secrets.token_hex(4)}"
        revision = Revision(draft.document_id, name, len(work.passages))
        self._catalog.stage(revision, at)
        self._texts.put(revision.text_key, draft.text)
        self._put_passages(work, revision)
        document = Document(
            id=draft.document_id,
            revision=name,
            passages=len(work.passages),
            characters=len(draft.text),
            ingested=current.ingested if current is not None else at,
            updated=self._clock(),
            title=draft.title,
            attributes=draft.attributes,
        )
        try:
            self._catalog.publish(
                document, replaces=current.revision if current is not None else None
            )
        except Conflict:
            self._cleaner.give_up(revision)
            raise
        self._cleaner.remove_leftovers(document.id)
        return _receipt(document, "created" if current is None else "replaced")

    def _put_passages(self, work: _Work, revision: Revision) -> None:
        for batch in batched(work.passages, _BATCH):
            texts = dict.fromkeys(passage.embedded_text for passage in batch)
            missing = [text for text in texts if text not in work.vectors]
            if missing:
                embedded = self._embedder.embed(missing)
                work.vectors.update(zip(missing, embedded, strict=True))
            self._index.put(
                [
                    IndexEntry(
                        key=revision.passage_key(passage.ordinal),
                        document_id=revision.document_id,
                        revision=revision.revision,
                        passage=passage,
                        vector=work.vectors[passage.embedded_text],
                        attributes=work.draft.attributes,
                    )
                    for passage in batch
                ]
            )

    def _unchanged(self, document: Document) -> Receipt:
        self._cleaner.remove_leftovers(document.id)
        return _receipt(document, "unchanged")


def _is_full(group: Mapping[int, _Work], document_id: str) -> bool:
    """Whether to store a group before the next document; always before its own next version."""
    return sum(len(work.passages) for work in group.values()) >= _BATCH or any(
        work.draft.document_id == document_id for work in group.values()
    )


def _fate[A, R](step: Callable[[A], R], argument: A) -> R | AlexError:
    """What a step gives, or the error it ends with."""
    try:
        return step(argument)
    except AlexError as error:
        return error


def _check_time() -> None:
    """Nothing is begun for a caller who waits no longer."""
    if time_is_up():
        raise Unavailable("There was no time left for the document; send it again.", 1)


def _check_id(document_id: str) -> None:
    """Nothing is known by an id that could never come in, and no store need be asked."""
    if not 0 < len(document_id) <= MAX_ID or not document_id.isprintable():
        raise _unknown(document_id)


def _revision(document: Document) -> Revision:
    return Revision(document.id, document.revision, document.passages)


def _receipt(document: Document, outcome: Literal["created", "replaced", "unchanged"]) -> Receipt:
    return Receipt(document.id, document.revision, document.passages, outcome)


def _short_hash(value: str, digits: int) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:digits]


def _unknown(document_id: str) -> NotFound:
    return NotFound(f"No document has the id {document_id!r}.")


def _busy(document_id: str) -> Conflict:
    return Conflict(f"Others keep changing the document {document_id!r}; try again.")
