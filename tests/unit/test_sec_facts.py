"""XBRL facts: which value counts, of which period, under which name."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Company, Concept, Fact, FiscalPeriod, PeriodKind
from researcher.sources.sec.submissions import Malformed
from tests.support.sec_data import EXAMPLE, K10, K10_BEFORE, YEAR_BEFORE, entry, example, iso

COMPANY = Company(1, "Example", ("EX",))
FORMS = ("10-Q", "10-K", "10-K/A", "20-F")


def read(rows: list[dict[str, Any]], unit: str = "USD") -> tuple[Fact, ...]:
    data = {"facts": {"us-gaap": {"Revenues": {"label": "Revenues", "units": {unit: rows}}}}}
    return CompanyFacts(data, COMPANY).read(Concept("us-gaap", "Revenues")).facts


days = st.dates(date(2015, 1, 1), date(2027, 12, 31))


@st.composite
def entries(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Values of a few periods, each in several filings with days and numbers of their own."""
    ends = draw(st.lists(days, min_size=1, max_size=3, unique=True))
    lengths = draw(st.lists(st.sampled_from([None, 91, 182, 273, 365]), min_size=1, unique=True))
    rows = []
    number = 0
    for end in ends:
        for length in lengths:
            for filed in draw(st.lists(days, min_size=1, max_size=4, unique=True)):
                number += 1
                start = str(end - timedelta(days=length - 1)) if length else None
                value = draw(st.integers(-(10**9), 10**9))
                form = draw(st.sampled_from(FORMS))
                about = (form, str(filed), f"{number:05}", end.year, "FY")
                rows.append(entry(value, (start, str(end)), about))
    return draw(st.permutations(rows))


@given(entries())
def test_the_newest_filing_wins_whatever_the_order(rows: list[dict[str, Any]]) -> None:
    newest: dict[tuple[Any, Any], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: row["filed"]):
        newest[row.get("start"), row["end"]] = row
    facts = read(rows)
    assert len(facts) == len(newest)
    for fact in facts:
        start = str(fact.period.start) if fact.period.start else None
        row = newest[start, str(fact.period.end)]
        assert (fact.value, str(fact.latest.filed)) == (row["val"], row["filed"])
        assert fact.latest.accession == row["accn"]


