"""Which periods of a company's figures stand in one table: newest first, beside its year before."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from researcher.facts.sec.series import ConceptSeries, same
from researcher.sources.sec.model import FiscalPeriod, PeriodKind

_MONTH_NAMES = {3: "Three months", 6: "Six months", 9: "Nine months", 12: "Twelve months"}


def timelines(
    series: Sequence[ConceptSeries], periods: int | None
) -> list[tuple[FiscalPeriod, ...]]:
    """The columns of each table: quarters, year to date, fiscal years, days; newest table first.

    Args:
        series: the lines that will be shown.
        periods: quarters and years to show; None for what a reader wants to see first.
    """
    quarters = _quarters(_newest_first(series, PeriodKind.QUARTER), periods or 2)
    years = tuple(_newest_first(series, PeriodKind.YEAR)[: periods or 4])
    to_date = _with_year_before(_newest_first(series, PeriodKind.TO_DATE))
    if to_date and to_date[0].end < _end([*quarters, *years]):
        to_date = ()  # a filing since then has more
    flows = [columns for columns in (quarters, to_date, years) if columns]
    flows.sort(key=lambda columns: columns[0].end, reverse=True)
    days = _days(_newest_first(series, PeriodKind.INSTANT), years, periods or 0)
    return [*flows, days] if days else flows


def heading(period: FiscalPeriod, series: Sequence[ConceptSeries]) -> str:
    """A column's name, such as `Three months ended April 30, 2025 (Q1 FY2026)`."""
    if period.kind is PeriodKind.INSTANT:
        return written(period.end)
    named = [fact.fiscal for line in series if (fact := line.at(period)) and fact.fiscal]
    fiscal = Counter(named).most_common(1)[0][0] if named else ""
    if period.kind is PeriodKind.YEAR:
        length = "Fiscal year"
    else:
        length = _MONTH_NAMES.get(period.months or 0, f"{period.days} days")
    note = "year to date" if period.kind is PeriodKind.TO_DATE else fiscal
    return f"{length} ended {written(period.end)}{f' ({note})' if note else ''}"


def written(day: date) -> str:
    """A day as filings write it: `April 30, 2025`."""
    return f"{day:%B} {day.day}, {day.year}"


def _newest_first(series: Sequence[ConceptSeries], kind: PeriodKind) -> list[FiscalPeriod]:
    """The periods of a kind, of those that hardly differ one; oddities of a single line aside."""
    held: Counter[FiscalPeriod] = Counter()
    for line in series:
        for period in {fact.period for fact in line.facts if fact.period.kind is kind}:
            known = next((p for p in held if same(p, period)), period)
            held[known] += 1
    shared = [period for period, lines in held.items() if lines > 1]
    return sorted(shared or held, reverse=True)


def _quarters(newest_first: Sequence[FiscalPeriod], most: int) -> tuple[FiscalPeriod, ...]:
    """The newest quarter and its year before, then the quarters between and before."""
    pair = _with_year_before(newest_first)
    rest = [period for period in newest_first if period not in pair]
    return (*pair, *rest)[: max(most, len(pair))] if most > len(pair) else pair


def _with_year_before(newest_first: Sequence[FiscalPeriod]) -> tuple[FiscalPeriod, ...]:
    if not newest_first:
        return ()
    newest = newest_first[0]
    return (newest, *[p for p in newest_first if p.is_year_before(newest)][:1])


def _days(
    newest_first: Sequence[FiscalPeriod], years: Sequence[FiscalPeriod], most: int
) -> tuple[FiscalPeriod, ...]:
    """The newest balance, its year before, and that of the last fiscal year's end."""
    pair = _with_year_before(newest_first)
    ends = {year.end for year in years[:1]}
    closing = [p for p in newest_first if p.end in ends and p not in pair]
    shown = (*pair, *closing)
    rest = [p for p in newest_first if p not in shown]
    return (*shown, *rest[: max(most - len(shown), 0)])


def _end(columns: Sequence[FiscalPeriod]) -> date:
    return max((period.end for period in columns), default=date.min)
