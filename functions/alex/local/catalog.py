"""The catalog in SQLite: every step is one transaction."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from alex.clock import stamp
from alex.errors import Conflict
from alex.knowledge.documents import Document, Revision, Staged
from alex.knowledge.records import attributes_from_json, attributes_to_json
from alex.local.database import Database
from alex.paging import Page, cursor, position


class SqliteCatalog:
    """Which documents exist, and which revisions must be cleaned up."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, document_id: str) -> Document | None:
        """The visible revision."""
        return self.get_many([document_id]).get(document_id)

    def get_many(self, document_ids: Sequence[str]) -> Mapping[str, Document]:
        """The visible revisions of those that exist."""
        with self._database.read() as db:
            rows = db.execute(
                "SELECT * FROM documents WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(document_ids)),),
            ).fetchall()
        return {row["id"]: _document(row) for row in rows}

    def list(
        self, *, kind: str | None, ticker: str | None, cursor: str | None, limit: int
    ) -> Page[Document]:
        """Newest first; of equal times, the greater id first."""
        updated, document_id = position(cursor, 2) if cursor is not None else (None, None)
        with self._database.read() as db:
            rows = db.execute(
                """SELECT * FROM documents
                WHERE (:kind IS NULL OR kind = :kind)
                AND (:ticker IS NULL OR :ticker IN
                    (SELECT value FROM json_each(attributes, '$.tickers')))
                AND (:updated IS NULL OR (updated, id) < (:updated, :id))
                ORDER BY updated DESC, id DESC LIMIT :limit""",
                {
                    "kind": kind,
                    "ticker": ticker,
                    "updated": updated,
                    "id": document_id,
                    "limit": limit + 1,
                },
            ).fetchall()
        return Page(tuple(_document(row) for row in rows[:limit]), _next(rows, limit))

    def stage(self, revision: Revision, at: datetime) -> None:
        """Note a revision before its data."""
        with self._database.write(durable=False) as db:
            _stage(db, revision, at, "open")

    def publish(self, document: Document, *, replaces: str | None) -> None:
        """Make a staged revision the visible one."""
        with self._database.write() as db:
            visible = _visible(db, document.id)
            if (visible["revision"] if visible else None) != replaces:
                raise Conflict("Another revision of the document became visible meanwhile.")
            opened = db.execute(
                "DELETE FROM staged WHERE document_id = ? AND revision = ? AND state = 'open'",
                (document.id, document.revision),
            )
            if not opened.rowcount:
                raise Conflict("This revision of the document was given up meanwhile.")
            if visible:
                _stage(db, _revision(visible), document.updated, "settled")
            db.execute(
                "INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    document.id,
                    document.revision,
                    document.passages,
                    document.characters,
                    document.title,
                    document.attributes.kind,
                    attributes_to_json(document.attributes),
                    stamp(document.ingested),
                    stamp(document.updated),
                ),
            )

    def withdraw(self, document: Document, at: datetime) -> None:
        """Hide the document and stage its revision for removal."""
        with self._database.write() as db:
            visible = _visible(db, document.id)
            if not visible or visible["revision"] != document.revision:
                raise Conflict("Another revision of the document is visible by now.")
            _stage(db, _revision(visible), at, "settled")
            db.execute("DELETE FROM documents WHERE id = ?", (document.id,))

    def condemn(self, revision: Revision) -> None:
        """Forbid that a staged revision is ever published."""
        with self._database.write(durable=False) as db:
            db.execute(
                "UPDATE staged SET state = 'condemned' "
                "WHERE document_id = ? AND revision = ? AND state = 'open'",
                (revision.document_id, revision.revision),
            )

    def staged(self, document_id: str) -> Sequence[Staged]:
        """The document's staged revisions, oldest first."""
        with self._database.read() as db:
            rows = db.execute(
                "SELECT * FROM staged WHERE document_id = ? ORDER BY since, revision",
                (document_id,),
            ).fetchall()
        return [_staged(row) for row in rows]

    def leftovers(self, before: datetime) -> Sequence[Staged]:
        """Revisions staged earlier than this, oldest first, at most 100."""
        with self._database.read() as db:
            rows = db.execute(
                "SELECT * FROM staged WHERE since < ? ORDER BY since, revision LIMIT 100",
                (stamp(before),),
            ).fetchall()
        return [_staged(row) for row in rows]

    def unstage(self, revision: Revision) -> None:
        """Forget a staged revision whose data is gone."""
        with self._database.write(durable=False) as db:
            db.execute(
                "DELETE FROM staged WHERE document_id = ? AND revision = ?",
                (revision.document_id, revision.revision),
            )


def _visible(db: sqlite3.Connection, document_id: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = db.execute(
        "SELECT id AS document_id, revision, passages FROM documents WHERE id = ?", (document_id,)
    ).fetchone()
    return row


def _stage(db: sqlite3.Connection, revision: Revision, at: datetime, state: str) -> None:
    db.execute(
        "INSERT OR REPLACE INTO staged VALUES (?, ?, ?, ?, ?)",
        (revision.document_id, revision.revision, revision.passages, stamp(at), state),
    )


def _revision(row: sqlite3.Row) -> Revision:
    return Revision(row["document_id"], row["revision"], row["passages"])


def _staged(row: sqlite3.Row) -> Staged:
    since = datetime.fromisoformat(row["since"])
    return Staged(_revision(row), since, settled=row["state"] == "settled")


def _document(row: sqlite3.Row) -> Document:
    return Document(
        id=row["id"],
        revision=row["revision"],
        passages=row["passages"],
        characters=row["characters"],
        ingested=datetime.fromisoformat(row["ingested"]),
        updated=datetime.fromisoformat(row["updated"]),
        title=row["title"],
        attributes=attributes_from_json(row["attributes"]),
    )


def _next(rows: Sequence[sqlite3.Row], limit: int) -> str | None:
    """The cursor behind the last row of a page, where more follow."""
    return cursor(rows[limit - 1]["updated"], rows[limit - 1]["id"]) if len(rows) > limit else None
