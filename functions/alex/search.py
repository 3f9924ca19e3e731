"""Journey 2: a question comes in, the best passages and their documents go out."""

from collections.abc import Mapping, Sequence
from typing import Literal

from alex import ranking
from alex.documents import Candidate, Document, Filter, Hit, PassageHit
from alex.ports import Catalog, Embedder, VectorIndex
from alex.ranking import Ranked

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
        candidates = self._index.query(vector, query, CANDIDATES, where)
        documents = self._catalog.get_many(sorted({c.document_id for c in candidates}))
        visible = [c for c in candidates if _visible(c, documents.get(c.document_id), where)]
        titles = {document.id: document.title for document in documents.values()}
        ranked = ranking.rank(query, visible, titles)
        groups = _by_document(ranked) if group == "document" else [[r] for r in ranked]
        return [_hit(documents, members) for members in groups[:k]]


def _visible(candidate: Candidate, document: Document | None, where: Filter) -> bool:
    """Whether the index's entry is of the revision that the catalog shows now.

    The index may still hold replaced or deleted revisions, or not yet published ones.
    """
    return (
        document is not None
        and document.revision == candidate.revision
        and where.admits(document.attributes)
    )


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
