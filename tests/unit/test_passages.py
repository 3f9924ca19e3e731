"""Passages: nothing left out, exact spans, never more than the model reads."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alex.knowledge import tokens
from alex.knowledge.documents import Passage
from alex.knowledge.passages import split

WORDS = st.sampled_from(
    [
        "revenue",
        "Net",
        "sales",
        "EBITDA",
        "1,234.5",
        "(12)%",
        "U.S.",
        "Inc.",
        "東京",
        "한국어",
        "naïve",
        "internationalisation",
        "https://example.com/a?b=c",
        "\u200b",
        "[SEP]",
        "e\u0301",
        "x" * 130,
    ]
)
SEPARATORS = st.sampled_from(
    [" ", "  ", ". ", "! ", "\n", "\n\n", " | ", "|", "\t", "\x0b", "。", ""]
)
HEADINGS = st.sampled_from(["\n# Results\n", "\n\nITEM 2. OUTLOOK\n", "\nNET SALES BY REGION\n"])
PIECES = st.one_of(WORDS, WORDS, WORDS, SEPARATORS, SEPARATORS, HEADINGS)
LAID_OUT = st.lists(PIECES, max_size=400).map("".join)
TITLES = st.one_of(st.none(), st.text(max_size=60), st.just("long title " * 60))


def check(text: str, title: str | None) -> list[Passage]:
    """Every promise of `split`, on one text."""
    passages = split(text, title)
    assert [passage.ordinal for passage in passages] == list(range(len(passages)))
    covered = bytearray(len(text))
    for passage in passages:
        start, end = passage.span.start, passage.span.end
        assert start < end
        assert passage.text == text[start:end]
        covered[start:end] = b"\1" * (end - start)
    assert not [c for c, held in zip(text, covered, strict=True) if not held and not c.isspace()]
    starts = [passage.span.start for passage in passages]
    assert starts == sorted(set(starts))
    sizes = tokens.count([passage.embedded_text for passage in passages])
    assert all(size + tokens.SPECIAL <= tokens.LIMIT for size in sizes)
    return passages


@given(LAID_OUT, TITLES)
@settings(max_examples=150, deadline=None)
def test_every_text_is_wholly_and_exactly_covered(text: str, title: str | None) -> None:
    assert check(text, title) == split(text, title)


@given(st.text(max_size=2000), TITLES)
@settings(max_examples=100, deadline=None)
def test_any_characters_at_all(text: str, title: str | None) -> None:
    check(text, title)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 20_000, id="a line of 20,000 words"),
        pytest.param("x" * 100_000, id="one word"),
        pytest.param("漢字" * 50_000, id="no spaces"),
        pytest.param("a" + " " * 200_000 + "b", id="mostly spaces"),
        pytest.param("\n" * 200_000 + "a", id="mostly line breaks"),
        pytest.param("A. " * 70_000, id="abbreviations"),
        pytest.param("|" * 100_000, id="a row of nothing"),
        pytest.param('."' * 50_000, id="quotes"),
        pytest.param("# a\n" * 50_000, id="headings only"),
        pytest.param("a | b | c\n" * 20_000, id="a long table"),
        pytest.param(
            "Net sales rose by 3% in the quarter.\n\n" * 38_000, id="1.5 million characters"
        ),
    ],
)
def test_extreme_texts_are_split_in_about_linear_time(text: str) -> None:
    started = time.process_time()
    assert check(text, "Title")
    assert time.process_time() - started < 30


@pytest.mark.parametrize("text", ["", " \n\t\u00a0 "])
def test_a_blank_text_has_no_passages(text: str) -> None:
    assert split(text, "Title") == []


def test_a_short_text_is_one_passage_with_its_title_in_front() -> None:
    [passage] = split("  Sales rose.\n", "Acme  2025\nannual report")
    assert passage.text == "Sales rose."
    assert passage.embedded_text == "Acme 2025 annual report\nSales rose."


def test_without_title_and_heading_there_is_no_context() -> None:
    [passage] = split("Sales rose.")
    assert passage.embedded_text == "Sales rose."


def test_a_long_title_leaves_the_passages_room() -> None:
    first = split("Sales rose by a tenth. " * 100, "a very long title " * 100)[0]
    assert tokens.count([first.context]) <= [32]
    assert tokens.count([first.text])[0] > 150


SENTENCE = "Sales of brakes rose by 4 percent to 12 million dollars in the third quarter. "


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("## Liquidity and capital", "Liquidity and capital"),
        ("Item 7A. Market risk", "Item 7A. Market risk"),
        ("LIQUIDITY AND CAPITAL", "LIQUIDITY AND CAPITAL"),
    ],
)
def test_passages_start_at_headings_and_carry_the_nearest(heading: str, shown: str) -> None:
    text = f"{SENTENCE * 6}\n\n{heading}\n\n{SENTENCE * 40}"
    passages = split(text, "Acme")
    assert [p.context for p in passages][:2] == ["Acme", "Acme"]
    assert passages[1].text.startswith(heading)
    assert {p.context for p in passages[2:]} == {f"Acme\n{shown}"}


@pytest.mark.parametrize(
    "line", ["$ 1,234 M", "NYSE", "Part of the plan is to grow.", "A, B AND C,"]
)
def test_lines_that_only_resemble_headings_are_none(line: str) -> None:
    text = f"{SENTENCE}\n\n{line}\n\n{SENTENCE * 40}"
    assert {p.context for p in split(text, "Acme")} == {"Acme"}


def test_rows_stay_whole_and_carry_the_header_of_their_table() -> None:
    rows = [f"| Segment {n} | {n * 17} | {n * 13} |" for n in range(60)]
    header = ["| | Years ended | |", "| (in millions) | 2025 | 2024 |", "| --- | --- | --- |"]
    text = "\n".join([*header, *rows])
    passages = split(text, None)
    assert len(passages) > 2
    assert [line for p in passages for line in p.text.split("\n")] == [*header, *rows]
    assert passages[0].context == ""
    assert {p.context for p in passages[1:]} == {" ".join(header)}


def test_the_header_is_not_carried_beyond_its_table() -> None:
    table = "\n".join(["| A | B |", *(f"| {n} | {n} |" for n in range(40))])
    passages = split(f"{table}\n\n{SENTENCE * 40}")
    assert passages[-1].context == ""


def test_a_cut_paragraph_overlaps_by_whole_sentences() -> None:
    sentences = [f"Sentence number {n} says that the sales of item {n} rose." for n in range(60)]
    passages = split(" ".join(sentences))
    for one, following in pairwise(passages):
        assert one.text.endswith("rose.")
        assert following.text.startswith("Sentence number")
        shared = one.span.end - following.span.start
        assert 0 < shared < len(one.text) / 2


def test_sentences_do_not_end_at_abbreviations() -> None:
    names = "Acme Inc. and J. Smith of the U.S. Treasury met Dr. Brown on Nov. 3 about No. 7. "
    for passage in split(names * 30):
        assert passage.text.startswith("Acme Inc. and")
        assert passage.text.endswith("about No. 7.")
