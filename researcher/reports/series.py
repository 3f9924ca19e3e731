"""Series in a report's key figures: one measure over three periods or more.

They are read from the report's own table, whose every figure is proven, so they need nothing that
a service would not hand out.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from researcher.facts.numbers import Amount, mentions
from researcher.facts.periods import Period

FEWEST = 3
"""Two periods are a comparison, which the table shows better."""

_SOURCE = "Source"
_UNEVEN = 1.5
"""The widest gap between two periods, in the narrowest: months and weeks are not all alike."""

_FISCAL = re.compile(r"\(((?:Q[1-4] )?FY\d{4})\)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Point:
    """A figure as the report writes it, and the number it is."""

    period: str
    written: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """Figures of one measure in one unit, the oldest first.

    Attributes:
        unit: what all figures share in writing, such as `$ million`; empty for bare numbers.
        length: what each figure covers, such as `three months`; empty for a moment or a year.
    """

    name: str
    unit: str
    points: tuple[Point, ...]
    length: str = ""


def find_series(table: Sequence[Sequence[str]]) -> list[ChartSeries]:
    """The series of a table with one header row, whose last column cites the sources."""
    if not table or len(table[0]) < FEWEST or table[0][-1] != _SOURCE:
        return []
    heads, rows = [*table[0][1:-1]], [row for row in table[1:] if len(row) == len(table[0])]
    if _times(heads):
        found = (_series(row[0], heads, row[1:-1]) for row in rows)
    else:
        periods = [row[0] for row in rows]
        columns = enumerate(heads, start=1)
        found = (_series(head, periods, [row[at] for row in rows]) for at, head in columns)
    return [series for series in found if series]


def _series(name: str, periods: Sequence[str], cells: Sequence[str]) -> ChartSeries | None:
    """One measure over time; None where its figures are too few, or are not of one kind."""
    filled = [(period, cell) for period, cell in zip(periods, cells, strict=True) if cell]
    times = _times([period for period, _ in filled])
    amounts = [_amount(cell) for _, cell in filled]
    if not times or not all(amounts):
        return None
    read = [amount for amount in amounts if amount]
    if len({amount.unit for amount in read}) > 1:
        return None
    number, unit = _written([cell for _, cell in filled], read)
    points = [
        Point(_short(time), number(cell, amount), amount.value)
        for time, (_, cell), amount in zip(times, filled, read, strict=True)
    ]
    ordered = sorted(zip(map(_order, times), points, strict=True), key=lambda pair: pair[0])
    length = times[0].length or ""
    return ChartSeries(name, unit, tuple(point for _, point in ordered), length)


def _times(labels: Sequence[str]) -> list[Period] | None:
    """The periods that labels are of; None where they do not make a line of time.

    Each must be known to its year, all cover the same length, and follow each other evenly: bars
    side by side say so.
    """
    times = [time for label in labels if (time := _time(label))]
    if len(times) < FEWEST or len(times) < len(labels):
        return None
    kinds = {(time.length, bool(time.quarter), bool(time.month)) for time in times}
    moments = sorted(map(_order, times))
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    return times if len(kinds) == 1 and 0 < max(gaps) <= _UNEVEN * min(gaps) else None


def _time(label: str) -> Period | None:
    """The date or quarter of a label, with the length that stands beside it."""
    found = [mention for mention in mentions(label) if isinstance(mention, Period)]
    length = next((time.length for time in found if time.length), None)
    quarter = next((time.quarter for time in found if time.quarter), None)
    dated = [time for time in found if time.month] or [time for time in found if time.year]
    if len(dated) != 1 or not dated[0].year:
        return None
    return replace(dated[0], text=label, quarter=quarter, length=length)


def _order(time: Period) -> float:
    """Where on the line of time, in months."""
    quarter = 3 * time.quarter if time.quarter else 0
    return 12 * (time.year or 0) + (time.month or quarter) + (time.day or 0) / 31


def _short(time: Period) -> str:
    """A label that fits under a bar: the fiscal period, where the table names it."""
    if fiscal := _FISCAL.search(time.text):
        return fiscal[1]
    if time.month:
        day = f" {time.day}," if time.day else ""
        return f"{_MONTHS[time.month - 1]}{day} {time.year}"
    return f"Q{time.quarter} {time.year}" if time.quarter else str(time.year)


def _amount(cell: str) -> Amount | None:
    """The one amount of a cell."""
    found = mentions(cell)
    return found[0] if len(found) == 1 and isinstance(found[0], Amount) else None


def _written(
    cells: Sequence[str], amounts: Sequence[Amount]
) -> tuple[Callable[[str, Amount], str], str]:
    """How each figure is labelled, and the unit they share: a label repeats what differs."""
    marks = {tuple(_marks(cell)) for cell in cells}
    if len(marks) > 1 or any(amount.unit == "percent" for amount in amounts):
        return (lambda cell, _: cell), ""
    return (lambda cell, _: "".join(_digits(cell))), " ".join(next(iter(marks)))


def _digits(cell: str) -> Iterator[str]:
    """The number of a cell with its sign."""
    if cell.startswith(("-", "\u2212", "(")):
        yield "\u2212"
    yield from (character for character in cell if character.isdigit() or character in ".,")


def _marks(cell: str) -> list[str]:
    """What stands around the number: currency and scale."""
    bare = "".join(" " if c.isdigit() or c in ".,-\u2212()" else c for c in cell)
    return bare.split()
