"""What full text is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.knowledge.terms import shared_stems, stems, terms


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the capital expenditure of 3M?", ["capital", "expenditure", "3m"]),
        ("sales of $28.8 million", ["sales", "28.8", "28", "8", "million"]),
        ("FY2018 and Q4", ["fy2018", "fy", "2018", "q4"]),
        ("Nestlé's café", ["nestle", "cafe"]),
        ("net NET Net", ["net"]),
        ("how is it", ["how", "is", "it"]),
        ("?!", []),
        ('a" OR b* NEAR(c, 2) -d ^e {f}:g', ["b", "near", "c", "2", "d", "e", "f", "g"]),
    ],
)
def test_terms_of_a_question(question: str, expected: list[str]) -> None:
    assert terms(question) == expected


def test_stems_meet_inflected_words() -> None:
    asked = stems("declining acquisitions in FY2022")
    text = "Sales declined in 2022 after an acquisition"
    assert shared_stems(text, asked) == stems("declines 2022 acquisition")
    assert shared_stems("nothing of the kind", asked) == frozenset()


@given(st.text(max_size=200), st.text(max_size=200))
def test_shared_stems_are_those_of_both_texts(text: str, question: str) -> None:
    asked = stems(question)
    assert shared_stems(text, asked) <= asked & stems(text)


@given(
    st.lists(st.sampled_from(["net", "sales", "rose", "28.8", "fy2018", "segments"]), max_size=9)
)
def test_no_shared_stem_is_missed(words: list[str]) -> None:
    text = " ".join(words)
    asked = stems("sales segment net 28.8 2018")
    assert shared_stems(text, asked) == asked & stems(text)
