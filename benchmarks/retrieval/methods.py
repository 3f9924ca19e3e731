"""The ways of searching that are compared; each gives document ids, best first."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from alex.knowledge.documents import Candidate, Filter
from alex.knowledge.ports import Embedder, VectorIndex
from alex.knowledge.search import CANDIDATES, Search
from alex.knowledge.tokens import LIMIT, load_tokenizer
from alex.local.embedder import load_session
from benchmarks.retrieval.sets import CorpusDocument

type Method = Callable[[str], list[str]]

DEPTH = 10


def alex(search: Search) -> Method:
    """The product's own search, as `POST /search` runs it."""
    return lambda question: [hit.document.id for hit in search.search(question, k=DEPTH)]


def bm25(index: VectorIndex, embedder: Embedder) -> Method:
    """Full text alone: documents by their best passage's BM25."""

    def ranked(question: str) -> list[str]:
        matches = [c for c in _candidates(index, embedder, question) if c.bm25 is not None]
        return _documents(sorted(matches, key=lambda c: -(c.bm25 or 0.0)))

    return ranked


def vectors(index: VectorIndex, embedder: Embedder) -> Method:
    """Meaning alone: documents by their nearest passage."""

    def ranked(question: str) -> list[str]:
        return _documents(sorted(_candidates(index, embedder, question), key=lambda c: c.distance))

    return ranked


def _candidates(index: VectorIndex, embedder: Embedder, question: str) -> list[Candidate]:
    [vector] = embedder.embed([question])
    return index.query(vector, question, CANDIDATES, Filter())


def _documents(candidates: Iterable[Candidate]) -> list[str]:
    return list(dict.fromkeys(candidate.document_id for candidate in candidates))[:DEPTH]


class FirstToken:
    """One vector a document, the [CLS] token's, of its first 256 word pieces.

    That is what Alex did first: it took the first of the vectors that a feature-extraction
    endpoint returns, and gave it the whole text at once.

    Args:
        documents: the corpus.
        store: a file that keeps the vectors for the next run.
    """

    def __init__(self, documents: Sequence[CorpusDocument], store: Path) -> None:
        self._session = load_session()
        self._tokenizer = load_tokenizer()
        self._tokenizer.enable_truncation(LIMIT)
        self._ids = [document.id for document in documents]
        if not store.exists():
            np.save(store, np.array([self._vector(document.text) for document in documents]))
        self._matrix = np.load(store)

    def __call__(self, question: str) -> list[str]:
        """The documents nearest to the question."""
        nearness = self._matrix @ self._vector(question)
        return [self._ids[i] for i in np.argsort(-nearness, kind="stable")[:DEPTH]]

    def _vector(self, text: str) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
        encoding = self._tokenizer.encode(text)
        ids = np.array([encoding.ids], dtype=np.int64)
        feed = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
        }
        first = np.asarray(self._session.run(["last_hidden_state"], feed)[0])[0, 0]
        unit: np.ndarray[tuple[int], np.dtype[np.float32]] = first / np.linalg.norm(first)
        return unit
