"""Query latency, load time and memory of the local index at a given size.

Run `uv run python -m benchmarks.speed [--passages N] [--queries N]`. The passages are made up:
words drawn as language draws them (Zipf), vectors at random. Each line of the table is a median
in milliseconds, and how many times the bare operation it takes.
"""

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, timedelta
from itertools import batched
from pathlib import Path

import numpy as np
import psutil

from alex.knowledge.documents import Attributes, Filter, IndexEntry, Passage, Span
from alex.local.database import Database
from alex.local.index import SqliteIndex

DIMENSION = 384
WORDS = 90
PASSAGES_PER_DOCUMENT = 20
VOCABULARY = 30_000

_LETTERS = str.maketrans("0123456789", "abcdefghij")


class Corpus:
    """Made-up passages and questions, the same for the same seed."""

    def __init__(self, seed: int = 7) -> None:
        self._random = np.random.default_rng(seed)
        weights = 1 / np.arange(3, VOCABULARY + 3)
        self._weights = weights / weights.sum()

    def text(self, words: int) -> str:
        """So many words, all letters, for a word with digits in it is looked up in parts, too."""
        drawn = self._random.choice(VOCABULARY, words, p=self._weights)
        return " ".join(f"w{number}" for number in drawn).translate(_LETTERS)

    def vector(self) -> list[float]:
        """A unit vector in a random direction."""
        drawn = self._random.standard_normal(DIMENSION)
        unit: list[float] = (drawn / np.linalg.norm(drawn)).tolist()
        return unit

    def entries(self, passages: int) -> Iterator[IndexEntry]:
        """Passages of documents of a thousand companies over three years."""
        for number in range(passages):
            document = number // PASSAGES_PER_DOCUMENT
            text = self.text(WORDS)
            yield IndexEntry(
                key=f"d{document}:r:{number % PASSAGES_PER_DOCUMENT}",
                document_id=f"d{document}",
                revision="r",
                passage=Passage(number % PASSAGES_PER_DOCUMENT, text, "", Span(0, len(text))),
                vector=self.vector(),
                attributes=Attributes(
                    source=f"https://example.com/{document}",
                    published=date(2023, 1, 1) + timedelta(days=document % 1_000),
                    tickers=(f"T{document % 1_000}",),
                    kind=("10-Q", "8-K", "news")[document % 3],
                ),
            )


def milliseconds(run: Callable[[], object], times: int) -> float:
    """The median of so many runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1_000)
    return statistics.median(taken)


def measure(folder: Path, passages: int, queries: int) -> None:
    """Fill an index, open it anew and time it."""
    corpus = Corpus()
    with closing(Database(folder / "alex.db")) as database:
        index = SqliteIndex(database, DIMENSION)
        start = time.perf_counter()
        for batch in batched(corpus.entries(passages), 256):
            index.put(batch)
        filled = time.perf_counter() - start
    print(f"{passages:,} passages, made and put in {filled:.1f} s", end=", ")
    print(f"{(folder / 'alex.db').stat().st_size / 1e6:.0f} MB on disk")
    before = psutil.Process().memory_info().rss
    with closing(Database(folder / "alex.db")) as database:
        index = SqliteIndex(database, DIMENSION)
        questions = [(corpus.vector(), corpus.text(10)) for _ in range(queries)]
        start = time.perf_counter()
        index.query(*questions[0], 100, Filter())
        print(f"first query, which loads: {time.perf_counter() - start:.2f} s", end=", ")
        print(f"{(psutil.Process().memory_info().rss - before) / 1e6:.0f} MB more resident")
        compare(index, folder / "alex.db", questions, passages)


def compare(
    index: SqliteIndex, path: Path, questions: Sequence[tuple[list[float], str]], passages: int
) -> None:
    """The table."""
    matrix = np.random.default_rng(1).standard_normal((passages, DIMENSION), np.float32)
    units = [np.asarray(vector, np.float32) for vector, _ in questions]
    turns = iter(range(10**9))

    def turn() -> int:
        return next(turns) % len(questions)

    with closing(sqlite3.connect(path)) as bare:
        product = milliseconds(lambda: matrix @ units[turn()], len(questions))
        wording = milliseconds(lambda: bare_full_text(bare, questions[turn()][1]), len(questions))
    print(f"\n{'':34}{'median ms':>10}  {'ratio to both bare':>18}")
    print(f"{'bare numpy product':34}{product:10.1f}")
    print(f"{'bare FTS5 query':34}{wording:10.1f}")
    filters = {
        "query": Filter(),
        "query, one kind": Filter(kind="10-Q"),
        "query, one ticker": Filter(tickers=("T7",)),
        "query, half of the dates": Filter(since=date(2024, 5, 15), undated=False),
    }
    for name, where in filters.items():
        taken = milliseconds(
            lambda where=where: index.query(*questions[turn()], 100, where),  # type: ignore[misc]
            len(questions),
        )
        print(f"{name:34}{taken:10.1f}  {taken / (product + wording):18.2f}")


def bare_full_text(db: sqlite3.Connection, text: str) -> list[object]:
    """The 100 best text matches and nothing else."""
    query = " OR ".join(f'"{word}"' for word in dict.fromkeys(text.split()))
    return db.execute(
        "SELECT rowid FROM passages_text WHERE passages_text MATCH ? ORDER BY rank LIMIT 100",
        (query,),
    ).fetchall()


def main() -> None:
    """Read the arguments and measure in a folder that is removed afterwards."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        measure(Path(folder), arguments.passages, arguments.queries)


if __name__ == "__main__":
    main()
