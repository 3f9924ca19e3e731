"""One vector index: exact nearest neighbours, filters and full text over its vectors."""

import threading
import zlib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from rehearsal.stand_in.full_text import FullTextIndex
from rehearsal.stand_in.vector_filters import Predicate
from rehearsal.stand_in.vector_rules import Floats, VectorRecord, metadata_bytes

FUSION_CONSTANT = 60
"""The k of reciprocal rank fusion, as in its paper; AWS does not say its own."""

PAGE_BYTES = 1024 * 1024


@dataclass(slots=True)
class Match:
    """One result, with whatever the query computed for it."""

    record: VectorRecord
    distance: float | None = None
    bm25: dict[str, float] = field(default_factory=dict)
    fused: float | None = None


@dataclass(frozen=True, slots=True)
class IndexSettings:
    """What is fixed when an index is created."""

    dimension: int
    metric: str
    non_filterable: frozenset[str]


class VectorIndex:
    """The vectors of one index, and the full-text configurations over them."""

    def __init__(self, name: str, bucket: str, arn: str, settings: IndexSettings) -> None:
        self.name = name
        self.bucket = bucket
        self.arn = arn
        self.settings = settings
        self.mode = "ENHANCED"
        self.created = datetime.now().astimezone()
        self.full_text: dict[str, FullTextIndex] = {}
        self.lock = threading.RLock()
        self._records: dict[str, VectorRecord] = {}
        self._matrix: tuple[list[str], Floats] | None = None

    def put(self, records: Iterable[VectorRecord]) -> None:
        """Add or replace."""
        for record in records:
            self._records[record.key] = record
            for metadata_key, texts in self.full_text.items():
                texts.put(record.key, record.metadata.get(metadata_key))
        self._matrix = None

    def get(self, key: str) -> VectorRecord | None:
        """The record, or None."""
        return self._records.get(key)

    def delete(self, keys: Iterable[str]) -> None:
        """Remove; unknown keys are no error."""
        for key in keys:
            self._records.pop(key, None)
            for texts in self.full_text.values():
                texts.remove(key)
        self._matrix = None

    def page(
        self, after: str, limit: int, segment: tuple[int, int]
    ) -> tuple[list[VectorRecord], bool]:
        """The records after a key, in key order, and whether more follow.

        A page ends early once a megabyte of vectors and metadata went through it, as AWS's does.
        """
        index, count = segment
        keys = sorted(key for key in self._records if zlib.crc32(key.encode()) % count == index)
        records: list[VectorRecord] = []
        size = 0
        for key in keys[bisect_right(keys, after) :]:
            if len(records) == limit or size > PAGE_BYTES:
                return records, True
            record = self._records[key]
            size += record.data.nbytes + metadata_bytes(record.metadata)
            records.append(record)
        return records, False

    def add_full_text(self, metadata_key: str, texts: FullTextIndex) -> None:
        """Start full-text search over a metadata key."""
        for record in self._records.values():
            texts.put(record.key, record.metadata.get(metadata_key))
        self.full_text[metadata_key] = texts

    def passing(self, predicate: Predicate | None) -> set[str] | None:
        """Keys of the vectors that pass a filter; None where there is no filter."""
        if predicate is None:
            return None
        return {key for key, record in self._records.items() if predicate(record.metadata)}

    def nearest(self, query: Floats, k: int, allowed: Collection[str] | None) -> list[Match]:
        """The k nearest of the allowed vectors, nearest first."""
        keys, matrix = self._as_matrix()
        if allowed is not None:
            rows = [row for row, key in enumerate(keys) if key in allowed]
            keys, matrix = [keys[row] for row in rows], matrix[rows]
        if not keys:
            return []
        distances = self._distances(query, matrix)
        best = np.argsort(distances, kind="stable")[:k]
        return [Match(self._records[keys[row]], distance=float(distances[row])) for row in best]

    def wording(
        self, texts: Sequence[tuple[str, str]], k: int, allowed: Collection[str] | None
    ) -> list[Match]:
        """The k best by summed BM25 over (metadata key, question) pairs, best first."""
        matches: dict[str, Match] = {}
        for metadata_key, text in texts:
            for key, score in self.full_text[metadata_key].search(text, allowed).items():
                match = matches.setdefault(key, Match(self._records[key]))
                match.bm25[metadata_key] = score
        ranked = sorted(matches.items(), key=lambda item: (-sum(item[1].bm25.values()), item[0]))
        return [match for _, match in ranked[:k]]

    def _as_matrix(self) -> tuple[list[str], Floats]:
        """Keys and vectors in rows; made again after a write."""
        if self._matrix is None:
            rows = [record.data for record in self._records.values()]
            empty = np.empty((0, self.settings.dimension), np.float32)
            self._matrix = list(self._records), np.stack(rows) if rows else empty
        return self._matrix

    def _distances(self, query: Floats, matrix: Floats) -> Floats:
        if self.settings.metric == "cosine":
            norms = np.linalg.norm(matrix, axis=1) * np.linalg.norm(query)
            return np.asarray(1 - (matrix @ query) / norms, np.float32)
        return np.asarray(np.linalg.norm(matrix - query, axis=1), np.float32)


def fuse(by_distance: Sequence[Match], by_wording: Sequence[Match], k: int) -> list[Match]:
    """Reciprocal rank fusion of two rankings of the same index."""
    fused: dict[str, Match] = {}
    for ranking in (by_distance, by_wording):
        for rank, match in enumerate(ranking, start=1):
            merged = fused.setdefault(match.record.key, Match(match.record))
            merged.distance = match.distance if match.distance is not None else merged.distance
            merged.bm25 |= match.bm25
            merged.fused = (merged.fused or 0.0) + 1 / (FUSION_CONSTANT + rank)
    return sorted(fused.values(), key=lambda match: -(match.fused or 0.0))[:k]
