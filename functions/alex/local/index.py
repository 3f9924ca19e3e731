"""The vector index in SQLite: FTS5 for wording, exact search in memory for meaning."""

import json
import sqlite3
from array import array
from collections.abc import Mapping, Sequence

import numpy as np

from alex.knowledge import terms
from alex.knowledge.documents import Candidate, Filter, IndexEntry, Passage, Span, Vector
from alex.knowledge.records import attributes_from_json, attributes_to_json
from alex.local.database import Database
from alex.local.matrix import Distances, Matrix

_MAX_TERMS = 64

REMEMBERED = 50_000
"""Removals kept for processes that follow them; who is further behind loads everything."""


class SqliteIndex:
    """Passages by nearness of meaning and by wording."""

    def __init__(self, database: Database, dimension: int) -> None:
        self._database = database
        self._dimension = dimension
        self._matrix = Matrix(dimension)

    def put(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace entries by key, all or none of them."""
        blobs = [self._blob(entry.vector) for entry in entries]
        with self._database.write(durable=False) as db:
            _delete(db, [entry.key for entry in entries])
            for entry, blob in zip(entries, blobs, strict=True):
                _insert(db, entry, blob)

    def fetch(self, keys: Sequence[str]) -> list[IndexEntry]:
        """The entries that exist, in any order."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT p.*, v.vector, s.attributes FROM passages p
                JOIN vectors v ON v.row = p.row JOIN attribute_sets s ON s.id = v.attributes
                WHERE p.key IN (SELECT value FROM json_each(?))""",
                (json.dumps(list(keys)),),
            ).fetchall()
        return [
            IndexEntry(
                key=row["key"],
                document_id=row["document_id"],
                revision=row["revision"],
                passage=_passage(row),
                vector=array("f", np.frombuffer(row["vector"], "<f4").astype(np.float32).tobytes()),
                attributes=attributes_from_json(row["attributes"]),
            )
            for row in rows
        ]

    def delete(self, keys: Sequence[str]) -> None:
        """Remove entries; unknown keys are no error."""
        with self._database.write(durable=False) as db:
            _delete(db, keys)

    def query(self, vector: Vector, text: str, k: int, where: Filter) -> list[Candidate]:
        """The k nearest entries and the k best text matches that pass the filter, as one list."""
        with self._database.read() as db:
            snapshot = self._matrix.snapshot(db, where)
            distances = snapshot.distances(np.asarray(vector, np.float32))
            scores = _text_matches(db, text, k, snapshot.admitted)
            near = {found.row: found.distance for found in distances.nearest(k)}
            rows = _rows(db, near.keys() | scores.keys())
        nearest = _best(rows, near, k)
        matches = _best(rows, {row: -score for row, score in scores.items()}, k)
        return [
            candidate
            for row in rows
            if row["row"] in nearest | matches
            and (
                candidate := _candidate(
                    row, distances, scores[row["row"]] if row["row"] in matches else None
                )
            )
        ]

    def _blob(self, vector: Vector) -> bytes:
        values = np.asarray(vector, "<f4")
        if values.shape != (self._dimension,) or not 0 < np.linalg.norm(values) < np.inf:
            raise ValueError(f"not a vector of {self._dimension} finite numbers with a direction")
        return values.tobytes()


def _insert(db: sqlite3.Connection, entry: IndexEntry, blob: bytes) -> None:
    attributes = attributes_to_json(entry.attributes)
    db.execute("INSERT OR IGNORE INTO attribute_sets (attributes) VALUES (?)", (attributes,))
    passage = entry.passage
    added = db.execute(
        "INSERT INTO passages (key, document_id, revision, ordinal, first, beyond, context, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            entry.key,
            entry.document_id,
            entry.revision,
            passage.ordinal,
            passage.span.start,
            passage.span.end,
            passage.context,
            passage.text,
        ),
    )
    db.execute(
        "INSERT INTO vectors SELECT ?, id, ? FROM attribute_sets WHERE attributes = ?",
        (added.lastrowid, blob, attributes),
    )


def _delete(db: sqlite3.Connection, keys: Sequence[str]) -> None:
    """Remove passages; triggers remove what belongs to them."""
    chosen = json.dumps(list(keys))
    sets = db.execute(
        """SELECT DISTINCT v.attributes FROM passages p JOIN vectors v ON v.row = p.row
        WHERE p.key IN (SELECT value FROM json_each(?))""",
        (chosen,),
    ).fetchall()
    db.execute("DELETE FROM passages WHERE key IN (SELECT value FROM json_each(?))", (chosen,))
    db.executemany(
        "DELETE FROM attribute_sets WHERE id = :id"
        " AND NOT EXISTS (SELECT 1 FROM vectors WHERE attributes = :id)",
        [{"id": row["attributes"]} for row in sets],
    )
    db.execute(
        "DELETE FROM removals WHERE seq <= (SELECT max(seq) FROM removals) - ?", (REMEMBERED,)
    )


def _text_matches(
    db: sqlite3.Connection, text: str, k: int, admitted: Sequence[int] | None
) -> dict[int, float]:
    """Rows of the 2k best text matches with their BM25 scores, higher being better.

    Twice as many as asked for, to choose among equals at the end by something that lasts.
    """
    wanted = terms.terms(text)[:_MAX_TERMS]
    if not wanted:
        return {}
    query = " OR ".join(f'"{term}"' for term in wanted)
    passing, chosen = "", [query]
    if admitted is not None:
        # The plus keeps SQLite from running the text query once for each row that passes.
        passing = """AND +rowid IN (SELECT row FROM vectors
            WHERE attributes IN (SELECT value FROM json_each(?)))"""
        chosen.append(json.dumps(list(admitted)))
    rows = db.execute(
        f"SELECT rowid, rank FROM passages_text WHERE passages_text MATCH ? {passing}"  # noqa: S608 - two fixed texts
        f" ORDER BY rank LIMIT {2 * k:d}",
        chosen,
    )
    return {row["rowid"]: -row["rank"] for row in rows}


def _best(rows: Sequence[sqlite3.Row], costs: Mapping[int, float], k: int) -> set[int]:
    """The k rows of least cost; of equals, those that every run of the same ingest would choose."""
    ranked = sorted(
        (row for row in rows if row["row"] in costs),
        key=lambda row: (costs[row["row"]], row["document_id"], row["ordinal"]),
    )
    return {row["row"] for row in ranked[:k]}


def _rows(db: sqlite3.Connection, rows: set[int]) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT * FROM passages WHERE row IN (SELECT value FROM json_each(?))",
        (json.dumps(sorted(rows)),),
    ).fetchall()


def _passage(row: sqlite3.Row) -> Passage:
    return Passage(row["ordinal"], row["text"], row["context"], Span(row["first"], row["beyond"]))


def _candidate(row: sqlite3.Row, distances: Distances, bm25: float | None) -> Candidate | None:
    """None where the passage came or went while the question was being answered."""
    distance = distances.of(row["row"])
    if distance is None:
        return None
    return Candidate(row["key"], row["document_id"], row["revision"], _passage(row), distance, bm25)
