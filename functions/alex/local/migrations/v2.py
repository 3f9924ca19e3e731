"""Version 2: the file tells which Alex migrated it, so that an older one can say what it needs."""

import sqlite3


def migrate(db: sqlite3.Connection) -> None:
    """Add the log of migrations, which starts with this one.

    Every later Alex must leave `version` and `alex` as they are: older ones read them.
    """
    db.execute(
        """CREATE TABLE migrations (
            version INTEGER PRIMARY KEY,
            applied TEXT NOT NULL,
            alex TEXT NOT NULL       -- the version of Alex that applied it
        )"""
    )
