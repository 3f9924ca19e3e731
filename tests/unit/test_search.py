"""Search over the real local stores."""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alex.errors import Unavailable
from alex.knowledge.documents import Attributes, Candidate, Filter, Submission, Vector
from alex.knowledge.search import PASSAGES, Search
from alex.local.index import SqliteIndex
from tests.support.stores import DIMENSION, Stores

TEXTS = {
    "brakes": "Brakes sold well.\nSales of brakes rose 4%.\nBrakes cost more.\nNew brakes came.",
    "lamps": "Lamps sold badly.\nSales of lamps fell 3%.",
    "bolts": "Bolts are made of steel.",
}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    made = Stores(tmp_path)
    for name, text in TEXTS.items():
        attributes = Attributes(kind="report", tickers=(name[:2].upper(),))
        made.knowledge.ingest(Submission(text, id=name, title=name, attributes=attributes))
    yield made
    made.database.close()


def test_documents_come_with_their_best_passages_first(stores: Stores) -> None:
    hits = stores.search.search("brakes sales", k=2)
    assert len(hits) == 2
    first = hits[0]
    assert first.document.id == "brakes"
    assert first.best.text == "Sales of brakes rose 4%."
    assert len(first.passages) == PASSAGES
    scores = [passage.score for passage in first.passages]
    assert scores == sorted(scores, reverse=True)
    assert hits[1].best.score <= first.best.score


def test_spans_point_into_the_stored_text(stores: Stores) -> None:
    for hit in stores.search.search("sales"):
        text = stores.knowledge.get(hit.document.id)[1]
        for passage in hit.passages:
            assert text[passage.span.start : passage.span.end] == passage.text


def test_ungrouped_results_are_single_passages(stores: Stores) -> None:
    hits = stores.search.search("brakes", k=3, group="passage")
    assert [hit.document.id for hit in hits] == ["brakes"] * 3
    assert {len(hit.passages) for hit in hits} == {1}


def test_k_limits_the_results(stores: Stores) -> None:
    assert len(stores.search.search("sales", k=1)) == 1
    assert len(stores.search.search("sales", k=100)) == len(TEXTS)


def test_only_documents_that_pass_the_filter_are_found(stores: Stores) -> None:
    hits = stores.search.search("sales", where=Filter(tickers=("LA",)))
    assert [hit.document.id for hit in hits] == ["lamps"]
    dated = Filter(since=date(2025, 1, 1), undated=False)
    assert stores.search.search("sales", where=dated) == []


def test_a_deleted_document_is_not_found(stores: Stores) -> None:
    stores.knowledge.delete("brakes")
    assert "brakes" not in [hit.document.id for hit in stores.search.search("brakes")]


def test_an_empty_knowledge_base_finds_nothing(tmp_path: Path) -> None:
    stores = Stores(tmp_path)
    assert stores.search.search("anything") == []
    stores.database.close()


def test_a_model_that_is_down_is_no_empty_result(stores: Stores) -> None:
    stores.embedder.down = True
    with pytest.raises(Unavailable):
        stores.search.search("sales")


class OvertakenIndex(SqliteIndex):
    """Replaces a document after its first answer, before anybody can look at the catalog."""

    def __init__(self, stores: Stores) -> None:
        super().__init__(stores.database, DIMENSION)
        self._stores = stores
        self.queries = 0

    def query(self, vector: Vector, text: str, k: int, where: Filter) -> list[Candidate]:
        answer = super().query(vector, text, k, where)
        self.queries += 1
        if self.queries == 1:
            self._stores.knowledge.ingest(Submission("Brakes got better.", id="brakes"))
        return answer


def test_a_document_replaced_meanwhile_is_found_with_its_new_text(stores: Stores) -> None:
    index = OvertakenIndex(stores)
    hits = Search(stores.embedder, index, stores.catalog).search("brakes")
    assert index.queries == 2
    assert [passage.text for passage in hits[0].passages] == ["Brakes got better."]


class UnfilteredIndex(SqliteIndex):
    """A backend whose filter lets everything through."""

    def query(self, vector: Vector, text: str, k: int, where: Filter) -> list[Candidate]:
        return super().query(vector, text, k, Filter())


def test_what_a_backend_lets_through_is_filtered_again(stores: Stores) -> None:
    index = UnfilteredIndex(stores.database, DIMENSION)
    hits = Search(stores.embedder, index, stores.catalog).search("sales", where=Filter(kind="note"))
    assert hits == []


QUESTIONS: Sequence[str] = [
    '"',
    "'; DROP TABLE passages; --",
    "brakes AND OR NOT",
    "NEAR(brakes, 3)",
    "brakes*",
    "^brakes",
    "context:brakes",
    "{context text}: brakes",
    "-brakes +lamps",
    "()",
    "...",
    "?",
    "\x00",
    "\ufeff",
    "émile 東京 🚗",
    "x" * 10_000,
    "brakes " * 5_000,
]


@pytest.mark.parametrize("question", QUESTIONS, ids=range(len(QUESTIONS)))
def test_no_wording_of_a_question_is_an_error(stores: Stores, question: str) -> None:
    assert all(0 <= hit.best.score <= 1 for hit in stores.search.search(question))


@given(st.text(max_size=300))
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_question_gets_an_answer(stores: Stores, question: str) -> None:
    assert len(stores.search.search(question, k=3)) == len(TEXTS)
