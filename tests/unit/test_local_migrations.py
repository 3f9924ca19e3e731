"""A database of any version is brought forward once, whole or not at all, and kept as it was."""

import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from alex import __version__
from alex.errors import Misconfigured, Unavailable
from alex.local.database import Database
from alex.local.migrations.steps import MIGRATIONS, Migration
from tests.support.first_edition import unpack
from tests.support.stores import Stopped

ROOT = Path(__file__).resolve().parents[2]
NEWEST = len(MIGRATIONS)


@pytest.fixture
def first(tmp_path: Path) -> Path:
    """A database that the first edition made."""
    return unpack(tmp_path)


def content(file: Path) -> list[str]:
    """All of a database as SQL, with its version, read without migrating it."""
    with closing(sqlite3.connect(file)) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        return [f"version {version}", *db.iterdump()]


def log_of(file: Path) -> list[tuple[int, str, str]]:
    with closing(sqlite3.connect(file)) as db:
        return db.execute("SELECT version, applied, alex FROM migrations").fetchall()


def open_and_close(file: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    Database(file, migrations).close()


def fill_up(db: sqlite3.Connection) -> None:
    """A migration that changes much and then cannot go on."""
    db.execute("DELETE FROM passages")
    db.execute("DROP TABLE texts")
    db.execute("CREATE TABLE texts (key TEXT)")
    raise Stopped


def run_child(file: Path, program: str) -> subprocess.Popen[str]:
    """A process of its own that runs a program on a database, `file`."""
    opening = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1]]
from alex.local.database import Database
file = Path(sys.argv[2])
"""
    return subprocess.Popen(
        [sys.executable, "-c", opening + program, str(ROOT / "functions"), str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_new_file_gets_every_migration_in_order(tmp_path: Path) -> None:
    file = tmp_path / "alex.db"
    applied: list[int] = []

    def noted(number: int, migration: Migration) -> Migration:
        def migrate(db: sqlite3.Connection) -> None:
            applied.append(number)
            migration(db)

        return migrate

    open_and_close(file, [noted(number, step) for number, step in enumerate(MIGRATIONS, 1)])
    assert applied == list(range(1, NEWEST + 1))
    assert [path.name for path in tmp_path.iterdir()] == ["alex.db"]


def test_a_file_brought_forward_has_the_tables_of_a_new_one(first: Path, tmp_path: Path) -> None:
    made = tmp_path / "new" / "alex.db"
    open_and_close(first)
    open_and_close(made)

    def schema(file: Path) -> set[tuple[str, str]]:
        with closing(sqlite3.connect(file)) as db:
            return set(db.execute("SELECT name, sql FROM sqlite_schema").fetchall())

    assert schema(first) == schema(made)


def test_a_copy_of_the_earlier_version_is_kept_and_told_of(
    first: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = content(first)
    with caplog.at_level(logging.WARNING, logger="alex"):
        open_and_close(first)
    copy = first.with_name("alex.db.v1.bak")
    assert content(copy) == before
    assert before[0] == "version 1"
    assert str(copy) in caplog.text
    assert [(version, alex) for version, _, alex in log_of(first)] == [(2, __version__)]


def test_nothing_is_migrated_twice(first: Path, caplog: pytest.LogCaptureFixture) -> None:
    open_and_close(first)
    log = log_of(first)
    first.with_name("alex.db.v1.bak").unlink()
    caplog.clear()
    open_and_close(first)
    assert log_of(first) == log
    assert not list(first.parent.glob("*.bak"))
    assert not caplog.records


def test_what_is_in_the_write_ahead_log_is_in_the_copy(first: Path) -> None:
    with closing(sqlite3.connect(first)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        other.execute("INSERT INTO texts VALUES ('late', 'text')")
        other.commit()
        open_and_close(first)
    with closing(sqlite3.connect(first.with_name("alex.db.v1.bak"))) as copy:
        assert copy.execute("SELECT text FROM texts WHERE key = 'late'").fetchone()


def test_a_migration_that_fails_leaves_everything_as_it_was(first: Path) -> None:
    before = content(first)
    with pytest.raises(Stopped):
        Database(first, [*MIGRATIONS, fill_up])
    assert content(first) == before
    open_and_close(first)
    assert len(log_of(first)) == NEWEST - 1


def test_a_process_killed_while_it_migrates_leaves_everything_as_it_was(first: Path) -> None:
    before = content(first)
    died = run_child(
        first,
        """
import os, signal, sqlite3
from alex.local.migrations.steps import MIGRATIONS

def killed(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA cache_size = 1")  # so that some of it is written before the end
    db.execute("UPDATE texts SET text = text || text")
    db.execute("DELETE FROM passages")
    os.kill(os.getpid(), signal.SIGKILL)

Database(file, [*MIGRATIONS, killed])
""",
    )
    died.communicate(timeout=60)
    assert died.returncode == -signal.SIGKILL
    assert content(first) == before
    open_and_close(first)
    assert log_of(first)[-1][0] == NEWEST


def test_without_a_copy_nothing_is_migrated(first: Path) -> None:
    before = content(first)
    first.with_name("alex.db.v1.bak").mkdir()
    with pytest.raises(Unavailable, match=r"alex\.db\.v1\.bak cannot be written"):
        Database(first)
    assert content(first) == before


def test_processes_that_open_it_at_once_migrate_it_once(first: Path) -> None:
    running = [
        run_child(
            first,
            f"""
from alex.local.texts import SqliteTextStore
print("ready", flush=True)
sys.stdin.readline()
SqliteTextStore(Database(file)).put("text {number}", "text")
""",
        )
        for number in range(4)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = [process.communicate("go\n", timeout=60)[1] for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert sorted("alex.db.v1.bak" in told for told in said) == [False, False, False, True]
    assert len(log_of(first)) == NEWEST - 1
    assert content(first.with_name("alex.db.v1.bak"))[0] == "version 1"
    with closing(sqlite3.connect(first)) as db:
        written = db.execute("SELECT count(*) FROM texts WHERE key LIKE 'text %'").fetchone()[0]
    assert written == 4


def test_a_newer_file_is_refused_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "alex.db"
    open_and_close(file)
    open_and_close(file, [*MIGRATIONS, lambda _db: None])
    before = file.read_bytes()
    with pytest.raises(Misconfigured) as refused:
        Database(file)
    assert file.read_bytes() == before
    told = refused.value.detail
    assert f"newer Alex (its schema is {NEWEST + 1}, this one knows {NEWEST})" in told
    assert f"Upgrade Alex to {__version__}" in told
    assert f"alex.db.v{NEWEST}.bak is a copy from before" in told
