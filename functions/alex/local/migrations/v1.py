"""Version 1: the tables as the first edition made them."""

import sqlite3

_STATEMENTS = (
    # The catalog.
    """CREATE TABLE documents (
        id TEXT PRIMARY KEY,
        revision TEXT NOT NULL,
        passages INTEGER NOT NULL,
        characters INTEGER NOT NULL,
        title TEXT,
        kind TEXT,                   -- also in attributes; here to list by
        attributes TEXT NOT NULL,    -- JSON
        ingested TEXT NOT NULL,
        updated TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX documents_by_time ON documents (updated, id)",
    """CREATE TABLE staged (
        document_id TEXT NOT NULL,
        revision TEXT NOT NULL,
        passages INTEGER NOT NULL,
        since TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'condemned', 'settled')),
        PRIMARY KEY (document_id, revision)
    ) WITHOUT ROWID""",
    "CREATE INDEX staged_by_time ON staged (since)",
    # Original texts, and the evidence of research.
    "CREATE TABLE texts (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID",
    # The index. `row` is never used twice, so that a process can tell what is new since it looked.
    """CREATE TABLE passages (
        row INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        document_id TEXT NOT NULL,
        revision TEXT NOT NULL,
        ordinal INTEGER NOT NULL,
        first INTEGER NOT NULL,      -- span
        beyond INTEGER NOT NULL,
        context TEXT NOT NULL,
        text TEXT NOT NULL
    )""",
    # Apart from the passages, so that loading all vectors reads nothing else.
    """CREATE TABLE vectors (
        row INTEGER PRIMARY KEY,
        attributes INTEGER NOT NULL, -- attribute_sets.id
        vector BLOB NOT NULL         -- float32, little-endian
    )""",
    "CREATE INDEX vectors_by_attributes ON vectors (attributes)",
    """CREATE TABLE attribute_sets (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        attributes TEXT NOT NULL UNIQUE -- JSON
    )""",
    # What left `vectors`, for the copies that processes hold in memory.
    "CREATE TABLE removals (seq INTEGER PRIMARY KEY AUTOINCREMENT, row INTEGER NOT NULL)",
    """CREATE VIRTUAL TABLE passages_text USING fts5 (
        context, text, content = 'passages', content_rowid = 'row', tokenize = 'porter unicode61'
    )""",
    """CREATE TRIGGER passage_added AFTER INSERT ON passages BEGIN
        INSERT INTO passages_text (rowid, context, text) VALUES (new.row, new.context, new.text);
    END""",
    """CREATE TRIGGER passage_removed AFTER DELETE ON passages BEGIN
        INSERT INTO passages_text (passages_text, rowid, context, text)
        VALUES ('delete', old.row, old.context, old.text);
        DELETE FROM vectors WHERE row = old.row;
        INSERT INTO removals (row) VALUES (old.row);
    END""",
    # Research jobs.
    """CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        idempotency_key TEXT UNIQUE,
        created TEXT NOT NULL,
        version INTEGER NOT NULL,
        job TEXT NOT NULL            -- JSON
    ) WITHOUT ROWID""",
    "CREATE INDEX jobs_by_time ON jobs (created, id)",
)


def migrate(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file."""
    for statement in _STATEMENTS:
        db.execute(statement)
