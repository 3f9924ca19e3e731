"""Tables in page text: what each figure says once its row, column, unit and scale are known.

A cell alone is not a fact: "46,743" is 46,743 million dollars because a line above the table says
"(In millions)" and another cell of its column carries the dollar sign. The writer words claims
from these readings, and the check accepts a scaled claim only where a reading bears it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from researcher.numbers import SCALES, Amount, mentions

_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_CELL = re.compile(r"[^|\n]+")
_RULE = re.compile(r"[\s|:+-]*")
_CONTEXT_LINES = 8
"""Lines above a table that may state its scale: titles, company, "(unaudited)", a lead-in."""

_SCALE = re.compile(
    r"\b(?:in|are\s+in|expressed\s+in)\s+(?:US\s+|U\.S\.\s+)?(?:dollars\s+)?(thousand|million|billion)s\b"
    r"|(?:\$|€|£|US\$)\s?(thousand|million|billion)s?\b"
    r"|[$€£]\s?(?P<symbol>m|mn|bn|k)\b",
    re.IGNORECASE,
)
_SHARES_SCALE = re.compile(
    r"\bshares[^.,;()]{0,40}?(?:,\s*which\s+are)?[^.,;()]{0,40}?\bin\s+(thousand|million|billion)s",
    re.IGNORECASE,
)
_EXCEPT_SHARES = re.compile(
    r"\bexcept\b(?:[^)]*?\b(?:and|for|number\s+of|,))?\s*shares?\b(?!\s*-?\s*(?:in\b|which))",
    re.IGNORECASE,
)
_PER = re.compile(
    r"\bper[\s-](?:\w+[\s-]){0,2}?(?:share|unit|rsu|ads|option)s?\b|\beps\b", re.IGNORECASE
)
_SHARES = re.compile(
    r"\bshares\b|\bweighted[\s-]average\b(?!.*\b(?:value|price|rate|term)\b)", re.IGNORECASE
)
_SHARES_USED = re.compile(r"\bshares\s+used\b|\banti-?dilutive\b", re.IGNORECASE)
_USED = re.compile(r"\bincome\b.*\bused in\b", re.IGNORECASE)
_STOCK = re.compile(r"(?:common|preferred|treasury)\s+(?:stock|shares)\b.*\bpar\b", re.IGNORECASE)
_PERCENT = re.compile(r"(?<!\d)%|\bpercent|\b(?:tax|interest)\s+rates?$", re.IGNORECASE)
_COUNTED = re.compile(
    r"\((?:in\s+)?(?:years|months|days)\)|\b(?:employees|headcount|square feet)\b", re.IGNORECASE
)
_REMARK = re.compile(r"\([^)]*\b(?:thousand|million|billion)s?\b[^)]*\)", re.IGNORECASE)
_PAGE_BREAK = 80
"""Characters: what stands between two parts of a table that a page break divided."""
_DOLLARS = re.compile(
    r"\b(?:in\s+)?(?:U\.?S\.?\s+)?dollars\b|\bUSD\b|\(\$|\$\s?in\b", re.IGNORECASE
)
_SHARE_OF = re.compile(r"\bpercentage\s+of\b", re.IGNORECASE)
_PLURAL = re.compile(r"\btables\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell's text and where it stands in the page's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    start: int
    end: int
    cells: tuple[Cell, ...]

    @property
    def label(self) -> str:
        """What the row is about: its first cell."""
        return self.cells[0].text if self.cells else ""

    @property
    def bare(self) -> bool:
        """Whether nothing but a remark, such as "(In millions)", stands beside the label."""
        return all(not cell.text or _REMARK.fullmatch(cell.text) for cell in self.cells[1:])


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of a table with everything that gives it meaning.

    Attributes:
        amount: with the table's scale and currency applied; its span is the cell's.
        power: the power of ten that the table's scale added; 0 where it added none.
        raw: as written in the cell.
        column: position of the cell's column.
        header: the column's header, empty where it has none.
        section: the label of the group of rows it stands in, empty where there is none.
    """

    amount: Amount
    power: int
    raw: str
    label: str
    column: int
    header: str
    section: str


