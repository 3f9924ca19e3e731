"""The migrations in their order, and what applies them."""

import sqlite3
from collections.abc import Callable, Sequence

from alex import __version__
from alex.clock import now, stamp
from alex.local.migrations import v1, v2

type Migration = Callable[[sqlite3.Connection], None]
"""Brings a database from the version before to its own, without ending the transaction."""

MIGRATIONS: Sequence[Migration] = (v1.migrate, v2.migrate)
"""The first makes version 1 in an empty file. One that is released never changes."""

_LOGGED_SINCE = 2


def apply(db: sqlite3.Connection, migrations: Sequence[Migration], *, since: int) -> None:
    """Bring a database forward from a version, in the caller's transaction."""
    for version, migrate in list(enumerate(migrations, start=1))[since:]:
        migrate(db)
        if version >= _LOGGED_SINCE:
            db.execute(
                "INSERT INTO migrations (version, applied, alex) VALUES (?, ?, ?)",
                (version, stamp(now()), __version__),
            )
        db.execute(f"PRAGMA user_version = {version}")


def applied_by(db: sqlite3.Connection, version: int) -> str | None:
    """Which Alex made this version of a database; None where that is not logged."""
    row = db.execute("SELECT alex FROM migrations WHERE version = ?", (version,)).fetchone()
    return str(row[0]) if row else None
