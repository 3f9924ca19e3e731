"""Ingest a small corpus into a folder: `python -m tests.support.ingest_corpus FOLDER`.

Runs in a process of its own, so that a test can kill it. Says "ready" once it is about to start.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

from alex.errors import NotFound
from alex.knowledge.documents import Attributes, Submission
from tests.support.stores import Stores

DOCUMENTS = 24

WORDS = (
    "apple",
    "pear",
    "plum",
    "cherry",
    "grew",
    "fell",
    "margin",
    "dividend",
    "cost",
    "cash",
    "debt",
)


def version(number: int, revision: int) -> Submission:
    """One document of the corpus; every third line changes with the revision."""
    lines = []
    for line in range(3 + number % 5):
        seed = number * 31 + line * 7 + (revision if line % 3 == 0 else 0)
        lines.append(" ".join(WORDS[(seed * step) % len(WORDS)] for step in range(1, 9)))
    return Submission(
        "\n".join(lines),
        id=f"document {number}",
        title=f"Report {number % 7}",
        attributes=Attributes(
            published=date(2025, 1, 1 + number % 28),
            tickers=(f"T{number % 3}",),
            kind="first" if number % 4 and revision == 0 else "second",
        ),
    )


def steps(stores: Stores) -> Iterator[None]:
    """Everything that can happen to documents: they come, change, go and come back."""
    knowledge = stores.knowledge
    for first in range(0, DOCUMENTS, 4):
        yield from (None for _ in knowledge.ingest_many([version(first + n, 0) for n in range(4)]))
    for number in range(DOCUMENTS):
        knowledge.ingest(version(number, 1))
        yield
    for number in range(0, DOCUMENTS, 5):
        with suppress(NotFound):
            knowledge.delete(f"document {number}")
        yield
    for number in range(0, DOCUMENTS, 10):
        knowledge.ingest(version(number, 2))
        yield


def main() -> None:
    """Open the folder, say so, and do all steps."""
    stores = Stores(Path(sys.argv[1]))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in steps(stores):
        pass
    stores.database.close()


if __name__ == "__main__":
    main()