@dataclass(frozen=True)
class Table:
    """A run of table rows, its header told apart, and the lines that introduce it.

    Attributes:
        doubtful: it states no scale where the page's other tables do, so that "184" may well mean
            184 million; its sums of money are not read.
    """

    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    caption: str
    doubtful: bool = False

    @property
    def start(self) -> int:
        """Where its first row starts."""
        return (self.header or self.rows)[0].start

    @property
    def end(self) -> int:
        """Where its last row ends."""
        return (self.rows or self.header)[-1].end

    def column_header(self, column: int) -> str:
        """The header over a column; a header cell reaches right over the empty ones beside it."""
        parts: list[str] = []
        for row in self.header:
            texts = [cell.text for cell in row.cells[1 : column + 1]]
            said = next((text for text in reversed(texts) if text), "")
            if said and said not in parts:
                parts.append(said)
        return " ".join(parts)

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """Every figure, in order."""
        return tuple(_read(self))

    @property
    def scale(self) -> int:
        """The power of ten stated for its figures; 0 where none is."""
        return _power(self.stated)

    @property
    def states_scale(self) -> bool:
        """Whether a scale is stated for the table or for any of its columns."""
        heads = " ".join(cell.text for row in self.header for cell in row.cells)
        return bool(self.scale or _power(heads))

    @property
    def stated(self) -> str:
        """Where a scale may be stated: the caption, the header rows and rows with only a label."""
        heads = [cell.text for row in self.header for cell in row.cells[:1]]
        bare = [cell.text for row in self.rows[:2] if row.bare for cell in row.cells]
        return " ".join((self.caption, *heads, *bare))


def find_tables(text: str) -> list[Table]:
    """The tables of a text, in order."""
    tables: list[Table] = []
    lines: list[re.Match[str]] = []
    for match in _ROW.finditer(text):
        if lines and text[lines[-1].end() : match.start()].strip(" \t") != "\n":
            tables.append(_table(text, lines, tables[-1] if tables else None))
            lines = []
        lines.append(match)
    if lines:
        tables.append(_table(text, lines, tables[-1] if tables else None))
    return _doubted(tables)


def _doubted(tables: list[Table]) -> list[Table]:
    """The tables, with those that leave their scale open among ones that state it marked."""
    stating = [table for table in tables if table.states_scale]
    priced = [table for table in tables if _Currency(table).code]
    if not stating or 2 * len(stating) < len(priced):
        return tables
    return [replace(table, doubtful=not table.states_scale) for table in tables]


def _table(text: str, lines: Sequence[re.Match[str]], previous: Table | None) -> Table:
    rows = [_row(line) for line in lines if not _RULE.fullmatch(line.group())]
    height = _header_height(rows)
    caption = _caption(text, lines[0].start(), previous)
    return Table(tuple(rows[:height]), tuple(rows[height:]), caption)


def _row(line: re.Match[str]) -> Row:
    raw, offset = line.group(), line.start()
    inner_start, inner_end = raw.index("|") + 1, raw.rindex("|")
    cells: list[Cell] = []
    at = inner_start
    for part in raw[inner_start:inner_end].split("|"):
        text = part.strip()
        start = offset + at + (part.index(text) if text else 0)
        cells.append(Cell(text, start, start + len(text)))
        at += len(part) + 1
    return Row(offset, line.end(), tuple(cells))


def _header_height(rows: Sequence[Row]) -> int:
    """Rows at the top without figures; only the first may carry a label of its own."""
    height = 0
    for row in rows:
        labelled = row.label and not row.label.startswith("(")
        if row.bare or _has_amount(row) or (labelled and height):
            break
        height += 1
    return height if height < len(rows) else 0


def _has_amount(row: Row) -> bool:
    return any(_amount(cell) for cell in row.cells[1:])


def _caption(text: str, start: int, previous: Table | None) -> str:
    """The lines right above; and those above the table before, where they introduce both."""
    floor = previous.end if previous else 0
    lines = [line.strip(" #*") for line in text[floor:start].splitlines() if line.strip()]
    caption = " ".join(lines[-_CONTEXT_LINES:])
    if previous is None or _SCALE.search(caption):
        return caption
    divided = len(caption) <= _PAGE_BREAK and not caption.endswith((".", ":"))
    if divided or _PLURAL.search(previous.caption):
        return f"{previous.stated} {caption}"
    return caption


