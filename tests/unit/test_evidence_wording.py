"""Weaknesses that the verification benchmark found, each held shut."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source, text_hash
from researcher.verify.check import Verdict, check
from researcher.verify.draft import Claim, Quote
from tests.support.pages import RESULTS

REVENUE = "| Revenue | $412.6 | $378.5 |"
NET = "| Net income | $47.3 | $39.6 |"
CORNERED = """
(in millions)

| Six Months Ended June 30, 2026 | Shares | Retained Earnings |
| Settlement | 3 | $ 110 |
"""


def checked(text: str, *quotes: str, of: str = RESULTS, title: str = "Northwind 10-Q") -> Verdict:
    indexed = IndexedSource(
        Source(
            key="S1",
            url="http://site.test/S1",
            title=title,
            text=of,
            sha256=text_hash(of),
            text_sha256=text_hash(of),
            retrieved=datetime(2026, 8, 3, tzinfo=UTC),
            via="http",
        )
    )
    claim = Claim(text=text, quotes=[Quote(source="S1", text=quote) for quote in quotes])
    return check(claim, {"S1": indexed})


JUNE_26, JUNE_25 = "the three months ended June 30, 2026", "the three months ended June 30, 2025"


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        (f"Revenue was $412.6 million in {JUNE_26}, against $378.5 million in {JUNE_25}.", True),
        (f"Revenue was $412.6 million in {JUNE_25}, against $378.5 million in {JUNE_26}.", False),
        ("In the 2025 quarter revenue was $378.5 million.", True),
        ("Revenue (Three Months Ended June 30, 2026): $412.6 million", True),
        ("Revenue (Three Months Ended June 30, 2026): $378.5 million", False),
        ("Revenue was $412.6 million and $378.5 million in 2026 and 2025, respectively.", True),
        ("Revenue was $378.5 million and $412.6 million in 2026 and 2025, respectively.", False),
    ],
)
def test_each_figure_belongs_to_its_own_period(claim: str, passes: bool) -> None:
    assert checked(claim, REVENUE).passed is passes


def test_what_a_figure_is_of_does_not_part_it_from_its_period() -> None:
    text = "Other was $952 million of income in 2019 compared to $168 million of income in 2018."
    swapped = "Other was $952 million of income in 2018 compared to $168 million of income in 2019."
    assert checked(text, text, of=text).passed
    assert not checked(swapped, text, of=text).passed


SOLD = "In 2026 sensor sales rose to $52 million from $40 million in 2025, and costs fell 3%."


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("Sensor sales rose to $52 million in 2026 from $40 million in 2025.", True),
        ("Sensor sales rose from $40 million to $52 million.", True),
        ("Sensor sales rose to $40 million in 2026 from $52 million in 2025.", False),
        ("Sensor sales rose from $52 million to $40 million.", False),
        ("Sensor sales rose to $52 million in 2026 from $40 million in 2026.", False),
        ("Sensor sales fell to $52 million in 2026.", False),
        ("Costs rose 3% in 2026.", False),
        ("Costs declined 3% in 2026.", True),
        ("Costs were -3% in 2026.", True),
        ("Sensor sales were -$52 million in 2026.", False),
        ("Sensor sales did not rise to $52 million.", False),
        ("Sensor costs were $52 million.", False),
    ],
)
def test_words_around_a_figure_are_held_to_those_of_its_quote(claim: str, passes: bool) -> None:
    assert checked(claim, SOLD, of=SOLD).passed is passes


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("Net income was $47.3 million.", True),
        ("A net loss of $47.3 million was reported.", False),
        ("Net income was -$47.3 million.", False),
        ("Net expense was $47.3 million.", False),
    ],
)
def test_a_profit_is_no_loss(claim: str, passes: bool) -> None:
    assert checked(claim, NET).passed is passes


def test_a_loss_in_brackets_is_not_told_as_a_gain() -> None:
    text = "(in millions)\n\n|  | 2026 |\n| Other income (expense), net | $ (17) |\n"
    row = "| Other income (expense), net | $ (17) |"
    assert checked("Other income (expense), net: -$17 million.", row, of=text).passed
    assert not checked("Other income (expense), net: $17 million.", row, of=text).passed
    assert checked("Other expense, net, was $17 million.", row, of=text).passed


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("Northwind's revenue was $412.6 million.", True),
        ("Northwind reported revenue of $412.6 million.", True),
        ("According to the filing, revenue was $412.6 million.", True),
        ("Additionally, revenue was $412.6 million.", True),
        ("Boeing's revenue was $412.6 million.", False),
        ("Boeing: revenue was $412.6 million.", False),
        ("Target reported revenue of $412.6 million.", False),
        ("Revenue of Siemens was $412.6 million.", False),
        ("NWI reported revenue of $412.6 million.", False),
    ],
)
def test_only_names_that_the_source_knows_pass(claim: str, passes: bool) -> None:
    assert checked(claim, REVENUE, of=RESULTS + "\nA target of 9% is set.\n").passed is passes


def test_initials_of_quoted_words_are_no_strangers() -> None:
    text = "Research and development expense was $5 million."
    assert checked("R&D expense was $5 million.", text, of=text).passed


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("Two suppliers provide a third of the parts.", True),
        ("2 suppliers provide a third of the parts.", True),
        ("Three suppliers provide a third of the parts.", False),
        ("Two suppliers provide half of the parts.", False),
        ("Two suppliers provide two-thirds of the parts.", False),
        ("Orders of parts doubled.", True),
        ("Orders of parts tripled.", False),
        ("Orders of parts rose twofold.", True),
    ],
)
def test_numbers_in_words_are_numbers(claim: str, passes: bool) -> None:
    text = "Two suppliers provide a third of the parts. Orders of parts doubled."
    assert checked(claim, text, of=text).passed is passes


def test_fifty_basis_points_are_half_a_point() -> None:
    text = "The gross margin improved by 50 basis points."
    assert checked("The gross margin improved by 0.5 percentage points.", text, of=text).passed
    assert not checked("The gross margin improved by 0.5%.", text, of=text).passed


def test_a_figure_that_layout_cuts_in_two_is_whole() -> None:
    text = "Plan expense totaled $88\nmillion in the year ended December 31,\n2019 for all."
    said = "Plan expense totaled $88 million in the year ended December 31, 2019."
    assert checked(said, text, of=text).passed
    assert not checked(said.replace("88", "89"), text, of=text).passed


def test_what_stands_over_the_labels_dates_the_row() -> None:
    row = "| Settlement | 3 | $ 110 |"
    said = "The settlement was $110 million in the six months ended June 30, 2026."
    assert checked(said, row, of=CORNERED).passed
    assert not checked(said.replace("2026", "2025"), row, of=CORNERED).passed


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("The company did not repurchase shares in the quarter.", True),
        ("The company repurchased shares in the quarter.", False),
        ("The company makes sensors in Leeds.", True),
    ],
)
def test_a_denial_is_not_told_as_a_fact(claim: str, passes: bool) -> None:
    text = (
        "The company did not repurchase shares in the quarter. The company makes sensors in Leeds."
    )
    assert checked(claim, text, of=text).passed is passes


@pytest.mark.parametrize(
    ("claim", "passes"),
    [
        ("No dividends on common stock were paid during fiscal 2017 or fiscal 2016.", True),
        ("No dividends on common stock were paid during fiscal 2016 or fiscal 2016.", False),
        ("No dividends on common stock were paid during fiscal 2017.", True),
    ],
)
def test_a_year_does_not_take_the_place_of_another(claim: str, passes: bool) -> None:
    text = "No dividends on common stock were paid during fiscal 2017 or fiscal 2016."
    assert checked(claim, text, of=text).passed is passes


def test_a_boast_of_something_else_is_off_topic() -> None:
    text = "Level one inputs are quoted prices in active markets for identical assets."
    assert not checked("The company measures certain assets at fair value.", text, of=text).passed


YEARS = st.integers(1990, 2090)


@given(YEARS, YEARS, st.integers(1, 999), st.integers(1, 999))
def test_figures_that_change_places_are_caught(
    one: int, other: int, first: int, second: int
) -> None:
    text = f"Turnover was ${first} million in {one} and was ${second} million in {other}."
    swapped = f"Turnover was ${second} million in {one} and was ${first} million in {other}."
    assert checked(text, text, of=text).passed
    assert checked(swapped, text, of=text).passed is (first == second or one == other)