@given(entries(), st.randoms(use_true_random=False))
def test_the_order_of_entries_changes_nothing(rows: list[dict[str, Any]], random: Random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert read(rows) == read(shuffled)


@given(entries())
def test_what_was_restated_are_values_that_were_filed_before(rows: list[dict[str, Any]]) -> None:
    for fact in read(rows):
        assert fact.value not in {report.value for report in fact.restated}
        assert all(report.filed < fact.latest.filed for report in fact.restated)


@given(end=days, values=st.lists(st.integers(1, 10**9), min_size=5, max_size=5, unique=True))
def test_stretches_that_end_on_one_day_are_never_confused(end: date, values: list[int]) -> None:
    lengths = (None, 91, 182, 273, 365)
    kinds = (
        PeriodKind.INSTANT,
        PeriodKind.QUARTER,
        PeriodKind.TO_DATE,
        PeriodKind.TO_DATE,
        PeriodKind.YEAR,
    )
    filed = ("10-K", str(end + timedelta(days=40)), "a-1", end.year, "FY")
    rows = [
        entry(value, (str(end - timedelta(days=n - 1)) if n else None, str(end)), filed)
        for value, n in zip(values, lengths, strict=True)
    ]
    found = {(fact.period.kind, fact.period.days): fact.value for fact in read(rows)}
    expected = {
        (kind, n or 1): value for kind, n, value in zip(kinds, lengths, values, strict=True)
    }
    assert found == expected


@pytest.mark.parametrize(
    ("days_long", "kind", "months"),
    [
        (90, PeriodKind.QUARTER, 3),
        (98, PeriodKind.QUARTER, 3),  # fourteen weeks
        (112, PeriodKind.QUARTER, None),  # sixteen weeks
        (181, PeriodKind.TO_DATE, 6),
        (273, PeriodKind.TO_DATE, 9),
        (364, PeriodKind.YEAR, 12),
        (371, PeriodKind.YEAR, 12),  # fifty-three weeks
        (30, PeriodKind.OTHER, None),
        (220, PeriodKind.OTHER, None),
        (730, PeriodKind.OTHER, None),
    ],
)
def test_a_period_is_what_its_length_says(
    days_long: int, kind: PeriodKind, months: int | None
) -> None:
    end = date(2026, 1, 31)
    period = FiscalPeriod(end - timedelta(days=days_long - 1), end)
    assert (period.kind, period.months) == (kind, months)


def test_fiscal_names_are_of_the_filing_that_reported_the_period_as_its_own() -> None:
    facts = example()
    revenue = facts.find("Revenues")
    assert revenue
    named = {fact.period: fact.fiscal for fact in facts.read(revenue).facts}
    assert named[FiscalPeriod(iso("2026-05-01"), iso("2026-07-31"))] == "Q2 FY2027"
    assert named[FiscalPeriod(iso("2025-05-01"), iso("2025-07-31"))] == "Q2 FY2026"
    assert named[FiscalPeriod(iso("2024-02-01"), iso("2025-01-31"))] == "FY2025"
    assert named[FiscalPeriod(iso("2026-02-01"), iso("2026-07-31"))] == ""


def test_a_comparison_is_not_named_after_its_filing() -> None:
    [fact] = read([entry(1, YEAR_BEFORE, K10)])
    assert fact.fiscal == ""


def test_a_restatement_keeps_what_was_said_before() -> None:
    [fact] = read([entry(118, YEAR_BEFORE, K10), entry(125, YEAR_BEFORE, K10_BEFORE)])
    assert fact.value == 118
    [before] = fact.restated
    assert (before.value, before.form, str(before.filed)) == (Decimal(125), "10-K", "2025-03-21")


@pytest.mark.parametrize(
    ("before", "now", "restated"),
    [
        (1_042_074_000, 1_042_000_000, False),  # the company turned to millions
        (1_042_000_000, 1_042_074_000, False),
        (430_091_000, 430_092_000, True),
        (900_000_000, 947_000_000, True),
        (1, 1.11, True),
        (0, 5, True),
    ],
)
def test_rounding_is_no_restatement(before: float, now: float, restated: bool) -> None:
    [fact] = read([entry(now, YEAR_BEFORE, K10), entry(before, YEAR_BEFORE, K10_BEFORE)])
    assert bool(fact.restated) is restated


def test_entries_that_cannot_be_used_are_counted_not_guessed() -> None:
    good = entry(5, YEAR_BEFORE, K10)
    bad: list[Any] = [
        {**good, "val": None},
        {**good, "end": "soon"},
        {**good, "start": "2027-01-01"},
        {key: value for key, value in good.items() if key != "accn"},
        "text",
    ]
    data = {"facts": {"us-gaap": {"Revenues": {"units": {"USD": [good, *bad]}}}}}
    reading = CompanyFacts(data, COMPANY).read(Concept("us-gaap", "Revenues"))
    assert [fact.value for fact in reading.facts] == [Decimal(5)]
    assert reading.unusable == len(bad)


@pytest.mark.parametrize("data", [{}, {"facts": []}, {"facts": {"us-gaap": []}}, {"facts": None}])
def test_what_is_no_facts_file_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        CompanyFacts(data, COMPANY)


def test_concepts_are_found_by_any_spelling_and_likely_ones_suggested() -> None:
    facts = example()
    assert facts.company == EXAMPLE
    found = facts.find("assets")
    assert found
    assert found.qualified == "us-gaap:Assets"
    assert facts.find("US-GAAP:Assets") == found
    assert facts.find("ifrs-full:Assets") is None
    assert "ResearchAndDevelopmentExpense" in facts.like("ResearchDevelopmentExpenses")
    assert facts.like("") == []
