"""BM25 over a handful of texts."""

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.knowledge import bm25

VOCABULARY = ["revenue", "cost", "margin", "cash", "debt", "zebra", "growth"]


def fts5(question: str, texts: list[str]) -> list[float]:
    """What SQLite scores."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5 (text)")
    db.executemany("INSERT INTO t (rowid, text) VALUES (?, ?)", list(enumerate(texts)))
    query = " OR ".join(dict.fromkeys(question.split()))
    found = dict(db.execute("SELECT rowid, -bm25(t) FROM t WHERE t MATCH ?", (query,)))
    db.close()
    return [found.get(number, 0.0) for number in range(len(texts))]


words = st.sampled_from(VOCABULARY)


@given(
    st.lists(words, min_size=1, max_size=4).map(" ".join),
    st.lists(st.lists(words, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=8),
)
def test_scores_are_those_of_sqlite(question: str, texts: list[str]) -> None:
    assert bm25.scores(question, texts) == pytest.approx(fts5(question, texts), rel=1e-6)


def test_rarer_words_count_more_and_common_ones_nothing() -> None:
    texts = ["the revenue", "the zebra", "the revenue", "the cost", "the debt"]
    rare, common = bm25.scores("the zebra", texts)[1], bm25.scores("the revenue", texts)[0]
    assert rare > common > 0
    assert bm25.scores("the zebra", texts)[0] == 0


def test_endings_and_accents_do_not_matter() -> None:
    [score, other] = bm25.scores("Société DIVIDENDS", ["a societe pays a dividend", "no"])
    assert score > 0
    assert other == 0


def test_nothing_is_scored_without_texts_or_words() -> None:
    assert bm25.scores("revenue", []) == []
    assert bm25.scores("?!", ["revenue"]) == [0]
