"""One SQLite file for everything that the laptop edition keeps.

The original texts are in it too, rather than in files of their own: one file is one thing to back
up and to check, and SQLite's log already gives what a file would need a rename and two fsyncs for.
"""

import queue
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alex.errors import Misconfigured, Unavailable
from alex.local.schema import SCHEMA, VERSION

_BUSY_SECONDS = 30.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """Transactions on one file, for any number of threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the file, making it and its folder where there is none.

        Raises:
            Misconfigured: it cannot be opened, is no database of Alex, or is a newer Alex's.
        """
        self._path = path
        self._idle: queue.LifoQueue[sqlite3.Connection] = queue.LifoQueue()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._prepare()
        except OSError as error:
            raise Misconfigured(
                f"The data folder {path.parent} cannot be used: {error.strerror or error}. "
                "--data-dir or ALEX_DATA_DIR names another."
            ) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """A transaction that sees one state of everything, and must not write."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """A transaction that writes, one at a time among all processes.

        Once it ends it survives the end of the process. A durable one survives a loss of power
        as well, and so does everything written before it; others may wait for the next durable
        one.
        """
        with self._transaction("BEGIN IMMEDIATE", durable=durable) as connection:
            yield connection

    def close(self) -> None:
        """Close the idle connections; using the database again opens new ones."""
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextmanager
    def _transaction(self, begin: str, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        with _translated():
            connection = self._connection()
            try:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._idle.put(connection)

    def _connection(self) -> sqlite3.Connection:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,  # transactions begin where we say so
            check_same_thread=False,  # a connection is used by one thread at a time
        )
        connection.row_factory = sqlite3.Row
        return connection

    def _prepare(self) -> None:
        with _translated():
            connection = self._connect()
            try:
                _use_write_ahead_log(connection)
                connection.execute("BEGIN IMMEDIATE")
                version: int = connection.execute("PRAGMA user_version").fetchone()[0]
                self._check(connection, version)
                if version == 0:
                    for statement in SCHEMA:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
                connection.execute("COMMIT")
            finally:
                connection.close()

    def _check(self, connection: sqlite3.Connection, version: int) -> None:
        if version > VERSION:
            raise Misconfigured(
                f"ALEX_DATA_DIR: {self._path} was made by a newer Alex (its schema is {version}, "
                f"this one knows {VERSION}). Upgrade Alex or use another folder."
            )
        if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            raise Misconfigured(f"ALEX_DATA_DIR: {self._path} is not a database of Alex.")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch a new file to WAL; several processes may try at once, and only one can."""
    connection.execute("PRAGMA page_size = 8192")  # five vectors a page instead of two in half
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            # SQLite does not wait here by itself.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def _translated() -> Iterator[None]:
    """SQLite's errors as ours; errors in our own statements stay what they are: bugs."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode if hasattr(error, "sqlite_errorcode") else None
        if code is not None and code & 0xFF in _DAMAGED:
            raise Misconfigured(
                "ALEX_DATA_DIR: the database file is damaged or no database."
            ) from error
        if isinstance(error, sqlite3.OperationalError) and code != sqlite3.SQLITE_ERROR:
            raise Unavailable("The database is busy or its disk is full.") from error
        raise
