"""Which sentences of a page can stand alone, and where one begins."""

import pytest

from researcher.llm.offline.sentences import readable_heading, sentences

WRAPPED = """\
Sales of sensors rose in the third quarter because two large
Customers ordered for the whole year, and prices were raised in
July. Costs were held.
"""
LETTER = """\
Letter to shareholders
Larkspur Instruments, Inc.
In 2025 the company had revenue of $812.6 million, an increase of 9.1% from $744.8 million in 2024.
"""


def told(text: str) -> list[str]:
    return [sentence.plain for sentence in sentences(text)]


def test_a_sentence_that_lines_divide_is_put_together() -> None:
    assert told(WRAPPED)[0] == (
        "Sales of sensors rose in the third quarter because two large Customers ordered for the"
        " whole year, and prices were raised in July."
    )


def test_a_title_is_no_part_of_the_sentence_below_it() -> None:
    assert told(LETTER) == [
        (
            "In 2025 the company had revenue of $812.6 million,"
            " an increase of 9.1% from $744.8 million in 2024."
        )
    ]


def test_a_line_that_goes_on_in_small_letters_was_divided_by_layout() -> None:
    assert told("The board approved\nthe dividend of $0.10 a share in May 2026.\n") == [
        "The board approved the dividend of $0.10 a share in May 2026."
    ]


@pytest.mark.parametrize(
    "text",
    [
        "It rose by 5% in the third quarter of the year 2026.",
        "The results are not necessarily indicative of those of any future period.",
        "We use cookies to measure how often the pages of this site are read.",
        "Results for the third quarter of 2026",
        "See Note 4 for the details of how the inventories were valued in 2026.",
    ],
)
def test_what_cannot_stand_alone_is_left_aside(text: str) -> None:
    assert told(f"{text}\n") == []


def test_a_sentence_is_told_once_and_where_it_stands() -> None:
    sentence = "Revenue was $232.4 million in the third quarter of 2026."
    text = f"# Results\n\n{sentence}\n\n{sentence}\n"
    [found] = sentences(text)
    assert (found.text, found.heading, found.position) == (sentence, "Results", 11)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("## Note 4. Inventories (continued)", "Inventories"),
        ("RESULTS OF OPERATIONS", "Results of Operations"),
        ("**Outlook:**", "Outlook"),
        ("Table of Contents", ""),
        ("## 2026", ""),
    ],
)
def test_headings_are_readable_or_left_out(raw: str, shown: str) -> None:
    assert readable_heading(raw) == shown
