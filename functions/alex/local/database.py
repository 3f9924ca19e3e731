"""One SQLite file for everything that the laptop edition keeps.

The original texts are in it too, rather than in files of their own: one file is one thing to back
up and to check, and SQLite's log already gives what a file would need a rename and two fsyncs for.
"""

import logging
import queue
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from alex.errors import Misconfigured, Unavailable
from alex.local.migrations.steps import MIGRATIONS, Migration, applied_by, apply

_logger = logging.getLogger(__name__)

_BUSY_SECONDS = 30.0
_SINCE_THE_FIRST = {"documents", "passages", "texts", "jobs"}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Database:
    """Transactions on one file, for any number of threads and processes."""

    def __init__(self, path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Open the file, making it and its folder where there is none.

        A file of an earlier version is brought forward, after a copy of it is made beside it.

        Raises:
            Misconfigured: it cannot be opened, is no database of Alex, or is a newer Alex's.
            Unavailable: it is of an earlier version, and there is no room for a copy.
        """
        self._path = path
        self._migrations = migrations
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
        """Make the tables, or bring them forward; all of it happens or nothing."""
        with _translated(), closing(self._connect()) as connection:
            # First without writing: what is not ours stays as it is.
            connection.execute("BEGIN")
            self._check(connection)
            connection.execute("COMMIT")
            _use_write_ahead_log(connection)
            connection.execute("BEGIN IMMEDIATE")  # others wait, and find it done
            version = self._check(connection)
            earlier = 0 < version < len(self._migrations)
            copy = self._copy(version) if earlier else None
            apply(connection, self._migrations, since=version)
            connection.execute("COMMIT")
        if copy:
            told = "%s was of version %d and is now of %d; %s is a copy of it as it was"
            _logger.warning(told, self._path, version, len(self._migrations), copy)

    def _check(self, connection: sqlite3.Connection) -> int:
        """The version of the file, 0 where it is new."""
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = {row["name"] for row in connection.execute("SELECT name FROM sqlite_schema")}
        if tables and (version == 0 or not tables >= _SINCE_THE_FIRST):
            raise Misconfigured(f"ALEX_DATA_DIR: {self._path} is not a database of Alex.")
        if version > len(self._migrations):
            raise self._newer(version, applied_by(connection, version))
        return version

    def _newer(self, version: int, maker: str | None) -> Misconfigured:
        """Refuses a file, and says what can be done."""
        known = len(self._migrations)
        copy = self._copy_of(known)
        kept = f" {copy} is a copy from before it was migrated." if copy.exists() else ""
        return Misconfigured(
            f"ALEX_DATA_DIR: {self._path} was made by a newer Alex (its schema is {version}, this "
            f"one knows {known}). Upgrade Alex{f' to {maker}' if maker else ''} or use another "
            f"folder.{kept}"
        )

    def _copy_of(self, version: int) -> Path:
        return self._path.with_name(f"{self._path.name}.v{version}.bak")

    def _copy(self, version: int) -> Path:
        """Keep the file as it is before a migration, beside it; where.

        The copy is itself a transaction: one that is cut short leaves no half of it.
        """
        copy = self._copy_of(version)
        try:
            # Another connection reads what is committed; the one that migrates holds the lock.
            with closing(self._connect()) as source, closing(sqlite3.connect(copy)) as target:
                source.backup(target)
        except sqlite3.Error as error:
            raise Unavailable(
                f"The database is migrated only after a copy of it is made, and {copy} cannot be "
                f"written: {error}."
            ) from error
        return copy


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
