"""What is particular to SQLite: files, processes, and the vectors held in memory."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.errors import InvalidInput, Misconfigured, Unavailable
from alex.knowledge.documents import Attributes, Candidate, Filter, IndexEntry, Passage, Span
from alex.local import index as index_module
from alex.local.database import Database
from alex.local.index import SqliteIndex
from alex.settings import Settings
from alex.wiring import wire
from tests.support.stores import WordEmbedder

EMBEDDER = WordEmbedder()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "made" / "on demand" / "alex.db"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def make_index(database: Database) -> SqliteIndex:
    return SqliteIndex(database, EMBEDDER.dimension)


def entry(number: int, text: str, kind: str | None = None) -> IndexEntry:
    [vector] = EMBEDDER.embed([text])
    passage = Passage(number, text, "", Span(0, len(text)))
    return IndexEntry(f"d:r:{number}", "d", "r", passage, vector, Attributes(kind=kind))


def ask(index: SqliteIndex, text: str, where: Filter | None = None) -> dict[str, Candidate]:
    [vector] = EMBEDDER.embed([text])
    return {c.key: c for c in index.query(vector, text, 100, where or Filter())}


@pytest.mark.parametrize("version", [0, 1, 100])
def test_another_database_is_left_alone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "alex.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE precious (x)")
        other.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    with pytest.raises(Misconfigured, match="not a database of Alex"):
        Database(path)
    assert path.read_bytes() == before
    assert [path] == list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "alex.db"
    path.write_bytes(b"not a database at all, but long enough to be read as one" * 50)
    with pytest.raises(Misconfigured, match="ALEX_DATA_DIR"):
        Database(path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Misconfigured, match="ALEX_DATA_DIR"):
        Database(tmp_path / "file" / "alex.db")


def test_a_failed_transaction_leaves_nothing(database: Database) -> None:
    def write() -> None:
        with database.write() as db:
            db.execute("INSERT INTO texts VALUES ('a', 'text')")
            raise InvalidInput("The caller changed its mind.")

    with pytest.raises(InvalidInput):
        write()
    with database.read() as db:
        assert db.execute("SELECT count(*) FROM texts").fetchone()[0] == 0


def test_a_full_disk_is_reported_as_unavailable(database: Database) -> None:
    def fill() -> None:
        with database.write() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
            db.execute("INSERT INTO texts VALUES ('a', ?)", ("x" * 1_000_000,))

    with pytest.raises(Unavailable):
        fill()


def test_a_wrong_statement_is_a_bug_and_not_unavailable(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError), database.read() as db:
        db.execute("SELECT * FROM nowhere")


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.read() as reader:
        before = reader.execute("SELECT count(*) FROM texts").fetchone()[0]
        with database.write() as db:
            db.execute("INSERT INTO texts VALUES ('a', 'text')")
        assert reader.execute("SELECT count(*) FROM texts").fetchone()[0] == before == 0


def test_processes_may_open_a_new_file_all_at_once(path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    program = f"""
import sys
sys.path[:0] = [{str(root / "functions")!r}]
from pathlib import Path
from alex.local.database import Database
from alex.local.texts import SqliteTextStore
sys.stdin.readline()
texts = SqliteTextStore(Database(Path({str(path)!r})))
for number in range(10):
    texts.put(f"{{sys.argv[1]}} {{number}}", "text")
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(n)], stdin=subprocess.PIPE)
        for n in range(4)
    ]
    for process in running:
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
    for process in running:
        process.communicate(timeout=60)
        assert process.returncode == 0
    with closing(Database(path)) as database, database.read() as db:
        assert db.execute("SELECT count(*) FROM texts").fetchone()[0] == 40


def test_one_index_sees_what_another_one_writes(path: Path, database: Database) -> None:
    with closing(Database(path)) as other_database:
        mine, other = make_index(database), make_index(other_database)
        mine.put([entry(0, "apples"), entry(1, "pears")])
        assert ask(other, "apples").keys() == {"d:r:0", "d:r:1"}
        other.put([entry(1, "plums"), entry(2, "cherries", "fruit")])
        other.delete(["d:r:0"])
        found = ask(mine, "plums")
        assert {key: c.passage.text for key, c in found.items()} == {
            "d:r:1": "plums",
            "d:r:2": "cherries",
        }
        assert ask(mine, "plums", Filter(kind="fruit")).keys() == {"d:r:2"}


def test_an_index_that_was_left_far_behind_catches_up(path: Path, database: Database) -> None:
    behind = make_index(database)
    behind.put([entry(n, f"word{n}") for n in range(20)])
    assert len(ask(behind, "word1")) == 20
    with closing(Database(path)) as other_database, other_database.write() as db:
        db.execute("DELETE FROM passages WHERE ordinal < 15")
        # What the log no longer tells must be noticed all the same.
        db.execute("DELETE FROM removals WHERE seq <= 10")
    assert ask(behind, "word1").keys() == {f"d:r:{n}" for n in range(15, 20)}


