"""VectorIndex."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from alex.knowledge.documents import (
    Attributes,
    Candidate,
    Filter,
    IndexEntry,
    Passage,
    Span,
    Vector,
)
from alex.knowledge.ports import VectorIndex
from tests.contract.conftest import DIMENSION

EVERYTHING = Filter()


def direction(degrees: float, plane: int = 0) -> Vector:
    """A unit vector at an angle to the first axis of a plane; cosines follow by hand."""
    vector = [0.0] * DIMENSION
    vector[2 * plane] = math.cos(math.radians(degrees))
    vector[2 * plane + 1] = math.sin(math.radians(degrees))
    return vector


def entry(
    key: str, text: str, vector: Vector, attributes: Attributes | None = None, context: str = ""
) -> IndexEntry:
    document_id, revision, ordinal = key.split(":")
    passage = Passage(int(ordinal), text, context, Span(10, 10 + len(text)))
    return IndexEntry(key, document_id, revision, passage, vector, attributes or Attributes())


def keys(candidates: Sequence[Candidate]) -> list[str]:
    """The keys, nearest first."""
    return [found.key for found in sorted(candidates, key=lambda c: c.distance)]


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert index.query(direction(0), "anything", 10, EVERYTHING) == []
    assert index.fetch(["a:r:0"]) == []


def test_entries_come_back_as_they_went_in(index: VectorIndex) -> None:
    attributes = Attributes(
        source="https://example.com/ä",
        published=date(2025, 3, 1),
        tickers=("AAPL", "MSFT"),
        kind="10-Q",
        metadata={"year": 2025, "share": 0.5, "audited": False, "note": "übrig"},
    )
    put = [
        entry("a:r:0", "Revenue grew\n| 1 | 2 |", direction(10), attributes, context="Title\nHead"),
        entry("a:r:1", "Costs fell 🙂", direction(20)),
    ]
    index.put(put)
    got = {found.key: found for found in index.fetch(["a:r:0", "a:r:1", "a:r:2"])}
    assert got.keys() == {"a:r:0", "a:r:1"}
    for one in put:
        back = got[one.key]
        assert replace(back, vector=()) == replace(one, vector=())
        assert list(back.vector) == pytest.approx(list(one.vector), abs=1e-6)


def test_putting_a_key_again_replaces_it(index: VectorIndex) -> None:
    index.put([entry("a:r:0", "apples", direction(0))])
    index.put([entry("a:r:0", "pears", direction(90))])
    [found] = index.query(direction(90), "pears", 10, EVERYTHING)
    assert found.passage.text == "pears"
    assert found.distance == pytest.approx(0, abs=1e-5)
    assert found.bm25 is not None
    [found] = index.query(direction(90), "apples", 10, EVERYTHING)
    assert found.bm25 is None


def test_any_number_is_put_fetched_and_deleted_at_once(index: VectorIndex) -> None:
    entries = [entry(f"a:r:{n}", f"word{n}", direction(n / 10)) for n in range(620)]
    index.put(entries)
    everything = [one.key for one in entries]
    assert {found.key for found in index.fetch(everything)} == set(everything)
    assert {c.key for c in index.query(direction(0), "", 100, EVERYTHING)} == set(everything[:100])
    index.delete(everything[:610])
    assert {found.key for found in index.fetch(everything)} == set(everything[610:])
    index.put([])
    index.delete([])
    assert index.fetch([]) == []


def test_deleting_the_unknown_is_no_error(index: VectorIndex) -> None:
    index.put([entry("a:r:0", "apples", direction(0))])
    index.delete(["a:r:1", "b:r:0"])
    assert len(index.query(direction(0), "", 10, EVERYTHING)) == 1
    index.delete(["a:r:0"])
    index.delete(["a:r:0"])
    assert index.query(direction(0), "apples", 10, EVERYTHING) == []


def test_the_nearest_come_with_their_cosine_distance(index: VectorIndex) -> None:
    angles = [0, 30, 60, 90, 120, 180]
    index.put([entry(f"a:r:{n}", "same", direction(a)) for n, a in enumerate(angles)])
    found = index.query(direction(0), "", 4, EVERYTHING)
    assert keys(found) == ["a:r:0", "a:r:1", "a:r:2", "a:r:3"]
    distances = {c.key: c.distance for c in found}
    for n, angle in enumerate(angles[:4]):
        expected = 1 - math.cos(math.radians(angle))
        assert distances[f"a:r:{n}"] == pytest.approx(expected, abs=1e-4)
    assert all(c.bm25 is None for c in found)
    opposite = index.query(direction(180), "", 6, EVERYTHING)
    assert max(c.distance for c in opposite) == pytest.approx(2, abs=1e-4)


def test_a_candidate_carries_its_passage(index: VectorIndex) -> None:
    put = entry("a:r7:3", "Costs fell", direction(0), context="Title")
    index.put([put])
    [found] = index.query(direction(0), "costs", 1, EVERYTHING)
    assert (found.key, found.document_id, found.revision) == ("a:r7:3", "a", "r7")
    assert found.passage == put.passage


def test_text_matches_come_too_each_with_its_distance(index: VectorIndex) -> None:
    index.put([entry(f"near:r:{n}", "nothing of note", direction(n)) for n in range(3)])
    index.put([entry("far:r:0", "the zebra crossed", direction(90))])
    found = {c.key: c for c in index.query(direction(0), "zebra", 3, EVERYTHING)}
    assert found.keys() == {"near:r:0", "near:r:1", "near:r:2", "far:r:0"}
    assert found["far:r:0"].bm25 is not None
    assert found["far:r:0"].bm25 > 0
    assert found["far:r:0"].distance == pytest.approx(1, abs=1e-4)
    assert found["near:r:0"].bm25 is None


def test_near_and_matching_is_one_candidate_with_both(index: VectorIndex) -> None:
    index.put([entry("a:r:0", "zebra", direction(0)), entry("a:r:1", "other", direction(5))])
    found = index.query(direction(0), "zebra", 10, EVERYTHING)
    assert {c.key: c.bm25 is not None for c in found} == {"a:r:0": True, "a:r:1": False}
    assert len(found) == 2


def test_the_better_the_wording_the_higher_the_score(index: VectorIndex) -> None:
    fill = [entry(f"fill:r:{n}", f"filler text number {n}", direction(90)) for n in range(20)]
    index.put(
        [
            *fill,
            entry("both:r:0", "quarterly dividend raised", direction(90)),
            entry("one:r:0", "quarterly report printed", direction(90)),
        ]
    )
    found = index.query(direction(0), "quarterly dividend", 10, EVERYTHING)
    scores = {c.document_id: c.bm25 for c in found if c.bm25 is not None}
    assert scores.keys() == {"both", "one"}
    assert scores["both"] > scores["one"] > 0


def test_only_the_k_best_text_matches_have_a_score(index: VectorIndex) -> None:
    index.put(
        [entry(f"a:r:{n}", "dividend " * (n + 1) + "x " * 30, direction(90)) for n in range(8)]
    )
    index.put([entry("b:r:0", "nothing", direction(0))])
    found = index.query(direction(0), "dividend", 3, EVERYTHING)
    assert {c.key for c in found if c.bm25 is not None} == {"a:r:5", "a:r:6", "a:r:7"}


def test_the_context_is_read_with_the_text(index: VectorIndex) -> None:
    index.put([entry("a:r:0", "Revenue grew", direction(90), context="Zebra Technologies 10-Q")])
    index.put([entry("b:r:0", "Revenue grew", direction(90), context="Other")])
    found = index.query(direction(0), "zebra", 10, EVERYTHING)
    assert [c.key for c in found if c.bm25 is not None] == ["a:r:0"]


def test_case_accents_and_endings_do_not_matter(index: VectorIndex) -> None:
    index.put([entry("a:r:0", "Société Générale DIVIDENDS", direction(90))])
    for question in ("dividend", "Dividends?", "societe generale", "SOCIÉTÉ"):
        [found] = index.query(direction(0), question, 10, EVERYTHING)
        assert found.bm25 is not None, question


@pytest.mark.parametrize(
    "question",
    ["", " ", "?!", '"', "'", "a AND", "NEAR(", "*", "col:x", "^a", "(b", "-x", "+", "{}", "a OR",
     "the", "日本", "\x00", "10-K/A", "U.S.", "$28.8 (billion)", "text:", "🙂", "x" * 5_000,
     "word " * 3_000],
)  # fmt: skip
def test_any_question_is_safe(index: VectorIndex, question: str) -> None:
    index.put([entry("a:r:0", "some text", direction(0))])
    assert keys(index.query(direction(0), question, 10, EVERYTHING)) == ["a:r:0"]


APPLE = Attributes(
    source="https://example.com/apple",
    published=date(2025, 6, 30),
    tickers=("AAPL",),
    kind="10-Q",
    metadata={"year": 2025, "audited": True, "region": "US", "share": 0.5},
)
BOTH = Attributes(
    source="https://example.com/both",
    published=date(2025, 1, 1),
    tickers=("AAPL", "MSFT"),
    kind="news",
    metadata={"year": 2024, "audited": 1, "region": "EU"},
)
UNDATED = Attributes(tickers=("NVDA",), kind="news")
NOTHING = Attributes()

FILTERS: list[tuple[Filter, set[str]]] = [
    (Filter(), {"apple", "both", "undated", "nothing"}),
    (Filter(tickers=("AAPL",)), {"apple", "both"}),
    (Filter(tickers=("MSFT", "NVDA")), {"both", "undated"}),
    (Filter(tickers=("TSLA",)), set()),
    (Filter(kind="news"), {"both", "undated"}),
    (Filter(kind="New"), set()),
    (Filter(source="https://example.com/both"), {"both"}),
    (Filter(source="https://example.com/"), set()),
    (Filter(since=date(2025, 6, 30)), {"apple", "undated", "nothing"}),
    (Filter(since=date(2025, 6, 30), undated=False), {"apple"}),
    (Filter(since=date(2025, 7, 1), undated=False), set()),
    (Filter(until=date(2025, 1, 1), undated=False), {"both"}),
    (Filter(until=date(2025, 1, 1)), {"both", "undated", "nothing"}),
    (Filter(until=date(2024, 12, 31), undated=False), set()),
    (Filter(since=date(2025, 1, 1), until=date(2025, 6, 30), undated=False), {"apple", "both"}),
    (Filter(undated=False), {"apple", "both", "undated", "nothing"}),
    (Filter(metadata={"year": 2025}), {"apple"}),
    (Filter(metadata={"year": 2025.0}), {"apple"}),
    (Filter(metadata={"year": "2025"}), set()),
    (Filter(metadata={"audited": True}), {"apple"}),
    (Filter(metadata={"audited": 1}), {"both"}),
    (Filter(metadata={"audited": False}), set()),
    (Filter(metadata={"share": 0.5}), {"apple"}),
    (Filter(metadata={"region": "EU"}), {"both"}),
    (Filter(metadata={"region": "eu"}), set()),
    (Filter(metadata={"year": 2024, "region": "US"}), set()),
    (Filter(metadata={"missing": "x"}), set()),
    (Filter(tickers=("AAPL",), kind="10-Q", since=date(2025, 1, 1)), {"apple"}),
    (Filter(tickers=("AAPL",), kind="news", metadata={"region": "US"}), set()),
]


@pytest.mark.parametrize(("where", "expected"), FILTERS)
def test_filters_hold_for_meaning_and_wording(
    index: VectorIndex, where: Filter, expected: set[str]
) -> None:
    everything = {"apple": APPLE, "both": BOTH, "undated": UNDATED, "nothing": NOTHING}
    index.put(
        [
            entry(f"{name}:r:0", "dividend", direction(n), attributes)
            for n, (name, attributes) in enumerate(everything.items())
        ]
    )
    by_meaning = index.query(direction(0), "", 10, where)
    assert {c.document_id for c in by_meaning} == expected
    by_wording = index.query(direction(0), "dividend", 10, where)
    assert {c.document_id for c in by_wording if c.bm25 is not None} == expected
    assert {name for name, attributes in everything.items() if where.admits(attributes)} == expected


def test_k_counts_only_what_passes_the_filter(index: VectorIndex) -> None:
    index.put(
        [entry(f"near:r:{n}", "dividend dividend", direction(n / 10), BOTH) for n in range(150)]
    )
    index.put([entry(f"far:r:{n}", "a dividend", direction(120 + n), APPLE) for n in range(5)])
    found = index.query(direction(0), "dividend", 5, Filter(kind="10-Q"))
    assert {c.key for c in found} == {f"far:r:{n}" for n in range(5)}
    assert all(c.bm25 is not None for c in found)
