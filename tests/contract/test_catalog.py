"""Catalog."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from alex.api.documents import DocumentsQuery
from alex.api.requests import parse_query
from alex.errors import Conflict, InvalidInput
from alex.knowledge.documents import Attributes, Document, Revision
from alex.knowledge.ports import Catalog
from alex.knowledge.submissions import MAX_ID
from tests.contract.conftest import FOREIGN_CURSORS

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def document(document_id: str = "d", revision: str = "r1", **changes: object) -> Document:
    made = Document(
        id=document_id,
        revision=revision,
        passages=3,
        characters=120,
        ingested=NOON,
        updated=NOON,
        title="Title",
        attributes=Attributes(
            source="https://example.com/a?b=c",
            published=date(2025, 12, 31),
            tickers=("AAPL", "MSFT"),
            kind="10-Q",
            metadata={"year": 2025, "share": 0.5, "audited": True, "note": "ümlaut"},
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def revision_of(document: Document) -> Revision:
    return Revision(document.id, document.revision, document.passages)


def publish(catalog: Catalog, document: Document, replaces: str | None = None) -> None:
    catalog.stage(revision_of(document), document.updated)
    catalog.publish(document, replaces=replaces)


def staged(catalog: Catalog, document_id: str = "d") -> dict[str, bool]:
    return {item.revision.revision: item.settled for item in catalog.staged(document_id)}


def test_a_staged_revision_is_known_but_not_visible(catalog: Catalog) -> None:
    catalog.stage(Revision("d", "r1", 3), NOON)
    assert catalog.get("d") is None
    [item] = catalog.staged("d")
    assert item.revision == Revision("d", "r1", 3)
    assert item.since == NOON
    assert not item.settled
    assert catalog.staged("other") == []


def test_a_published_document_comes_back_as_it_went_in(catalog: Catalog) -> None:
    full = document()
    bare = document("bare", title=None, attributes=Attributes())
    publish(catalog, full)
    publish(catalog, bare)
    assert catalog.get("d") == full
    assert catalog.get("bare") == bare
    assert staged(catalog) == {}


def test_times_keep_their_microseconds(catalog: Catalog) -> None:
    precise = document(updated=NOON + timedelta(microseconds=123_456))
    publish(catalog, precise)
    assert catalog.get("d") == precise


def test_an_attribute_keeps_its_type(catalog: Catalog) -> None:
    publish(catalog, document())
    stored = catalog.get("d")
    assert stored is not None
    types = {key: type(value) for key, value in stored.attributes.metadata.items()}
    assert types == {"year": int, "share": float, "audited": bool, "note": str}


def test_replacing_shows_the_new_and_stages_the_old_as_settled(catalog: Catalog) -> None:
    publish(catalog, document())
    later = NOON + timedelta(minutes=1)
    newer = document(revision="r2", passages=5, updated=later)
    publish(catalog, newer, replaces="r1")
    assert catalog.get("d") == newer
    [item] = catalog.staged("d")
    assert item.revision == Revision("d", "r1", 3)
    assert item.settled
    assert item.since == later


@pytest.mark.parametrize("replaces", [None, "r0"])
def test_publishing_over_an_unexpected_revision_conflicts(
    catalog: Catalog, replaces: str | None
) -> None:
    publish(catalog, document())
    catalog.stage(Revision("d", "r2", 3), NOON)
    with pytest.raises(Conflict):
        catalog.publish(document(revision="r2"), replaces=replaces)
    assert catalog.get("d") == document()
    assert staged(catalog) == {"r2": False}


def test_publishing_over_a_revision_that_is_gone_conflicts(catalog: Catalog) -> None:
    catalog.stage(Revision("d", "r2", 3), NOON)
    with pytest.raises(Conflict):
        catalog.publish(document(revision="r2"), replaces="r1")
    assert catalog.get("d") is None
    assert staged(catalog) == {"r2": False}


def test_what_is_not_staged_cannot_be_published(catalog: Catalog) -> None:
    with pytest.raises(Conflict):
        catalog.publish(document(), replaces=None)
    catalog.stage(Revision("d", "r1", 3), NOON)
    catalog.unstage(Revision("d", "r1", 3))
    with pytest.raises(Conflict):
        catalog.publish(document(), replaces=None)
    assert catalog.get("d") is None


def test_what_is_condemned_cannot_be_published_and_stays_staged(catalog: Catalog) -> None:
    publish(catalog, document())
    catalog.stage(Revision("d", "r2", 3), NOON)
    catalog.condemn(Revision("d", "r2", 3))
    catalog.condemn(Revision("d", "r2", 3))
    with pytest.raises(Conflict):
        catalog.publish(document(revision="r2"), replaces="r1")
    assert catalog.get("d") == document()
    assert staged(catalog) == {"r2": False}


def test_condemning_the_unknown_or_the_visible_changes_nothing(catalog: Catalog) -> None:
    catalog.condemn(Revision("d", "r1", 3))
    assert staged(catalog) == {}
    publish(catalog, document())
    catalog.condemn(Revision("d", "r1", 3))
    assert catalog.get("d") == document()
    assert staged(catalog) == {}


def test_a_withdrawn_document_is_hidden_and_staged_as_settled(catalog: Catalog) -> None:
    publish(catalog, document())
    catalog.withdraw(document(), NOON + timedelta(hours=1))
    assert catalog.get("d") is None
    assert catalog.list(kind=None, ticker=None, cursor=None, limit=10).items == ()
    [item] = catalog.staged("d")
    assert item.revision == Revision("d", "r1", 3)
    assert item.settled
    assert item.since == NOON + timedelta(hours=1)


def test_withdrawing_another_revision_than_the_visible_conflicts(catalog: Catalog) -> None:
    with pytest.raises(Conflict):
        catalog.withdraw(document(), NOON)
    publish(catalog, document())
    publish(catalog, document(revision="r2"), replaces="r1")
    with pytest.raises(Conflict):
        catalog.withdraw(document(), NOON)
    assert catalog.get("d") == document(revision="r2")


def test_unstaging_forgets_one_revision_and_unknown_ones_are_no_error(catalog: Catalog) -> None:
    catalog.stage(Revision("d", "r1", 3), NOON)
    catalog.stage(Revision("d", "r2", 4), NOON)
    catalog.unstage(Revision("d", "r1", 3))
    catalog.unstage(Revision("d", "r1", 3))
    assert staged(catalog) == {"r2": False}


def test_leftovers_are_those_staged_earlier_of_any_document(catalog: Catalog) -> None:
    catalog.stage(Revision("a", "r1", 1), NOON)
    catalog.stage(Revision("b", "r1", 1), NOON + timedelta(minutes=1))
    catalog.stage(Revision("c", "r1", 1), NOON + timedelta(minutes=2))
    publish(catalog, document())
    catalog.withdraw(document(), NOON)
    found = catalog.leftovers(NOON + timedelta(minutes=2))
    assert {item.revision.document_id for item in found} == {"a", "b", "d"}
    assert {item.revision.document_id for item in found if item.settled} == {"d"}
    assert catalog.leftovers(NOON) == []


def test_leftovers_come_at_most_100_at_a_time(catalog: Catalog) -> None:
    for number in range(105):
        catalog.stage(Revision(f"d{number}", "r", 1), NOON)
    first = catalog.leftovers(NOON + timedelta(seconds=1))
    assert len(first) == 100
    for item in first:
        catalog.unstage(item.revision)
    assert len(catalog.leftovers(NOON + timedelta(seconds=1))) == 5


def test_many_are_got_at_once_without_the_unknown(catalog: Catalog) -> None:
    documents = {f"d{number}": document(f"d{number}") for number in range(120)}
    for one in documents.values():
        publish(catalog, one)
    assert catalog.get_many([*documents, "unknown"]) == documents
    assert catalog.get_many(["d1", "d1"]) == {"d1": documents["d1"]}
    assert catalog.get_many([]) == {}


def listed(catalog: Catalog, limit: int, **filters: str) -> list[list[str]]:
    """Pages of ids, to the end."""
    pages, cursor = [], None
    while True:
        page = catalog.list(
            kind=filters.get("kind"), ticker=filters.get("ticker"), cursor=cursor, limit=limit
        )
        pages.append([item.id for item in page.items])
        cursor = page.cursor
        if cursor is None:
            return pages


def test_a_listing_is_newest_first_in_pages(catalog: Catalog) -> None:
    for number in range(7):
        publish(catalog, document(f"d{number}", updated=NOON + timedelta(seconds=number)))
    assert listed(catalog, 3) == [["d6", "d5", "d4"], ["d3", "d2", "d1"], ["d0"]]
    assert listed(catalog, 100) == [[f"d{n}" for n in range(6, -1, -1)]]


def test_pages_of_documents_of_one_moment_miss_and_repeat_nothing(catalog: Catalog) -> None:
    for number in range(10):
        publish(catalog, document(f"d{number}"))
    for limit in (1, 3, 10):
        ids = [document_id for page in listed(catalog, limit) for document_id in page]
        assert sorted(ids) == [f"d{number}" for number in range(10)]


def test_pages_go_on_behind_the_longest_id(catalog: Catalog) -> None:
    ids = ["\N{JACK-O-LANTERN}" * (MAX_ID - 1) + last for last in "ab"]
    for document_id in ids:
        publish(catalog, document(document_id))
    first = catalog.list(kind=None, ticker=None, cursor=None, limit=1)
    assert first.cursor is not None
    asked = parse_query(DocumentsQuery, {"cursor": [first.cursor]})
    second = catalog.list(kind=None, ticker=None, cursor=asked.cursor, limit=1)
    assert [first.items[0].id, second.items[0].id] == ids[::-1]


def test_documents_that_come_or_go_between_pages_move_no_others(catalog: Catalog) -> None:
    for number in range(6):
        publish(catalog, document(f"d{number}", updated=NOON + timedelta(seconds=number)))
    first = catalog.list(kind=None, ticker=None, cursor=None, limit=2)
    publish(catalog, document("new", updated=NOON + timedelta(hours=1)))
    catalog.withdraw(document("d4"), NOON)
    second = catalog.list(kind=None, ticker=None, cursor=first.cursor, limit=2)
    assert [item.id for item in first.items] == ["d5", "d4"]
    assert [item.id for item in second.items] == ["d3", "d2"]


def test_a_listing_can_be_of_one_kind_or_ticker(catalog: Catalog) -> None:
    for number in range(12):
        attributes = Attributes(
            kind="10-Q" if number % 2 else "8-K",
            tickers=("AAPL", "MSFT") if number % 3 == 0 else ("NVDA",),
        )
        at = NOON + timedelta(seconds=number)
        publish(catalog, document(f"d{number:02}", attributes=attributes, updated=at))
    assert listed(catalog, 4, kind="10-Q") == [
        ["d11", "d09", "d07", "d05"],
        ["d03", "d01"],
    ]
    assert listed(catalog, 10, ticker="MSFT") == [["d09", "d06", "d03", "d00"]]
    assert listed(catalog, 10, ticker="MSFT", kind="8-K") == [["d06", "d00"]]
    assert listed(catalog, 10, ticker="TSLA") == [[]]


@pytest.mark.parametrize("cursor", FOREIGN_CURSORS)
def test_a_foreign_cursor_is_refused(catalog: Catalog, cursor: str) -> None:
    publish(catalog, document())
    with pytest.raises(InvalidInput) as refusal:
        catalog.list(kind=None, ticker=None, cursor=cursor, limit=10)
    assert [error.field for error in refusal.value.errors] == ["cursor"]
