"""One score, whatever the backend."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from alex.knowledge.documents import Candidate, Passage, Span
from alex.knowledge.ranking import rank


def candidate(
    document: str,
    text: str,
    distance: float = 0.5,
    bm25: float | None = None,
    ordinal: int = 0,
) -> Candidate:
    passage = Passage(ordinal, text, "", Span(0, len(text)))
    return Candidate(f"{document}:{ordinal}", document, "r", passage, distance, bm25)


def order(question: str, candidates: list[Candidate], **titles: str) -> list[str]:
    ranked = rank(question, candidates, titles)
    return [one.candidate.document_id for one in ranked]


def test_nothing_is_ranked_as_nothing() -> None:
    assert rank("sales", [], {}) == []


def test_the_nearer_comes_first_where_wording_says_nothing() -> None:
    candidates = [candidate("far", "dogs", 0.6), candidate("near", "cats", 0.4)]
    assert order("How do felines sleep?", candidates) == ["near", "far"]


def test_wording_decides_where_a_passage_has_the_words_of_the_question() -> None:
    candidates = [
        candidate("near", "sales went up in the period", 0.45),
        candidate("quotes", "retail segment delivered comparable growth of 17%", 0.55, bm25=9.0),
    ]
    assert order("retail segment comparable growth 17%", candidates)[0] == "quotes"


def test_meaning_decides_where_no_passage_has_them() -> None:
    candidates = [
        candidate("near", "capital expenditure fell", 0.3),
        candidate("stray", "a capital in the equities of the public analysts", 0.7, bm25=4.0),
    ]
    question = "Assume that you invest: how much did the firm spend on plant and machinery?"
    assert order(question, candidates)[0] == "near"


def test_a_document_that_the_question_names_is_preferred() -> None:
    candidates = [candidate("a", "net sales rose", 0.5), candidate("b", "net sales rose", 0.5)]
    titles = {"a": "Acme 2021 annual report", "b": "Bolt 2022 annual report"}
    assert order("How did Bolt do in FY2022?", candidates, **titles) == ["b", "a"]
    assert order("How did Acme do in FY2021?", candidates, **titles) == ["a", "b"]


def test_a_passage_found_by_meaning_alone_still_earns_its_words() -> None:
    candidates = [
        candidate("without", "growth in the quarter", 0.5),
        candidate("with", "churn of subscribers in the quarter", 0.5),
    ]
    assert order("subscribers churn", candidates) == ["with", "without"]


def test_a_question_that_is_answered_scores_higher_than_one_that_is_not() -> None:
    answer = [candidate("a", "net sales of retail stores rose", 0.2, bm25=8.0)]
    stray = [candidate("a", "net sales of retail stores rose", 0.9)]
    [good] = rank("retail stores net sales", answer, {})
    [bad] = rank("penguins on ice", stray, {})
    assert good.score > 0.7
    assert bad.score < 0.2


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.sampled_from("abcdef"),
        st.text(alphabet="net sales 2022", max_size=40),
        st.floats(0, 2),
        st.one_of(st.none(), st.just(0.0), st.floats(0.01, 50)),
        st.integers(0, 5),
    ),
    max_size=12,
    unique_by=lambda c: c.key,
)


@given(st.text(max_size=60), CANDIDATES, st.randoms(use_true_random=False))
def test_scores_are_shares_sorted_and_independent_of_the_order_given(
    question: str, candidates: list[Candidate], shuffler: random.Random
) -> None:
    titles = {"a": "net sales", "b": None}
    ranked = rank(question, candidates, titles)
    scores = [one.score for one in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    shuffled = list(candidates)
    shuffler.shuffle(shuffled)
    again = rank(question, shuffled, titles)
    assert [one.candidate for one in again] == [one.candidate for one in ranked]


@given(CANDIDATES, st.floats(0.1, 100))
def test_the_unit_of_bm25_does_not_matter(candidates: list[Candidate], unit: float) -> None:
    scaled = [replace(c, bm25=None if c.bm25 is None else c.bm25 * unit) for c in candidates]
    scores = [one.score for one in rank("net sales 2022", candidates, {})]
    rescaled = [one.score for one in rank("net sales 2022", scaled, {})]
    assert all(abs(a - b) < 1e-9 for a, b in zip(scores, rescaled, strict=True))
