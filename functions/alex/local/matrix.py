"""All vectors of an index in memory, brought up to date from the database before each query."""

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alex.knowledge.documents import Attributes, Filter
from alex.knowledge.records import attributes_from_json

type Floats = NDArray[np.float32]
type Rows = NDArray[np.int64]
type Mask = NDArray[np.bool_]

_BLOCK = 8_192
"""Vectors of a block; blocks grow the copy without ever copying it (12.6 MB each at 384)."""

_WASTE = 4_096
"""Removed vectors that may stay in memory before everything is loaded afresh."""


@dataclass(slots=True)
class _VectorBlock:
    """Up to _BLOCK vectors, of which the first `used` are there; rows ascend.

    `alive` is replaced, never changed, and the arrays only grow behind `used`: a view taken
    earlier keeps showing what it showed.
    """

    vectors: Floats
    rows: Rows
    attributes: Rows
    alive: Mask
    used: int = 0


@dataclass(frozen=True, slots=True)
class _View:
    """One state of a block."""

    vectors: Floats
    rows: Rows
    attributes: Rows
    alive: Mask


@dataclass(frozen=True, slots=True)
class Near:
    """A row and its cosine distance."""

    row: int
    distance: float


@dataclass(slots=True)
class Matrix:
    """Exact search over every vector of the `vectors` table, for any number of threads.

    Attributes:
        dimension: length of every vector.
    """

    dimension: int
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _blocks: list[_VectorBlock] = field(default_factory=list)
    _sets: dict[int, Attributes] = field(default_factory=dict)
    _last_row: int = 0
    _last_set: int = 0
    _last_removal: int = -1

    def snapshot(self, db: sqlite3.Connection, where: Filter) -> "Snapshot":
        """What the database holds as this transaction sees it, or a little later."""
        with self._lock:
            self._refresh(db)
            views = [
                _View(
                    b.vectors[: b.used], b.rows[: b.used], b.attributes[: b.used], b.alive[: b.used]
                )
                for b in self._blocks
            ]
            sets = self._sets
        if where == Filter():
            return Snapshot(views, None)
        return Snapshot(views, _admitted(sets, where))

    def _refresh(self, db: sqlite3.Connection) -> None:
        """Follow the log of removals, or load everything where it does not reach back so far."""
        first, last = db.execute("SELECT min(seq), max(seq) FROM removals").fetchone()
        if self._last_removal < 0 or (first or 0) > self._last_removal + 1 or self._wasteful():
            self._blocks = []
            self._sets = {}
            self._last_row = self._last_set = 0
        elif (last or 0) > self._last_removal:
            self._drop(db)
        self._last_removal = max(self._last_removal, last or 0)
        self._add(db)

    def _wasteful(self) -> bool:
        used = sum(block.used for block in self._blocks)
        dead = used - sum(int(block.alive[: block.used].sum()) for block in self._blocks)
        return dead > _WASTE and dead * 4 > used

    def _drop(self, db: sqlite3.Connection) -> None:
        gone = db.execute("SELECT row FROM removals WHERE seq > ?", (self._last_removal,))
        rows = np.fromiter((row["row"] for row in gone), np.int64)
        for block in self._blocks:
            dead = np.isin(block.rows[: block.used], rows)
            if dead.any():
                alive = block.alive.copy()
                alive[: block.used] &= ~dead
                block.alive = alive
        self._blocks = [block for block in self._blocks if block.alive[: block.used].any()]

    def _add(self, db: sqlite3.Connection) -> None:
        sets = db.execute(
            "SELECT id, attributes FROM attribute_sets WHERE id > ? ORDER BY id", (self._last_set,)
        ).fetchall()
        if sets:
            # A new dictionary: a filter may be reading the one before.
            self._sets = self._sets | {s["id"]: attributes_from_json(s["attributes"]) for s in sets}
            self._last_set = sets[-1]["id"]
        added = db.execute(
            "SELECT row, attributes, vector FROM vectors WHERE row > ? ORDER BY row",
            (self._last_row,),
        )
        while some := added.fetchmany(1_024):
            self._append(some)

    def _append(self, added: Sequence[sqlite3.Row]) -> None:
        if not self._blocks or self._blocks[-1].used + len(added) > _BLOCK:
            self._blocks.append(_empty_block(self.dimension))
        block = self._blocks[-1]
        to = slice(block.used, block.used + len(added))
        read = np.frombuffer(b"".join(a["vector"] for a in added), np.dtype("<f4"))
        vectors = read.reshape(len(added), self.dimension)
        block.vectors[to] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        block.rows[to] = [a["row"] for a in added]
        block.attributes[to] = [a["attributes"] for a in added]
        block.used += len(added)
        self._last_row = added[-1]["row"]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the vectors under one filter.

    Attributes:
        admitted: ids of the attribute sets that pass the filter; None where all do.
    """

    _views: Sequence[_View]
    admitted: Sequence[int] | None

    def distances(self, vector: Floats) -> "Distances":
        """The distance of everything to a question's vector."""
        unit = vector / np.linalg.norm(vector)
        found: list[Floats] = [1 - view.vectors @ unit for view in self._views]
        return Distances(
            rows=_joined([view.rows for view in self._views], np.int64),
            # Equal texts must be equally far, wherever rounding in a product put them.
            distances=np.round(_joined(found, np.float32), 6),
            passing=_joined([self._passing(view) for view in self._views], np.bool_),
        )

    def _passing(self, view: _View) -> Mask:
        if self.admitted is None:
            return view.alive
        return view.alive & np.isin(view.attributes, np.asarray(self.admitted, np.int64))


@dataclass(frozen=True, slots=True)
class Distances:
    """Rows, ascending, with their distances and whether they pass the filter."""

    rows: Rows
    distances: Floats
    passing: Mask

    def nearest(self, k: int) -> list[Near]:
        """The k nearest that pass, and all that are exactly as far as the last of them."""
        passing = np.flatnonzero(self.passing)
        if len(passing) > k:
            far = self.distances[passing]
            passing = passing[far <= np.partition(far, k - 1)[k - 1]]
        return [Near(int(self.rows[i]), float(self.distances[i])) for i in passing]

    def of(self, row: int) -> float | None:
        """The distance of one row, or None where this state does not have it."""
        at = int(np.searchsorted(self.rows, row))
        if at == len(self.rows) or self.rows[at] != row or not self.passing[at]:
            return None
        return float(self.distances[at])


def _empty_block(dimension: int) -> _VectorBlock:
    return _VectorBlock(
        vectors=np.empty((_BLOCK, dimension), np.float32),
        rows=np.empty(_BLOCK, np.int64),
        attributes=np.empty(_BLOCK, np.int64),
        alive=np.ones(_BLOCK, np.bool_),
    )


def _admitted(sets: dict[int, Attributes], where: Filter) -> list[int]:
    return [number for number, attributes in sets.items() if where.admits(attributes)]


def _joined[T: np.generic](parts: Sequence[NDArray[T]], kind: type[T]) -> NDArray[T]:
    return np.concatenate(parts) if parts else np.empty(0, kind)
