"""Texts in SQLite."""

from alex.local.database import Database


class SqliteTextStore:
    """Texts by key."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, key: str, text: str) -> None:
        """Store or replace, durably."""
        with self._database.write() as db:
            db.execute("INSERT OR REPLACE INTO texts VALUES (?, ?)", (key, text))

    def get(self, key: str) -> str | None:
        """The text, or None."""
        with self._database.read() as db:
            row = db.execute("SELECT text FROM texts WHERE key = ?", (key,)).fetchone()
        return row["text"] if row else None

    def delete(self, key: str) -> None:
        """Remove; an unknown key is no error."""
        with self._database.write(durable=False) as db:
            db.execute("DELETE FROM texts WHERE key = ?", (key,))
