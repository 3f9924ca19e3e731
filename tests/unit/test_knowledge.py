"""What becomes of documents that come in, change and go."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alex.errors import AlexError, InvalidInput, NotFound, TooLarge, Unavailable
from alex.knowledge.documents import Attributes, Filter, Submission, Vector
from alex.knowledge.submissions import MAX_TEXT
from alex.retry import time_limit
from tests.support.stores import Stores, WordEmbedder, Writes

APPLES = Submission(
    "Apples grew by ten percent\nPears fell by two percent",
    id="fruit",
    title="Fruit",
    attributes=Attributes(tickers=("frt",), kind="report", metadata={"year": 2025}),
)

FORECAST = replace(APPLES, attributes=replace(APPLES.attributes, kind="forecast"))


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    stores = Stores(tmp_path)
    yield stores
    stores.database.close()


def test_a_document_is_found_and_given_back_whole(stores: Stores) -> None:
    receipt = stores.knowledge.ingest(APPLES)
    assert (receipt.document_id, receipt.passages, receipt.outcome) == ("fruit", 2, "created")
    document, text = stores.knowledge.get("fruit")
    assert text == APPLES.text
    assert document.characters == len(text)
    assert document.attributes.tickers == ("FRT",)
    assert stores.found("pears fell")[0] == (
        "fruit",
        ["Pears fell by two percent", "Apples grew by ten percent"],
    )


def test_the_same_content_again_costs_and_writes_nothing(stores: Stores) -> None:
    first = stores.knowledge.ingest(APPLES)
    stores.embedder.embedded.clear()
    writes = Writes()
    again = stores.watched(writes).ingest(APPLES)
    assert again.outcome == "unchanged"
    assert again.revision == first.revision
    assert stores.embedder.embedded == []
    assert writes.count == 0


def test_without_an_id_a_document_is_known_by_its_source_and_else_by_its_text(
    stores: Stores,
) -> None:
    by_text = stores.knowledge.ingest(Submission("One text"))
    retitled = stores.knowledge.ingest(Submission("One text", title="A title"))
    assert retitled.document_id == by_text.document_id
    assert retitled.outcome == "replaced"
    source = Attributes(source="https://example.com/a")
    page = stores.knowledge.ingest(Submission("One text", attributes=source))
    assert page.document_id != by_text.document_id
    newer = stores.knowledge.ingest(Submission("Another text", attributes=source))
    assert (newer.document_id, newer.outcome) == (page.document_id, "replaced")
    assert stores.knowledge.get(page.document_id)[1] == "Another text"


def test_what_there_is_no_time_left_for_is_not_begun(stores: Stores) -> None:
    writes = Writes()
    with time_limit(0):
        fates = stores.watched(writes).ingest_many([APPLES, Submission(""), Submission("Another")])
    assert [type(fate) for fate in fates] == [Unavailable, InvalidInput, Unavailable]
    assert stores.embedder.embedded == []
    assert writes.count == 0
    again = stores.knowledge.ingest_many([APPLES, Submission("Another")])
    assert not [fate for fate in again if isinstance(fate, AlexError)]


def test_line_breaks_composition_and_marks_do_not_make_another_document(stores: Stores) -> None:
    one = stores.knowledge.ingest(Submission("\ufeffCafe\u0301\r\nzwei\fdrei"))
    other = stores.knowledge.ingest(Submission("Café\nzwei\ndrei"))
    assert other.document_id == one.document_id
    assert other.outcome == "unchanged"
    assert stores.knowledge.get(one.document_id)[1] == "Café\nzwei\ndrei"


def test_new_attributes_embed_nothing_and_filter_at_once(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    stores.embedder.embedded.clear()
    receipt = stores.knowledge.ingest(FORECAST)
    assert receipt.outcome == "replaced"
    assert stores.embedder.embedded == []
    assert stores.found("apples", Filter(kind="report")) == []
    assert [found for found, _ in stores.found("apples", Filter(kind="forecast"))] == ["fruit"]
    assert stores.stray() == {"passages": set(), "texts": set()}


def test_a_revision_embeds_only_passages_that_changed(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    stores.embedder.embedded.clear()
    text = f"{APPLES.text}\nPlums are new"
    stores.knowledge.ingest(Submission(text, id="fruit", title="Fruit"))
    assert stores.embedder.embedded == ["Fruit\nPlums are new"]
    vectors = {e.passage.text: list(e.vector) for e in stores.entries("fruit")}
    assert len(vectors) == 3
    expected = WordEmbedder().embed(["Fruit\nPears fell by two percent"])[0]
    assert vectors["Pears fell by two percent"] == pytest.approx(expected, abs=1e-6)


def test_another_model_or_way_of_splitting_makes_the_passages_anew(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    other = WordEmbedder(model="other words")
    assert stores.watched(Writes(), other).ingest(APPLES).outcome == "replaced"
    assert len(other.embedded) == 2
    other.embedded.clear()
    assert stores.watched(Writes(), other, version="2").ingest(APPLES).outcome == "replaced"
    assert other.embedded == []  # the same passages came out, whose vectors are known


def test_first_ingested_stays_and_updated_moves(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    first, _ = stores.knowledge.get("fruit")
    stores.knowledge.ingest(Submission("Other text", id="fruit"))
    second, _ = stores.knowledge.get("fruit")
    assert second.ingested == first.ingested
    assert second.updated > first.updated


def test_a_deleted_document_leaves_nothing(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    stores.knowledge.delete("fruit")
    assert stores.found("apples") == []
    assert stores.stray() == {"passages": set(), "texts": set()}
    with pytest.raises(NotFound, match="fruit"):
        stores.knowledge.get("fruit")
    with pytest.raises(NotFound, match="fruit"):
        stores.knowledge.delete("fruit")
    assert stores.knowledge.ingest(APPLES).outcome == "created"


def test_of_a_batch_each_document_has_its_own_fate(stores: Stores) -> None:
    fates = stores.knowledge.ingest_many(
        [APPLES, Submission(" \n "), APPLES, Submission("Plums", id="plums"), APPLES]
    )
    outcomes = [f if isinstance(f, AlexError) else f.outcome for f in fates]
    assert outcomes[0] == "created"
    assert isinstance(outcomes[1], InvalidInput)
    assert outcomes[2:] == ["unchanged", "created", "unchanged"]
    assert set(stores.contents()) == {"fruit", "plums"}


def test_of_a_batch_the_last_word_on_a_document_wins(stores: Stores) -> None:
    texts = ["one", "two", "three"]
    stores.knowledge.ingest_many([Submission(text, id="same") for text in texts])
    assert stores.knowledge.get("same")[1] == "three"
    assert stores.stray() == {"passages": set(), "texts": set()}


def test_short_documents_of_a_batch_are_embedded_together(stores: Stores) -> None:
    class Counting(WordEmbedder):
        calls = 0

        def embed(self, texts: Sequence[str]) -> list[Vector]:
            self.calls += 1
            return super().embed(texts)

    embedder = Counting()
    knowledge = stores.watched(Writes(), embedder)
    knowledge.ingest_many([Submission(f"Text {n}") for n in range(50)])
    assert embedder.calls == 1
    assert len(stores.contents()) == 50


def test_while_the_model_is_down_nothing_is_visible_and_what_needs_no_model_passes(
    stores: Stores,
) -> None:
    stores.knowledge.ingest(APPLES)
    stores.embedder.down = True
    known, unknown = stores.knowledge.ingest_many([FORECAST, Submission("Plums", id="plums")])
    assert not isinstance(known, AlexError)
    assert isinstance(unknown, Unavailable)
    assert set(stores.contents()) == {"fruit"}
    stores.embedder.down = False
    assert stores.knowledge.ingest(Submission("Plums", id="plums")).outcome == "created"


def test_a_long_document_is_wholly_searchable(stores: Stores) -> None:
    lines = [f"line{n} word{n}" for n in range(700)]
    receipt = stores.knowledge.ingest(Submission("\n".join(lines), id="long"))
    assert receipt.passages == 700
    for n in (0, 255, 256, 511, 512, 699):
        assert stores.found(f"word{n}")[0][1][0] == f"line{n} word{n}"


@pytest.mark.parametrize(
    "document_id", ["a/b", "..", "über", "a:b:c", "x" * 200, "~tilde", "日本", 'quote"', "%2F"]
)
def test_any_printable_id_will_do(stores: Stores, document_id: str) -> None:
    stores.knowledge.ingest(Submission("Plums", id=document_id))
    stores.knowledge.ingest(Submission("Pears", id="a"))
    assert stores.knowledge.get(document_id)[1] == "Plums"
    assert (document_id, ["Plums"]) in stores.found("plums")
    stores.knowledge.delete(document_id)
    assert set(stores.contents()) == {"a"}
    assert stores.stray() == {"passages": set(), "texts": set()}


BAD = {
    "text": [
        Submission(""),
        Submission(" \n\t "),
        Submission("\u200b\u200b"),
        Submission("a\x00b"),
        Submission("a\x1bb"),
        Submission("a\x7f"),
        Submission("a\ud800"),
    ],
    "id": [Submission("a", id=""), Submission("a", id="a\nb"), Submission("a", id="x" * 201)],
    "title": [Submission("a", title="x" * 501), Submission("a", title="a\x00")],
    "tickers": [Submission("a", attributes=Attributes(tickers=("A\x00",)))],
    "kind": [Submission("a", attributes=Attributes(kind="a\nb"))],
    "source": [
        Submission("a", attributes=Attributes(source="a\nb")),
        Submission("a", attributes=Attributes(source="https://example.com/" + "x" * 2_000)),
    ],
    "metadata": [
        Submission("a", attributes=Attributes(metadata={str(n): 1 for n in range(41)})),
        Submission("a", attributes=Attributes(metadata={"long": "x" * 2_000})),
        Submission("a", attributes=Attributes(metadata={"": 1})),
    ],
    "metadata.n": [Submission("a", attributes=Attributes(metadata={"n": float("nan")}))],
    "metadata.s": [Submission("a", attributes=Attributes(metadata={"s": "a\x00"}))],
}


@pytest.mark.parametrize(
    ("field", "submission"), [(field, s) for field, many in BAD.items() for s in many]
)
def test_bad_fields_are_named_and_nothing_is_stored(
    stores: Stores, field: str, submission: Submission
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        stores.knowledge.ingest(submission)
    assert field in [error.field for error in refusal.value.errors]
    assert stores.contents() == {}
    assert stores.stray() == {"passages": set(), "texts": set()}


def test_a_text_over_the_limit_is_too_large_and_one_at_it_is_not(stores: Stores) -> None:
    with pytest.raises(TooLarge, match="5,000,000"):
        stores.knowledge.ingest(Submission("é" * (MAX_TEXT // 2) + "x"))
    assert stores.knowledge.ingest(Submission("é" * (MAX_TEXT // 2))).outcome == "created"


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_listing_has_limits(stores: Stores, limit: int) -> None:
    with pytest.raises(InvalidInput, match="limit"):
        stores.knowledge.list(limit=limit)


def test_a_listing_knows_tickers_in_any_case(stores: Stores) -> None:
    stores.knowledge.ingest(APPLES)
    assert [d.id for d in stores.knowledge.list(ticker="frt").items] == ["fruit"]
    assert stores.knowledge.list(ticker="xyz").items == ()


@pytest.mark.parametrize("document_id", ["", "a\x00", "\ud800", "x" * 201, "a\nb"])
def test_an_impossible_id_is_just_unknown(stores: Stores, document_id: str) -> None:
    with pytest.raises(NotFound):
        stores.knowledge.get(document_id)
    with pytest.raises(NotFound):
        stores.knowledge.delete(document_id)


@pytest.mark.parametrize("field", ["kind", "ticker"])
def test_a_listing_refuses_what_cannot_be_read(stores: Stores, field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        stores.knowledge.list(**{field: "\ud800"})  # type: ignore[arg-type]
