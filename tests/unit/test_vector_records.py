"""Passages as S3 Vectors keeps them: whole, within its limits, filtered as the core filters."""

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from alex.aws import vector_records
from alex.errors import InvalidInput
from alex.knowledge.documents import Attributes, Filter, IndexEntry, Passage, Span, Submission
from alex.knowledge.submissions import prepare
from tests.support.template import properties

FILTERABLE_BYTES = 2048
METADATA_KEYS = 50
METADATA_BYTES = 40 * 1024

HIDDEN = properties("VectorIndex")["MetadataConfiguration"]["NonFilterableMetadataKeys"]

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60)
scalars = words | st.integers(-(2**53), 2**53) | st.booleans() | st.floats(-1e9, 1e9)
attributes = st.builds(
    Attributes,
    source=st.none() | words,
    published=st.none() | st.dates(),
    tickers=st.lists(st.from_regex(r"[A-Z0-9]{1,16}", fullmatch=True), max_size=20).map(tuple),
    kind=st.none() | words,
    metadata=st.dictionaries(words, scalars, max_size=40),
)


def entry(attributes: Attributes, text: str = "text", context: str = "") -> IndexEntry:
    passage = Passage(3, text, context, Span(7, 7 + len(text)))
    return IndexEntry("d:r:3", "d", "r", passage, [1.0, 0.0], attributes)


@given(attributes)
def test_whatever_is_let_in_fits(raw: Attributes) -> None:
    try:
        draft = prepare(Submission("text", attributes=raw))
    except InvalidInput:
        return
    values = vector_records.metadata(entry(draft.attributes, "x" * 2000, "y" * 500))
    filterable = {name: value for name, value in values.items() if name not in HIDDEN}
    assert len(json.dumps(filterable).encode()) <= FILTERABLE_BYTES
    assert vector_records.size(values) <= METADATA_BYTES
    assert len(values) <= METADATA_KEYS
    assert [] not in filterable.values()


def test_the_largest_attributes_fit() -> None:
    """As many names and values as are let in, each as costly as can be."""
    metadata = {f"{chr(0x4E00 + n)}": "司" for n in range(40)}
    tickers = tuple(f"TICKER.LONG-{n:04}" for n in range(20))
    largest = Attributes("源" * 40, date(2025, 1, 1), tickers, "類" * 20, metadata)
    draft = prepare(Submission("text", attributes=largest))
    values = vector_records.metadata(entry(draft.attributes))
    filterable = {name: value for name, value in values.items() if name not in HIDDEN}
    assert len(json.dumps(filterable).encode()) <= FILTERABLE_BYTES


@given(attributes, words, words)
def test_an_entry_comes_back_as_it_went_in(given: Attributes, text: str, context: str) -> None:
    before = entry(given, text, context)
    stored = json.loads(json.dumps(vector_records.metadata(before)))
    assert vector_records.entry(before.key, stored, before.vector) == before


def passes(condition: object, values: dict[str, object]) -> bool:
    """S3 Vectors' reading of a filter, for the operators that are used."""
    assert isinstance(condition, dict)
    [(name, asked)] = condition.items()
    if name in {"$and", "$or"}:
        results = [passes(one, values) for one in asked]
        return all(results) if name == "$and" else any(results)
    [(operator, wanted)] = asked.items()
    found = values.get(name)
    if operator == "$exists":
        return (name in values) is wanted
    if operator == "$eq":
        return wanted in (found if isinstance(found, list) else [found])
    assert isinstance(wanted, int)
    return isinstance(found, int) and (found >= wanted if operator == "$gte" else found <= wanted)


small = st.builds(
    Attributes,
    source=st.sampled_from([None, "a", "b" * 100, "c" * 100]),
    published=st.sampled_from([None, date(2024, 1, 1), date(2025, 1, 1)]),
    tickers=st.lists(st.sampled_from(["A", "B", "C"]), unique=True).map(tuple),
    kind=st.sampled_from([None, "10-K", "10-Q"]),
    metadata=st.dictionaries(
        st.sampled_from(["x", "y"]), st.sampled_from([1, 1.0, True, "1", "é", "z" * 99])
    ),
)
filters = st.builds(
    Filter,
    tickers=st.lists(st.sampled_from(["A", "B", "C"]), unique=True).map(tuple),
    kind=st.sampled_from([None, "10-K", "10-Q"]),
    source=st.sampled_from([None, "a", "b" * 100, "c" * 100]),
    since=st.sampled_from([None, date(2024, 6, 1), date(2025, 1, 1)]),
    until=st.sampled_from([None, date(2024, 1, 1), date(2024, 6, 1)]),
    undated=st.booleans(),
    metadata=st.dictionaries(
        st.sampled_from(["x", "y"]), st.sampled_from([1, 1.0, True, "1", "é", "z" * 99])
    ),
)


@given(small, filters)
def test_the_service_filters_as_the_core_does(attributes: Attributes, where: Filter) -> None:
    asked = vector_records.query_filter(where)
    values = vector_records.metadata(entry(attributes))
    assert (asked is None or passes(asked, values)) == where.admits(attributes)
