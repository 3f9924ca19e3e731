from decimal import Decimal

import pytest

from researcher.facts.numbers import Amount
from researcher.facts.readings import CellReading, read_tables

INCOME = """\
Consolidated statements of income

(In millions, except number of shares, which are reflected in thousands, and per-share amounts)

|  | Three Months Ended June 30, 2026 | Three Months Ended June 30, 2025 |
| Revenue: |  |  |
| Products | $ 300 | $ 280 |
| Services | 112 | 98 |
| Total revenue | 412 | 378 |
| Interest expense | (4) | (5) |
| Gross margin percentage | 46.5% | 46.3% |
| Earnings per share: |  |  |
| Diluted | $ 1.18 | $ 0.98 |
| Shares used in computing earnings per share: |  |  |
| Diluted | 40,110 | 40,390 |
"""


def readings(text: str) -> list[CellReading]:
    return [reading for sheet in read_tables(text) for reading in sheet.readings]


def first_column(text: str) -> dict[tuple[str, str], tuple[Decimal, str]]:
    return {
        (r.section, r.label): (r.amount.value, r.amount.unit)
        for r in readings(text)
        if r.column == 1
    }


@pytest.mark.parametrize(
    ("row", "value", "unit"),
    [
        (("Revenue", "Products"), 300_000_000, "USD"),
        (("Revenue", "Services"), 112_000_000, "USD"),
        (("Revenue", "Interest expense"), -4_000_000, "USD"),
        (("Revenue", "Gross margin percentage"), Decimal("46.5"), "percent"),
        (("Earnings per share", "Diluted"), Decimal("1.18"), "USD"),
        (("Shares used in computing earnings per share", "Diluted"), 40_110_000, ""),
    ],
)
def test_a_cell_is_read_with_the_scale_and_unit_of_its_row(
    row: tuple[str, str], value: object, unit: str
) -> None:
    assert first_column(INCOME)[row] == (value, unit)


def test_a_cell_knows_its_column_and_place() -> None:
    reading = next(r for r in readings(INCOME) if r.label == "Services" and r.column == 2)
    assert reading.header == "Three Months Ended June 30, 2025"
    assert INCOME[reading.amount.start : reading.amount.end] == "98"


def test_a_scale_in_a_column_header_counts_for_that_column() -> None:
    text = "|  | Units (in thousands) | Price |\n| Sensors | 163 | $ 158.73 |\n"
    assert [(r.amount.value, r.amount.unit) for r in readings(text)] == [
        (163_000, "USD"),
        (Decimal("158.73"), "USD"),
    ]


def test_one_lead_in_may_introduce_several_tables() -> None:
    text = (
        "The following tables show details (in millions):\n\n"
        "|  | 2026 |\n| Parts | $ 22 |\n\nOther details\n\n|  | 2026 |\n| Goods | $ 36 |\n"
    )
    assert [r.amount.value for r in readings(text)] == [22_000_000, 36_000_000]


def test_a_table_continues_over_a_page_break() -> None:
    text = "(in thousands)\n\n|  | 2026 |\n| A | $ 1 |\n\n16\n\n|  | 2025 |\n| A | $ 2 |\n"
    assert [r.amount.value for r in readings(text)] == [1_000, 2_000]


def test_money_of_open_scale_is_not_read_among_tables_that_state_theirs() -> None:
    text = (
        "Figures (in millions):\n\n|  | 2026 |\n| Revenue | $ 412 |\n\n"
        "The new accounting standard had these effects on the balance sheet.\n\n"
        "|  | 2026 |\n| Assets | $ 184 |\n| Tax rate | 21% |\n"
    )
    assert [(r.label, r.amount.value) for r in readings(text)] == [
        ("Revenue", Decimal(412_000_000)),
        ("Tax rate", Decimal(21)),
    ]


def test_a_table_without_any_scale_is_read_as_written() -> None:
    text = "| Nominee | Votes For |\n| A. Ablo | 2,300,385,739 |\n"
    [reading] = readings(text)
    assert isinstance(reading.amount, Amount)
    assert (reading.amount.value, reading.amount.unit) == (Decimal(2_300_385_739), "")


def test_a_rule_alone_is_no_table() -> None:
    rule, table = "| --- | --- |\n\n", "| Revenue | 2025 |\n| --- | --- |\n| Total | $5 |\n"
    assert read_tables(rule) == []
    [sheet] = read_tables(f"{rule}Figures follow.\n\n{table}\n{rule}")
    assert [reading.raw for reading in sheet.readings] == ["$5"]


def test_a_cell_with_words_is_no_figure() -> None:
    assert readings("| Item | Note |\n| Debt | due in 2028 and 2031 |\n") == []
