"""Search: a question comes in, the best passages and their documents go out."""

from collections.abc import Mapping, Sequence
from typing import Literal

from alex.knowledge import ranking
from alex.knowledge.documents import Candidate, Document, Filter, Hit, PassageHit, Vector
from alex.knowledge.ports import Catalog, Embedder, VectorIndex
from alex.knowledge.ranking import Ranked

CANDIDATES = 100
"""Asked of vectors and of full text each: what every backend gives in one answer."""

PASSAGES = 3
"""Shown of a document at most."""


class Search:
    """Finds passages of the documents that are visible now."""

    def __init__(self, embedder: Embedder, index: VectorIndex, catalog: Catalog) -> None:
        self._embedder = embedder
        self._index = index
        self._catalog = catalog

    def search(
        self,
        query: str,
        k: int = 5,
        where: Filter | None = None,
        group: Literal["document", "passage"] = "document",
    ) -> list[Hit]:
        """At most k documents with their best passages, or k passages; best first.

        Fewer than k where the candidates belong to fewer documents.

        Raises:
            Unavailable: the model or the index is cold or down.
        """
        where = where or Filter()
        [vector] = self._embedder.embed([query])
        candidates, documents = self._look(vector, query, where)
        # A backend's filter may let through more than this one.
        wanted = [c for c in candidates if where.admits(documents[c.document_id].attributes)]
        titles = {document.id: document.title for document in documents.values()}
        ranked = ranking.rank(query, wanted, titles)
        groups = _by_document(ranked) if group == "document" else [[r] for r in ranked]
        return [_hit(documents, members) for members in groups[:k]]

    def _look(
        self, vector: Vector, query: str, where: Filter
    ) -> tuple[list[Candidate], Mapping[str, Document]]:
        """Candidates of the revisions that the catalog shows, and their documents.

        The index also holds revisions that are replaced, deleted or not published yet. Where a
        document has candidates of such revisions only, it may have been replaced after the index
        answered, so the index is asked again: a document that is replaced is always found.
        """
        candidates = self._index.query(vector, query, CANDIDATES, where)
        documents = self._catalog.get_many(sorted({c.document_id for c in candidates}))
        current = _current(candidates, documents)
        if documents.keys() - {c.document_id for c in current}:
            candidates = self._index.query(vector, query, CANDIDATES, where)
            documents = self._catalog.get_many(sorted({c.document_id for c in candidates}))
            current = _current(candidates, documents)
        return current, documents


def _current(candidates: Sequence[Candidate], documents: Mapping[str, Document]) -> list[Candidate]:
    return [
        candidate
        for candidate in candidates
        if (document := documents.get(candidate.document_id))
        and document.revision == candidate.revision
    ]


def _by_document(ranked: Sequence[Ranked]) -> list[list[Ranked]]:
    """Groups in the order of their best passages."""
    groups: dict[str, list[Ranked]] = {}
    for one in ranked:
        groups.setdefault(one.candidate.document_id, []).append(one)
    return list(groups.values())


def _hit(documents: Mapping[str, Document], members: Sequence[Ranked]) -> Hit:
    return Hit(
        documents[members[0].candidate.document_id],
        tuple(_passage_hit(member) for member in members[:PASSAGES]),
    )


def _passage_hit(ranked: Ranked) -> PassageHit:
    candidate = ranked.candidate
    return PassageHit(
        text=candidate.passage.text,
        span=candidate.passage.span,
        score=ranked.score,
        distance=candidate.distance,
    )
