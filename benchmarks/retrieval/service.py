"""The same measurement through a service's API: what is deployed, as its users meet it."""

from collections.abc import Callable, Sequence
from itertools import batched

from alex.knowledge.documents import Filter, Submission
from benchmarks.retrieval.methods import DEPTH, Method
from benchmarks.retrieval.sets import CorpusDocument, RetrievalSet
from laptop.remote import RemoteBackend

BATCH = 10
"""Documents a request: few enough for a cold service to embed within the gateway's 29 seconds."""

ROUNDS = 5
"""Attempts at documents for which the service had no time."""


class NotComparable(Exception):
    """What the service holds is not the set, so its answers could not be compared."""


def fill(
    retrieval_set: RetrievalSet, backend: RemoteBackend, progress: Callable[[str], None]
) -> None:
    """Let the service hold the set and nothing else; what it has already costs nothing.

    Raises:
        NotComparable: it holds other documents, or keeps refusing some of the set's.
    """
    strangers = _held(backend) - {document.id for document in retrieval_set.documents}
    if strangers:
        raise NotComparable(f"{backend.place} holds {len(strangers)} other documents.")
    left: Sequence[CorpusDocument] = retrieval_set.documents
    for _ in range(ROUNDS):
        left = _ingest(left, backend, progress)
        if not left:
            return
    raise NotComparable(
        f"{backend.place} did not take {len(left)} documents, such as {left[0].id}."
    )


def search(backend: RemoteBackend) -> Method:
    """The product's search, as `POST /search` answers it."""

    def ranked(question: str) -> list[str]:
        answer = backend.search(question, k=DEPTH, where=Filter(), group="document")
        return [result.document_id for result in answer.results]

    return ranked


def _ingest(
    documents: Sequence[CorpusDocument], backend: RemoteBackend, progress: Callable[[str], None]
) -> list[CorpusDocument]:
    """Hand documents in; those that were not taken."""
    left: list[CorpusDocument] = []
    for number, batch in enumerate(batched(documents, BATCH)):
        submissions = [Submission(text=d.text, id=d.id, title=d.title) for d in batch]
        outcomes = backend.ingest(submissions)
        left += [d for d, o in zip(batch, outcomes, strict=True) if o.outcome == "failed"]
        progress(f"{number * BATCH + len(batch)} of {len(documents)} documents")
    return left


def _held(backend: RemoteBackend) -> set[str]:
    """Ids of all documents of the service."""
    ids: set[str] = set()
    cursor: str | None = None
    while True:
        page = backend.documents(cursor=cursor, limit=100, kind=None, ticker=None)
        ids |= {document.document_id for document in page.documents}
        cursor = page.cursor
        if cursor is None:
            return ids
