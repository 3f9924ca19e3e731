"""Taking documents in: split, embedded, stored, then made visible in one step.

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

from alex.errors import AlexError, Conflict, InvalidInput, Unavailable
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
from alex.knowledge.submissions import PreparedDocument, prepare
from alex.retry import time_is_up

ATTEMPTS = 8
"""How often a change of a document is tried that others change at the same time."""

_BATCH = 64
"""Passages embedded and put into the index at a time; a crash loses no more than these.

Few enough that an endpoint of three texts a second gets through them within one request's wait.
"""


@dataclass(frozen=True, slots=True)
class Splitter:
    """A way to split texts; `version` changes whenever it would give other passages."""

    split: Callable[[str, str | None], list[Passage]]
    version: str


@dataclass(slots=True)
class _Work:
    """A draft on its way in.

    Attributes:
        prefix: what every revision name with this content starts with.
        vectors: those known so far, by the text they embed.
    """

    draft: PreparedDocument
    prefix: str
    passages: list[Passage]
    vectors: dict[str, Vector] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """Texts without a vector, each once."""
        texts = dict.fromkeys(passage.embedded_text for passage in self.passages)
        return [text for text in texts if text not in self.vectors]


class Ingester:
    """Stores documents, any number of them at a time."""

    def __init__(
        self,
        embedder: Embedder,
        index: VectorIndex,
        catalog: Catalog,
        texts: TextStore,
        splitter: Splitter,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._embedder = embedder
        self._index = index
        self._catalog = catalog
        self._texts = texts
        self._splitter = splitter
        self._clock = clock
        self._cleaner = Cleaner(index, catalog, texts, clock)
        self._model_tag = _short_hash(embedder.model, 8)

    def ingest_many(self, submissions: Sequence[Submission]) -> list[Receipt | AlexError]:
        """Store documents, each with its own outcome, embedding the short ones together.

        What there is no time left for is not begun, so that the caller hears of the others.
        """
        results: dict[int, Receipt | AlexError] = {}
        group: dict[int, _Work] = {}
        for position, submission in enumerate(submissions):
            draft = _result_or_error(prepare, submission)
            if isinstance(draft, AlexError):
                results[position] = draft
                continue
            if _is_full(group, draft.document_id):
                results |= self._store_group(group)
                group = {}
            opened = _result_or_error(self._open, draft)
            if isinstance(opened, _Work):
                group[position] = opened
            else:
                results[position] = opened
        results |= self._store_group(group)
        return [results[position] for position in range(len(submissions))]

    def _open(self, draft: PreparedDocument) -> _Work | Receipt:
        """Find out what a draft needs: nothing, where this very content is visible."""
        _check_time()
        recipe = f"{draft.fingerprint} {self._splitter.version} {self._embedder.model}"
        prefix = f"{self._model_tag}-{_short_hash(recipe, 24)}"
        current = self._catalog.get(draft.document_id)
        if current is not None and current.revision.startswith(prefix):
            return self._unchanged(current)
        work = _Work(draft, prefix, self._splitter.split(draft.text, draft.title))
        if not work.passages:
            raise InvalidInput.of("text", "holds nothing that could be found")
        work.vectors.update(self._known_vectors(work, current))
        return work

    def _known_vectors(self, work: _Work, current: Document | None) -> Mapping[str, Vector]:
        """Vectors of the same texts by the same model in earlier revisions, finished or not."""
        wanted = set(work.missing)
        known: dict[str, Vector] = {}
        earlier = [Revision.of(current)] if current is not None else []
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
                failed = {position: error for position, work in group.items() if work.missing}
            else:
                for work in short:
                    work.vectors.update({text: vectors[text] for text in work.missing})
        stored = {
            position: _result_or_error(self._store, work)
            for position, work in group.items()
            if position not in failed
        }
        return {**failed, **stored}

    def _store(self, work: _Work) -> Receipt:
        """Store one document, again whenever somebody else was quicker."""
        _check_time()
        for _ in range(ATTEMPTS):
            current = self._catalog.get(work.draft.document_id)
            if current is not None and current.revision.startswith(work.prefix):
                return self._unchanged(current)
            try:
                return self._write(work, current)
            except Conflict:
                continue
        raise changed_meanwhile(work.draft.document_id)

    def _write(self, work: _Work, current: Document | None) -> Receipt:
        """One attempt: note it, write its data, make it visible, remove what it replaces.

        Raises:
            Conflict: somebody else changed the document meanwhile; this attempt left nothing.
        """
        draft, at = work.draft, self._clock()
        name = f"{work.prefix}-{secrets.token_hex(4)}"
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


def _result_or_error[A, R](step: Callable[[A], R], argument: A) -> R | AlexError:
    """What a step gives, or the error it ends with."""
    try:
        return step(argument)
    except AlexError as error:
        return error


def _check_time() -> None:
    """Nothing is begun for a caller who waits no longer."""
    if time_is_up():
        raise Unavailable("There was no time left for the document; send it again.", 1)


def _receipt(document: Document, outcome: Literal["created", "replaced", "unchanged"]) -> Receipt:
    return Receipt(document.id, document.revision, document.passages, outcome)


def _short_hash(value: str, digits: int) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:digits]


def changed_meanwhile(document_id: str) -> Conflict:
    """Others were quicker each time."""
    return Conflict(f"Others keep changing the document {document_id!r}; try again.")