def test_the_log_of_removals_is_bounded(database: Database) -> None:
    index = make_index(database)
    with database.write() as db:
        db.executemany(
            "INSERT INTO removals (row) VALUES (?)",
            ((-n,) for n in range(index_module.REMEMBERED + 100)),
        )
    index.put([entry(0, "apples")])
    index.delete(["d:r:0"])
    with database.read() as db:
        kept = db.execute("SELECT count(*) FROM removals").fetchone()[0]
    assert kept <= index_module.REMEMBERED
    assert ask(index, "apples") == {}


def test_removed_vectors_do_not_pile_up_in_memory(database: Database) -> None:
    index = make_index(database)
    for start in range(0, 9_000, 1_000):
        index.put([entry(start + n, f"word{n % 50}") for n in range(1_000)])
        ask(index, "word1")
        index.delete([f"d:r:{start + n}" for n in range(900)])
    assert len(ask(index, "word1")) >= 100
    held = sum(block.used for block in index._matrix._blocks)
    assert held < 6_000


def test_attribute_sets_go_with_the_last_entry_that_has_them(database: Database) -> None:
    index = make_index(database)
    index.put([entry(0, "apples", "one"), entry(1, "pears", "one"), entry(2, "plums", "two")])
    index.delete(["d:r:0", "d:r:2"])
    with database.read() as db:
        assert db.execute("SELECT count(*) FROM attribute_sets").fetchone()[0] == 1
    index.put([entry(3, "plums", "two")])
    assert ask(index, "plums", Filter(kind="two")).keys() == {"d:r:3"}


@pytest.mark.parametrize(
    "vector", [[0.0] * 32, [float("nan")] * 32, [float("inf")] + [0.0] * 31, [1.0], []]
)
def test_what_has_no_direction_is_a_bug(database: Database, vector: list[float]) -> None:
    good = entry(0, "apples")
    bad = IndexEntry("d:r:1", "d", "r", good.passage, vector, Attributes())
    with pytest.raises(ValueError, match="not a vector"):
        make_index(database).put([good, bad])
    assert ask(make_index(database), "apples") == {}


def test_threads_may_share_an_index(database: Database) -> None:
    index = make_index(database)

    def work(thread: int) -> int:
        for number in range(thread * 100, thread * 100 + 20):
            index.put([entry(number, f"word{number}")])
            [best] = [c for c in ask(index, f"word{number}").values() if c.bm25 is not None]
            assert best.passage.text == f"word{number}"
        index.delete([f"d:r:{number}" for number in range(thread * 100, thread * 100 + 10)])
        return thread

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(4))) == [0, 1, 2, 3]
    assert len(ask(index, "word1")) == 40


TEXTS = st.sampled_from(["apples", "pears", "plums", "apples pears", "plums plums pears"])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.none() | TEXTS, st.sampled_from(["a", "b"])), max_size=30
    )
)
def test_an_index_kept_up_to_date_answers_as_a_fresh_one(
    tmp_path_factory: pytest.TempPathFactory,
    changes: list[tuple[int, str | None, str]],
) -> None:
    with closing(Database(tmp_path_factory.mktemp("index") / "alex.db")) as database:
        kept = make_index(database)
        expected: dict[str, tuple[str, str]] = {}
        for number, text, kind in changes:
            if text is None:
                kept.delete([f"d:r:{number}"])
                expected.pop(f"d:r:{number}", None)
            else:
                kept.put([entry(number, text, kind)])
                expected[f"d:r:{number}"] = (text, kind)
            ask(kept, "apples")
        fresh = make_index(database)
        assert ask(kept, "apples") == ask(fresh, "apples")
        assert {k: c.passage.text for k, c in ask(kept, "apples").items()} == {
            key: text for key, (text, _) in expected.items()
        }
        in_a = {key for key, (_, kind) in expected.items() if kind == "a"}
        assert ask(kept, "pears", Filter(kind="a")).keys() == in_a


def test_the_wired_services_keep_what_they_are_given(tmp_path: Path) -> None:
    services = wire(Settings(backend="local", data_dir=tmp_path / "data"))
    services.texts.put("evidence/1.json", "{}")
    services.close()
    again = wire(Settings(backend="local", data_dir=tmp_path / "data"))
    assert again.texts.get("evidence/1.json") == "{}"
    assert again.knowledge.list().items == ()
    assert again.research.list().items == ()
    assert [path.name for path in (tmp_path / "data").iterdir() if path.suffix == ".db"] == [
        "alex.db"
    ]
    again.close()