def _power(text: str) -> int:
    """The last scale that a text states: the nearest to the table."""
    found = None
    for match in _SCALE.finditer(text):
        before = text[max(0, match.start() - 60) : match.start()]
        if not re.search(r"\bshares\b[^.;(]*$", before, re.IGNORECASE):
            found = match
    if found is None:
        return 0
    return SCALES[(found[1] or found[2] or found["symbol"]).lower()]


def _read(table: Table) -> Iterator[Reading]:
    """Row by row: what a row does not say of itself, it has from its section or the row above."""
    section, kind = "", ""
    usual = "percent" if _SHARE_OF.search(table.caption) and not table.scale else ""
    currency = _Currency(table)
    for row in table.rows:
        if row.bare:
            section, kind = row.label.rstrip(":"), ""
            continue
        carried = kind if kind == "shares" else ""
        kind = _kind(row.label) or carried or _kind(section) or usual
        for column, cell in enumerate(row.cells[1:], start=1):
            header = table.column_header(column)
            amount = _amount(cell)
            if amount is None:
                continue
            if amount.unit not in {"", "percent"} and kind == "shares":
                kind = _kind(section) if _kind(section) == "each" else "money"
            meant = _meant(table, amount, _column_kind(header, amount) or kind, header, currency)
            if meant is None:
                continue
            yield Reading(
                amount=replace(meant, start=cell.start, end=cell.end, text=cell.text),
                power=meant.value.adjusted() - amount.value.adjusted(),
                raw=cell.text,
                label=row.label.rstrip(":"),
                column=column,
                header=header,
                section=section,
            )


def _amount(cell: Cell) -> Amount | None:
    """The figure of a cell that holds one figure and no words."""
    found = [m for m in mentions(cell.text) if isinstance(m, Amount)]
    if len(found) != 1 or re.search(r"[A-Za-z]{2}", cell.text.replace(found[0].text, "")):
        return None
    return found[0]


def _kind(name: str) -> str:
    """What a row or column counts: shares, something for each share, a percentage, things."""
    if _SHARES_USED.search(name):
        return "shares"
    if _STOCK.match(name) or _USED.search(name):
        return "money"
    for kind, pattern in (("each", _PER), ("percent", _PERCENT), ("things", _COUNTED)):
        if pattern.search(name):
            return kind
    return "shares" if _SHARES.search(name) else ""


def _column_kind(header: str, amount: Amount) -> str:
    """What the header makes of its column; its remark on the scale says nothing about that."""
    kind = _kind(_REMARK.sub("", header))
    return "" if kind == "shares" and amount.unit else kind


def _meant(
    table: Table, amount: Amount, kind: str, header: str, currency: "_Currency"
) -> Amount | None:
    """The amount with the scale and currency that the table gives it; None where that is open."""
    if amount.scaled or amount.unit in {"percent", "points", "basis points", "times"}:
        return amount
    if kind == "percent" and not amount.unit:
        return replace(amount, unit="percent")
    if kind == "things":
        return amount
    if kind == "each":
        return replace(amount, unit=amount.unit or currency.code)
    if kind == "shares" and not amount.unit:
        return _scaled(amount, _shares_power(table, header))
    if table.doubtful:
        return None
    power = _power(header) or table.scale
    return replace(_scaled(amount, power), unit=amount.unit or currency.code)


def _scaled(amount: Amount, power: int) -> Amount:
    return replace(amount, value=amount.value.scaleb(power), scaled=power > 0)


def _shares_power(table: Table, header: str) -> int:
    """Shares may be in a scale of their own: "except number of shares, in thousands"."""
    stated = table.caption + " " + " ".join(row.label for row in table.header)
    own = _SHARES_SCALE.search(stated)
    if own:
        return SCALES[own[1].lower()]
    if _EXCEPT_SHARES.search(stated):
        return _power(header)
    return _power(header) or table.scale


class _Currency:
    """The one currency of a table, where it has exactly one."""

    def __init__(self, table: Table) -> None:
        amounts = [
            amount for row in table.rows for cell in row.cells[1:] if (amount := _amount(cell))
        ]
        units = {
            amount.unit for amount in amounts if len(amount.unit) == 3 and amount.unit.isupper()
        }
        if not units and _DOLLARS.search(table.caption):
            units = {"USD"}
        self.code = units.pop() if len(units) == 1 else ""
