"""Two calls at once on one document: both succeed, one of them has the last word."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from alex.errors import AlexError, NotFound
from alex.knowledge.base import KnowledgeBase
from alex.knowledge.documents import Submission
from tests.support.stores import Stores, Writes

OLD = Submission("Apples grew\nPears fell", id="fruit")
MINE = replace(OLD, text="Mine one\nMine two\nPears fell")
THEIRS = replace(OLD, text="Theirs one\nPears fell\nTheirs three")


def delete(knowledge: KnowledgeBase) -> None:
    """A delete that may come too early."""
    with suppress(NotFound):
        knowledge.delete("fruit")


BETWEEN: dict[str, Callable[[KnowledgeBase], object]] = {
    "other content": lambda knowledge: knowledge.ingest(THEIRS),
    "the same content": lambda knowledge: knowledge.ingest(MINE),
    "the old content": lambda knowledge: knowledge.ingest(OLD),
    "delete": delete,
    "sweep": lambda knowledge: knowledge.sweep(),
}


@pytest.mark.parametrize(
    ("name", "existing"),
    [(name, existing) for name in BETWEEN for existing in (True, False)],
)
def test_whatever_happens_between_two_writes_both_succeed(
    tmp_path: Path, name: str, existing: bool
) -> None:
    for number in range(100):
        stores = Stores(tmp_path / str(number))
        if existing:
            stores.knowledge.ingest(OLD)
        other = stores.watched(Writes())
        writes = Writes(before=number, happens=lambda other=other: BETWEEN[name](other))  # type: ignore[misc]
        stores.watched(writes).ingest(MINE)
        through = writes.before is not None
        texts = {text for text, _, _ in stores.contents().values()}
        assert texts <= {MINE.text, THEIRS.text, OLD.text}
        assert len(texts) == 1 or (name == "delete" and not texts)
        for text in texts:
            assert {e.passage.text for e in stores.entries("fruit")} == set(text.split("\n"))
        assert stores.stray() == {"passages": set(), "texts": set()}
        stores.database.close()
        if through:
            assert number >= 6
            return
    raise AssertionError("the ingest has no end")


def test_many_threads_leave_one_whole_document(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    submissions = [replace(OLD, text=f"Version {n}\nPears fell {n}") for n in range(6)]
    start = threading.Barrier(len(submissions))

    def ingest(submission: Submission) -> str:
        start.wait()
        while True:
            try:
                return stores.knowledge.ingest(submission).outcome
            except AlexError:
                continue  # more than two at once may be told to try again

    with ThreadPoolExecutor(len(submissions)) as pool:
        outcomes = list(pool.map(ingest, submissions))
    assert outcomes.count("created") == 1
    assert outcomes.count("replaced") == len(submissions) - 1
    [(text, _, _)] = stores.contents().values()
    assert text in {submission.text for submission in submissions}
    assert {e.passage.text for e in stores.entries("fruit")} == set(text.split("\n"))
    assert stores.stray() == {"passages": set(), "texts": set()}
    stores.database.close()


def test_readers_see_the_document_at_every_moment_of_a_replacement(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    stores.knowledge.ingest(OLD)
    seen: list[str] = []

    def look() -> None:
        text = stores.knowledge.get("fruit")[1]
        [(document_id, passages)] = stores.found("pears fell")
        assert document_id == "fruit"
        assert set(passages) <= set(text.split("\n"))
        seen.append(text)

    for number in range(100):
        stores.knowledge.ingest(OLD)
        writes = Writes(before=number, happens=look)
        stores.watched(writes).ingest(MINE)
        if writes.before is not None:
            break
    assert seen[0] == OLD.text
    assert seen[-1] == MINE.text
    with pytest.raises(NotFound):
        stores.knowledge.get("unknown")
    stores.database.close()
