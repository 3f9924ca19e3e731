"""HTML tables as `| a | b |` rows.

Filings lay figures out with spacer columns, and put `$`, `)` and `%` in cells of their own. Here
each figure becomes one cell again, spacer columns go, and stacked header rows become one, so that
a row can be read with its header: `| Net sales | $ 94,036 | $ 85,777 |`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml.etree import _Element as Element

_PREFIX = re.compile(r"(?:[A-Z]{0,3}[$€£¥₹]|CHF|EUR|GBP|USD)?\s*\(?")
_SUFFIX = re.compile(r"\)?\s*(?:%|pts?\.?|pp|bps|x)?\s*\)?")
_STARTS_AS_FIGURE = re.compile(r"[(\-−–—+]?\s*[.\d—–-]")  # noqa: RUF001 - dashes as pages print them
_FIGURE = re.compile(r"[^\w]*(?:[A-Z]{0,3}[$€£¥₹]\s*)?[(\-−–+]?\s*(?:\d[\d,.]*|[—–-])[\s%)xpts.]*")  # noqa: RUF001
_YEAR = re.compile(r"(?:FY\s*)?(?:19|20)\d\d[AE]?")
_MAX_COLUMNS = 1000
"""HTML's own limit on `colspan`."""


@dataclass(frozen=True, slots=True)
class HtmlCell:
    """A cell on the grid: it covers the columns `start` to `end`, half-open."""

    start: int
    end: int
    text: str
    header: bool = False

    def covers(self, other: "HtmlCell") -> bool:
        """Whether the two share a column."""
        return self.start < other.end and other.start < self.end


type Row = list[HtmlCell]


def table_rows(table: Element, texts: Iterable[Iterable[str]]) -> list[list[str]]:
    """The table's rows as cell texts; empty rows and columns are gone.

    `texts` gives, row by row, the visible text of each of its `td` and `th`.
    """
    grid = [_joined(row) for row in _grid(table, texts)]
    grid = [row for row in grid if row]
    columns = _columns(grid)
    if not columns:
        return []
    split = _header_height(grid)
    head = [_spread(row, columns) for row in grid[:split]]
    body = [_placed(row, columns) for row in grid[split:]]
    merged = [[_stacked(parts) for parts in zip(*head, strict=True)]] if head else []
    return merged + body


def own_rows(table: Element) -> list[Element]:
    """The rows of this table, not of a table inside it."""
    return [row for row in table.iter("tr", "row") if next(row.iterancestors("table")) is table]


def own_cells(row: Element) -> list[Element]:
    """The cells of this row."""
    return [cell for cell in row if cell.tag in {"td", "th", "cell"}]


def _grid(table: Element, texts: Iterable[Iterable[str]]) -> list[Row]:
    """Every cell with text, at its place, `colspan` and `rowspan` respected."""
    grid: list[Row] = []
    blocked: dict[int, int] = {}  # column → rows it is still covered from above
    for element, row_texts in zip(own_rows(table), texts, strict=True):
        row: Row = []
        column = 0
        below: dict[int, int] = {}
        for cell, text in zip(own_cells(element), row_texts, strict=True):
            while blocked.get(column, 0) > 0:
                column += 1
            width = _span(cell, "colspan")
            if (height := _span(cell, "rowspan")) > 1:
                below |= dict.fromkeys(range(column, column + width), height)
            if text:
                row.append(HtmlCell(column, column + width, text, cell.tag == "th"))
            column += width
        blocked = {c: n - 1 for c, n in (blocked | below).items() if n > 1}
        grid.append(row)
    return grid


def _span(cell: Element, name: str) -> int:
    value = str(cell.get(name, "1")).strip()
    return min(max(int(value), 1), _MAX_COLUMNS) if value.isdecimal() else 1


def _joined(row: Row) -> Row:
    """The row with each figure in one cell: `$` + `(1,234` + `)` → `$ (1,234)`."""
    joined: Row = []
    for cell in row:
        last = joined[-1] if joined else None
        if last and _is_prefix(last.text) and _STARTS_AS_FIGURE.match(cell.text):
            space = "" if last.text.endswith("(") else " "
            joined[-1] = HtmlCell(
                last.start, cell.end, f"{last.text}{space}{cell.text}", cell.header
            )
        elif last and _is_suffix(cell.text) and any(c.isdigit() or c in "—–-" for c in last.text):  # noqa: RUF001
            joined[-1] = HtmlCell(last.start, cell.end, last.text + cell.text, last.header)
        else:
            joined.append(cell)
    return joined


def _is_prefix(text: str) -> bool:
    return bool(_PREFIX.fullmatch(text))


def _is_suffix(text: str) -> bool:
    return bool(_SUFFIX.fullmatch(text))


def _columns(grid: Sequence[Row]) -> list[HtmlCell]:
    """The logical columns: what the cells that stand over one column each cover together."""
    intervals = {(cell.start, cell.end): cell for row in grid for cell in row}
    layouts = {tuple((cell.start, cell.end) for cell in row): row for row in grid}
    narrow = [
        cell
        for cell in intervals.values()
        if all(sum(cell.covers(other) for other in row) < 2 for row in layouts.values())  # noqa: PLR2004
    ]
    columns: list[HtmlCell] = []
    for cell in sorted(narrow, key=lambda c: (c.start, c.end)):
        if columns and columns[-1].covers(cell):
            columns[-1] = HtmlCell(columns[-1].start, max(columns[-1].end, cell.end), "")
        else:
            columns.append(HtmlCell(cell.start, cell.end, ""))
    return columns


def _placed(row: Row, columns: Sequence[HtmlCell]) -> list[str]:
    """A body row: each cell in the first column it covers; none is lost."""
    texts = [""] * len(columns)
    for cell in row:
        index = next((i for i, column in enumerate(columns) if column.covers(cell)), -1)
        texts[index] = f"{texts[index]} {cell.text}".strip()
    return texts


def _spread(row: Row, columns: Sequence[HtmlCell]) -> list[str]:
    """A header row: a cell over several columns is said over each of them."""
    texts = [""] * len(columns)
    for cell in row:
        covered = [i for i, column in enumerate(columns) if column.covers(cell)]
        for index in covered or [-1]:
            texts[index] = f"{texts[index]} {cell.text}".strip()
    return texts


def _stacked(parts: Sequence[str]) -> str:
    """One header from the header cells above each other."""
    return " ".join(dict.fromkeys(part for part in parts if part))


def _header_height(grid: Sequence[Row]) -> int:
    """How many rows at the top are header: no figures in them, and not just a label."""
    height = 0
    for row in grid:
        if not _is_header(row, first=height == 0):
            break
        height += 1
    return height if height < len(grid) else 0


def _is_header(row: Row, *, first: bool) -> bool:
    if all(cell.header for cell in row):
        return True
    if any(_FIGURE.fullmatch(cell.text) and not _YEAR.fullmatch(cell.text) for cell in row):
        return False
    label, *rest = row
    if label.start == 0 and not label.text.startswith("("):
        return first and bool(rest)
    return True
