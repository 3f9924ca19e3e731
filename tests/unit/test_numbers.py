from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.facts.numbers import Amount, Label, Mention, mentions
from researcher.facts.periods import Period


def only(text: str) -> Mention:
    [mention] = mentions(text)
    return mention


def amount(text: str) -> tuple[Decimal, str]:
    mention = only(text)
    assert isinstance(mention, Amount)
    return mention.value, mention.unit


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("46,743", "46743", ""),
        ("$1.2 billion", "1200000000", "USD"),
        ("1,200 million US dollars", "1200000000", "USD"),
        ("$412.6m", "412600000", "USD"),
        ("€3bn", "3000000000", "EUR"),
        ("(61)", "-61", ""),
        ("$ (61)", "-61", "USD"),
        ("($1.2) billion", "-1200000000", "USD"),
        ("(5.2)%", "-5.2", "percent"),
        ("-$4.2 million", "-4200000", "USD"),
        ("\u22123%", "-3", "percent"),
        ("17 %", "17", "percent"),
        ("3.2 percent", "3.2", "percent"),
        ("1.5 percentage points", "1.5", "points"),
        ("25 basis points", "25", "basis points"),
        ("2.5x", "2.5", "times"),
        ("46,743 (in millions)", "46743000000", ""),
        ("2,023", "2023", ""),
        ("$0.001", "0.001", "USD"),
    ],
)
def test_an_amount_has_its_value_and_unit(text: str, value: str, unit: str) -> None:
    assert amount(text) == (Decimal(value), unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025", {"year": 2025}),
        ("FY26", {"year": 2026}),
        ("July 27, 2025", {"year": 2025, "month": 7, "day": 27}),
        ("27 July 2025", {"year": 2025, "month": 7, "day": 27}),
        ("2025-07-27", {"year": 2025, "month": 7, "day": 27}),
        ("7/27/2025", {"year": 2025, "month": 7, "day": 27}),
        ("Sept. 2025", {"year": 2025, "month": 9}),
        ("June 30", {"month": 6, "day": 30}),
        ("Q2", {"quarter": 2}),
        ("3Q25", {"quarter": 3, "year": 2025}),
        ("second quarter", {"quarter": 2}),
        ("three months", {"length": "3 month"}),
        ("13-week", {"length": "13 week"}),
        ("Thirty-Nine Weeks", {"length": "39 week"}),
        ("THREE MONTHS", {"length": "3 month"}),
        ("JUNE 30, 2025", {"year": 2025, "month": 6, "day": 30}),
        ("30 SEPT. 2025", {"year": 2025, "month": 9, "day": 30}),
    ],
)
def test_a_period_has_its_parts(text: str, expected: dict[str, object]) -> None:
    mention = only(text)
    assert isinstance(mention, Period)
    parts = {name: getattr(mention, name) for name in ("year", "month", "day", "quarter", "length")}
    assert {name: value for name, value in parts.items() if value is not None} == expected


@pytest.mark.parametrize("text", ["may 3", "mar 3", "Maya 3"])
def test_a_word_that_begins_like_a_month_is_no_date(text: str) -> None:
    assert isinstance(only(text), Amount)


@pytest.mark.parametrize("text", ["10-Q", "GB200", "H20", "5G", "1H25", "2nd"])
def test_a_name_with_digits_is_no_number(text: str) -> None:
    assert isinstance(only(text), Label)


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("$10 to 12 million", 10_000_000, 12_000_000, "USD"),
        ("10\u201315%", 10, 15, "percent"),
        ("between 5 and 7%", 5, 7, "percent"),
        ("$1.62 billion to $1.66 billion", 1_620_000_000, 1_660_000_000, "USD"),
    ],
)
def test_both_ends_of_a_range_share_scale_and_unit(
    text: str, low: int, high: int, unit: str
) -> None:
    found = mentions(text)
    assert [(m.value, m.unit) for m in found if isinstance(m, Amount)] == [
        (Decimal(low), unit),
        (Decimal(high), unit),
    ]


def test_a_hyphen_between_numbers_is_no_sign() -> None:
    assert all(m.value > 0 for m in mentions("486-2000, 3-5 or 12-15") if isinstance(m, Amount))


@given(st.text(alphabet="0123456789 .,-()$%/|mMQabe'\n", max_size=60))
def test_every_digit_lies_in_a_mention(text: str) -> None:
    found = mentions(text)
    covered = {i for mention in found for i in range(mention.start, mention.end)}
    assert {i for i, character in enumerate(text) if character.isdigit()} <= covered


@given(st.text(max_size=80))
def test_any_text_can_be_read(text: str) -> None:
    for mention in mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)


@given(
    value=st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False),
    scale=st.sampled_from(["", " thousand", " million", " billion"]),
)
def test_separators_do_not_change_a_value(value: Decimal, scale: str) -> None:
    with_commas, plain = f"${value:,f}{scale}", f"${value:f}{scale}"
    assert amount(with_commas) == amount(plain)
