"""A company's figures as a text: which periods stand together, and that every figure is exact."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.facts.readings import CellReading, read_tables
from researcher.facts.sec.statement import statement
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Concept
from tests.support.sec_data import (
    EXAMPLE,
    FOREIGN,
    HALF,
    K10,
    Q10,
    QUARTER,
    QUARTER_BEFORE,
    YEAR,
    concept,
    entry,
    example,
    example_facts,
    foreign_facts,
)

QUARTER_NAME = "Three months ended July 31, 2026 (Q2 FY2027)"
HALF_NAME = "Six months ended July 31, 2026 (year to date)"
YEAR_NAME = "Fiscal year ended January 31, 2026 (FY2026)"


def text_of(facts: CompanyFacts, *names: str, periods: int | None = None) -> str:
    wanted = [found for name in names if (found := facts.find(name))]
    assert len(wanted) == len(names)
    return statement(facts, wanted, periods).text


def figures(text: str) -> dict[tuple[str, str], CellReading]:
    """Every figure of the tables, by row and column, as the check reads it."""
    readings = [reading for sheet in read_tables(text) for reading in sheet.readings]
    return {(reading.label, reading.header): reading for reading in readings}


def values(text: str) -> dict[tuple[str, str], tuple[Decimal, str]]:
    return {key: (r.amount.value, r.amount.unit) for key, r in figures(text).items()}


def of(units: dict[str, dict[str, Any]], taxonomy: str = "us-gaap") -> CompanyFacts:
    return CompanyFacts({"facts": {taxonomy: units}}, EXAMPLE)


def test_each_column_names_its_period_and_filing() -> None:
    text = text_of(example())
    assert f"|  | {QUARTER_NAME} | Three months ended July 31, 2025 (Q2 FY2026) |" in text
    assert "| From and to | 2026-05-01 to 2026-07-31 | 2025-05-01 to 2025-07-31 |" in text
    assert "| Filed | 10-Q, 2026-09-04 | 10-Q, 2026-09-04 |" in text
    assert "are from its 10-Q filed September 4, 2026, for the period ended July 31, 2026." in text


def test_quarter_half_year_and_year_stand_in_tables_of_their_own() -> None:
    told = values(text_of(example()))
    assert told["Revenue", QUARTER_NAME] == (Decimal(412600000), "USD")
    assert told["Revenue", HALF_NAME] == (Decimal(801250000), "USD")
    assert told["Revenue", YEAR_NAME] == (Decimal(1533750000), "USD")
    assert told["Net income", QUARTER_NAME] == (Decimal(-12300000), "USD")
    assert told["Diluted earnings per share", QUARTER_NAME] == (Decimal("-0.31"), "USD")


def test_the_newest_comes_first_beside_its_year_before() -> None:
    text = text_of(example())
    headers = [line for line in text.splitlines() if line.startswith("|  |")]
    assert [header.split(" | ")[1].removesuffix(" |") for header in headers] == [
        QUARTER_NAME,
        HALF_NAME,
        YEAR_NAME,
        "July 31, 2026",
    ]
    assert headers[-1] == "|  | July 31, 2026 | July 31, 2025 | January 31, 2026 |"
    assert "2016" not in text  # a name the company gave up years ago


def test_a_half_year_that_a_year_followed_is_left_out() -> None:
    rows = [entry(5e7, HALF, Q10), entry(9e7, ("2026-02-01", "2027-01-31"), K10)]
    text = text_of(of({"Revenues": concept("Revenues", "USD", *rows)}))
    assert "year to date" not in text
    assert "Fiscal year ended January 31, 2027" in text


def test_a_restated_figure_is_told_with_both_filings() -> None:
    text = text_of(example())
    assert (
        f"Restated: Net income of {EXAMPLE.name} in the fiscal year ended January 31,"
        " 2025 (FY2025) was $125.900 million in the 10-K filed March 21, 2025, and is $118.400"
        " million in the 10-K filed March 20, 2026."
    ) in text


def test_a_foreign_company_keeps_its_taxonomy_and_currency() -> None:
    text = text_of(CompanyFacts(foreign_facts(), FOREIGN))
    column = "Fiscal year ended December 31, 2025 (FY2025)"
    assert values(text)["Revenue", column] == (Decimal(43862372), "EUR")
    assert values(text)["Net income", column] == (Decimal(-1942605), "EUR")
    assert "| Revenue | €43,862,372 | €39,436,343 |" in text
    assert "ifrs-full:Revenue" in text


@pytest.mark.parametrize(("unit", "shown"), [("DKK", "DKK 41.5 million"), ("CNY", "CNY 41.5 mil")])
def test_a_currency_without_sign_is_told_by_its_code(unit: str, shown: str) -> None:
    text = text_of(of({"Revenues": concept("Revenues", unit, entry(41.5e6, YEAR, K10))}))
    assert shown in text
    assert values(text)["Revenue", YEAR_NAME] == (Decimal(41500000), unit)


def test_of_two_currencies_the_one_with_most_figures_is_shown() -> None:
    units = {
        "CNY": [entry(7e8, YEAR, K10), entry(6e8, ("2024-02-01", "2025-01-31"), K10)],
        "USD": [entry(1e8, YEAR, K10)],
    }
    text = text_of(of({"Revenues": {"label": "Revenues", "units": units}}))
    assert "CNY 700 million" in text
    assert "$" not in text


def test_an_unknown_currency_is_named_beside_the_figure() -> None:
    facts = of({"Fees": concept("Fees", "XAU", entry(1234, YEAR, K10))})
    assert values(text_of(facts, "Fees"))["Fees (XAU)", YEAR_NAME] == (Decimal(1234), "")


def test_further_concepts_join_the_tables_of_their_periods() -> None:
    text = text_of(
        example(),
        "ResearchAndDevelopmentExpense",
        "WeightedAverageNumberOfDilutedSharesOutstanding",
    )
    told = values(text)
    assert told["Research and Development Expense", QUARTER_NAME] == (Decimal(61000000), "USD")
    shares = "Weighted Average Number of Shares Outstanding, Diluted"
    assert told[shares, QUARTER_NAME] == (Decimal(39677419), "")


def test_a_figure_of_another_filing_than_its_column_is_told() -> None:
    before = ("10-Q", "2025-09-05", "x", 2026, "Q2")
    rows = {
        "Revenues": concept(
            "Revenues", "USD", entry(5, QUARTER, Q10), entry(4, QUARTER_BEFORE, Q10)
        ),
        "GrossProfit": concept(
            "Gross", "USD", entry(2, QUARTER, Q10), entry(2, QUARTER_BEFORE, Q10)
        ),
        "NetIncomeLoss": concept(
            "Net", "USD", entry(1, QUARTER, Q10), entry(1, QUARTER_BEFORE, before)
        ),
    }
    assert (
        "- Net income, three months ended July 31, 2025 (Q2 FY2026): from 10-Q, 2025-09-05"
    ) in text_of(of(rows))


def test_a_label_cannot_break_its_table() -> None:
    facts = of({"Odd": concept("Odd | # <b>\n label:", "USD", entry(3, YEAR, K10))})
    assert values(text_of(facts, "Odd")) == {("Odd b label", YEAR_NAME): (Decimal(3), "USD")}


def test_without_figures_there_is_no_newest_filing() -> None:
    made = statement(of({"Custom": concept("Custom", "USD")}))
    assert made.newest is None
    assert "holds none of the figures" in made.text


sums = st.one_of(
    st.integers(-(10**12), 10**12),
    st.integers(-(10**6), 10**6).map(lambda thousands: thousands * 1000),
    st.integers(-(10**6), 10**6).map(lambda millions: millions * 10**6),
    st.decimals(-1000, 1000, places=2).map(float),
)


@given(
    st.lists(sums, min_size=6, max_size=6), st.sampled_from(["USD", "EUR", "JPY", "SEK", "shares"])
)
def test_every_figure_reads_back_as_it_was_filed(numbers: list[float], unit: str) -> None:
    spans = (QUARTER, QUARTER_BEFORE, YEAR)
    rows = [entry(number, span, K10) for number, span in zip(numbers, spans * 2, strict=True)]
    facts = of(
        {
            "Revenues": concept("Revenues", unit, *rows[:3]),
            "Shares": concept("Number of shares", unit, *rows[3:]),
        }
    )
    told = values(text_of(facts, "Shares"))
    filed = [
        fact.value
        for name in ("Revenues", "Shares")
        for fact in facts.read(Concept("us-gaap", name)).facts
    ]
    assert sorted(value for value, _ in told.values()) == sorted(filed)
    assert {of_unit for _, of_unit in told.values()} == {"" if unit == "shares" else unit}


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_file_does_not_matter(random: Random) -> None:
    data = example_facts()
    for body in data["facts"]["us-gaap"].values():
        for rows in body["units"].values():
            random.shuffle(rows)
    assert text_of(CompanyFacts(data, EXAMPLE)) == text_of(example())
