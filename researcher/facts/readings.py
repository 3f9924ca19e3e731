"""What each figure of a table says once its row, column, unit and scale are known.

A cell alone is not a fact: "46,743" is 46,743 million dollars because a line above the table says
"(In millions)" and another cell of the table carries the dollar sign. The writer words claims from
these readings, and the check accepts a scaled claim only where a reading bears it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cached_property

from researcher.facts.numbers import CURRENCY_CODES, RELATIVE_UNITS, SCALES, Amount
from researcher.facts.tables import REMARK, ParsedTable, Row, figure_of, find_tables, stated_power

_PER = re.compile(
    r"\bper[\s-](?:\w+[\s-]){0,2}?(?:share|unit|rsu|ads|option)s?\b|\beps\b", re.IGNORECASE
)
_SHARES = re.compile(
    r"\bshares\b|\bnumber\s+of\b|\bweighted[\s-]average\b(?!.*\b(?:value|price|rate|term)\b)",
    re.IGNORECASE,
)
_SHARES_USED = re.compile(r"\bshares\s+used\b|\banti-?dilutive\b", re.IGNORECASE)
_INCOME_USED = re.compile(r"\bincome\b.*\bused in\b", re.IGNORECASE)
_STOCK = re.compile(r"(?:common|preferred|treasury)\s+(?:stock|shares)\b.*\bpar\b", re.IGNORECASE)
_PERCENT = re.compile(r"(?<!\d)%|\bpercent|\b(?:tax|interest)\s+rates?$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\((?:in\s+)?(?:years|months|days)\)|\b(?:employees|headcount|square feet)\b", re.IGNORECASE
)
_SHARES_SCALE = re.compile(
    r"\bshares[^.,;()]{0,40}?(?:,\s*which\s+are)?[^.,;()]{0,40}?\bin\s+(thousand|million|billion)s",
    re.IGNORECASE,
)
_EXCEPT_SHARES = re.compile(
    r"\bexcept\b(?:[^)]*?\b(?:and|for|number\s+of|,))?\s*shares?\b(?!\s*-?\s*(?:in\b|which))",
    re.IGNORECASE,
)
_DOLLARS = re.compile(
    r"\b(?:in\s+)?(?:U\.?S\.?\s+)?dollars\b|\bUSD\b|\(\$|\$\s?in\b", re.IGNORECASE
)
_SHARE_OF = re.compile(r"\bpercentage\s+of\b", re.IGNORECASE)

SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}
"""Of currencies that are written with one."""

_SCALE_NAMES = {3: "thousand", 6: "million", 9: "billion"}


class MeasureKind(Enum):
    """What a row or column counts."""

    MONEY = auto()
    SHARES = auto()
    FOR_EACH = auto()  # money for each share
    PERCENT = auto()
    THINGS = auto()


_KINDS = (
    (MeasureKind.SHARES, _SHARES_USED),
    (MeasureKind.MONEY, _STOCK),
    (MeasureKind.MONEY, _INCOME_USED),
    (MeasureKind.FOR_EACH, _PER),
    (MeasureKind.PERCENT, _PERCENT),
    (MeasureKind.THINGS, _COUNTED),
    (MeasureKind.SHARES, _SHARES),
)
"""What names say of their figures, the more telling first."""


@dataclass(frozen=True, slots=True)
class CellReading:
    """A figure of a table with everything that gives it meaning.

    Attributes:
        amount: with the table's scale and currency applied; its span is the cell's.
        power: the power of ten that the table's scale added; 0 where it added none.
        raw: as written in the cell.
        column: position of the cell's column.
        header: the column's header, empty where it has none.
        section: the label of the group of rows it stands in, empty where there is none.
        corner: what stands over the labels, such as "Six Months Ended June 30, 2025".
    """

    amount: Amount
    power: int
    raw: str
    label: str
    column: int
    header: str
    section: str
    corner: str = ""


def worded(reading: CellReading) -> str:
    """A figure in words that mean the same without its table: `$46,743 million`."""
    amount = reading.amount
    if amount.scaled and not reading.power:  # the cell names its own scale
        return reading.raw
    digits = re.sub(r"[^\d.,]", "", reading.raw)
    sign = "-" if amount.value < 0 else ""
    if amount.unit == "percent":
        return f"{sign}{digits}%"
    if amount.unit in {"points", "basis points", "times"}:
        return reading.raw
    currency = SIGNS.get(amount.unit, f"{amount.unit} " if amount.unit else "")
    scale = f" {_SCALE_NAMES[reading.power]}" if reading.power else ""
    return f"{sign}{currency}{digits}{scale}"


@dataclass(frozen=True)
class TableReadings:
    """A table that is read.

    Attributes:
        doubtful: it states no scale where the page's other tables do, so that "184" may well mean
            184 million; its sums of money are not read.
    """

    table: ParsedTable
    doubtful: bool = False

    @cached_property
    def readings(self) -> tuple[CellReading, ...]:
        """Every figure, in order."""
        return tuple(self._read())

    @cached_property
    def currency(self) -> str:
        """The one currency of its cells or caption, where there is exactly one."""
        figures = (figure_of(cell) for row in self.table.rows for cell in row.cells[1:])
        units = {figure.unit for figure in figures if figure} & CURRENCY_CODES
        if not units and _DOLLARS.search(self.table.caption):
            return "USD"
        return units.pop() if len(units) == 1 else ""

    def _read(self) -> Iterator[CellReading]:
        """Row by row: what a row does not say itself, it has from its group or the row above."""
        group, kind = "", None
        for row in self.table.rows:
            if row.bare:
                group, kind = row.label.rstrip(":"), None
                continue
            carried = kind if kind is MeasureKind.SHARES else None
            kind = _kind(row.label) or carried or _kind(group) or self._usual
            if kind is MeasureKind.SHARES and _has_money(row):
                kind = (
                    MeasureKind.FOR_EACH
                    if _kind(group) is MeasureKind.FOR_EACH
                    else MeasureKind.MONEY
                )
            yield from self._row(row, group, kind)

    def _row(self, row: Row, group: str, kind: MeasureKind | None) -> Iterator[CellReading]:
        for column, cell in enumerate(row.cells[1:], start=1):
            header = self.table.column_header(column)
            figure = figure_of(cell)
            meant = self._meant(figure, kind, header) if figure else None
            if figure is None or meant is None:
                continue
            yield CellReading(
                amount=replace(meant, start=cell.start, end=cell.end, text=cell.text),
                power=meant.value.adjusted() - figure.value.adjusted(),
                raw=cell.text,
                label=row.label.rstrip(":"),
                column=column,
                header=header,
                section=group,
                corner=self.table.corner,
            )

    @cached_property
    def _usual(self) -> MeasureKind | None:
        """What figures count where nothing says so."""
        shares = _SHARE_OF.search(self.table.caption) and not self.table.scale
        return MeasureKind.PERCENT if shares else None

    def _meant(self, figure: Amount, kind: MeasureKind | None, header: str) -> Amount | None:
        """The figure with the scale and unit that the table gives it; None where that is open."""
        if figure.scaled or figure.unit in RELATIVE_UNITS:
            return figure
        over = _kind(REMARK.sub("", header))
        if over and not (over is MeasureKind.SHARES and figure.unit):
            kind = over
        if kind is MeasureKind.THINGS:
            return figure
        if kind is MeasureKind.PERCENT and not figure.unit:
            return replace(figure, unit="percent")
        if kind is MeasureKind.SHARES and not figure.unit:
            return _scaled(figure, self._shares_power(header))
        return self._money(figure, header, each=kind is MeasureKind.FOR_EACH)

    def _money(self, figure: Amount, header: str, *, each: bool) -> Amount | None:
        """A sum; what is paid for each share is not scaled."""
        if self.doubtful and not each:
            return None
        power = 0 if each else stated_power(header) or self.table.scale
        return replace(_scaled(figure, power), unit=figure.unit or self.currency)

    def _shares_power(self, header: str) -> int:
        """Shares may be in a scale of their own: "except number of shares, in thousands"."""
        stated = " ".join((self.table.caption, *(row.label for row in self.table.header)))
        if own := _SHARES_SCALE.search(stated):
            return SCALES[own[1].lower()]
        if _EXCEPT_SHARES.search(stated):
            return stated_power(header)
        return stated_power(header) or self.table.scale


def read_tables(text: str) -> list[TableReadings]:
    """The tables of a text, read; those that leave open what the others state are doubted."""
    sheets = [TableReadings(table) for table in find_tables(text)]
    stating = sum(sheet.table.states_scale for sheet in sheets)
    priced = sum(bool(sheet.currency) for sheet in sheets)
    if not stating or 2 * stating < priced:
        return sheets
    return [TableReadings(s.table, doubtful=not s.table.states_scale) for s in sheets]


def _kind(name: str) -> MeasureKind | None:
    return next((kind for kind, pattern in _KINDS if pattern.search(name)), None)


def _has_money(row: Row) -> bool:
    figures = (figure_of(cell) for cell in row.cells[1:])
    return any(figure.unit in CURRENCY_CODES for figure in figures if figure)


def _scaled(figure: Amount, power: int) -> Amount:
    return replace(figure, value=figure.value.scaleb(power), scaled=power > 0)
