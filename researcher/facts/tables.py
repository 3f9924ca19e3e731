"""Tables in page text: rows, header and caption told apart, and the scale they state."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from researcher.facts.numbers import SCALES, Amount, mentions

REMARK = re.compile(r"\([^)]*\b(?:thousand|million|billion)s?\b[^)]*\)", re.IGNORECASE)
"""A remark on the scale, such as "(In millions, except per share data)"."""

_ROW = re.compile(r"^[ \t]*\|.*\|[ \t]*$", re.MULTILINE)
_RULE = re.compile(r"[\s|:+-]*")
_CONTEXT_LINES = 8
"""Lines above a table that may state its scale: titles, company, "(unaudited)", a lead-in."""

_PAGE_BREAK = 80
"""Characters: what stands between two parts of a table that a page break divided."""

_SCALE = re.compile(
    r"\bin\s+(?:US\s+|U\.S\.\s+)?(?:dollars\s+)?(thousand|million|billion)s\b"
    r"|(?:US)?[$€£]\s?(thousand|million|billion)s?\b"
    r"|[$€£]\s?(m|mn|bn|k)\b",
    re.IGNORECASE,
)
_OF_SHARES = re.compile(r"\bshares\b[^.;(]*$", re.IGNORECASE)
_SEVERAL = re.compile(r"\btables\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell's text and where it stands in the page's text."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table."""

    start: int
    end: int
    cells: tuple[TableCell, ...]

    @property
    def label(self) -> str:
        """What the row is about: its first cell."""
        return self.cells[0].text if self.cells else ""

    @property
    def bare(self) -> bool:
        """Whether nothing but a remark, such as "(In millions)", stands beside the label."""
        return all(not cell.text or REMARK.fullmatch(cell.text) for cell in self.cells[1:])


@dataclass(frozen=True, slots=True)
class ParsedTable:
    """A run of table rows, its header told apart, and the lines that introduce it."""

    header: tuple[Row, ...]
    rows: tuple[Row, ...]
    caption: str

    @property
    def start(self) -> int:
        """Where its first row starts."""
        return (self.header or self.rows)[0].start

    @property
    def end(self) -> int:
        """Where its last row ends."""
        return (self.rows or self.header)[-1].end

    @property
    def scale(self) -> int:
        """The power of ten stated for its figures; 0 where none is."""
        return stated_power(self.stated)

    @property
    def states_scale(self) -> bool:
        """Whether a scale is stated for the table or for any of its columns."""
        heads = " ".join(cell.text for row in self.header for cell in row.cells)
        return bool(self.scale or stated_power(heads))

    @property
    def stated(self) -> str:
        """Where a scale may be stated: the caption, the header rows and rows with only a label."""
        heads = [cell.text for row in self.header for cell in row.cells[:1]]
        bare = [cell.text for row in self.rows[:2] if row.bare for cell in row.cells]
        return " ".join((self.caption, *heads, *bare))

    @property
    def corner(self) -> str:
        """What stands over the labels; it is true of every column."""
        return " ".join(row.label for row in self.header if row.label)

    def column_header(self, column: int) -> str:
        """The header over a column; a header cell reaches right over the empty ones beside it."""
        parts: list[str] = []
        for row in self.header:
            texts = [cell.text for cell in row.cells[1 : column + 1]]
            said = next((text for text in reversed(texts) if text), "")
            if said and said not in parts:
                parts.append(said)
        return " ".join(parts)


def find_tables(text: str) -> list[ParsedTable]:
    """The tables of a text, in order."""
    runs: list[list[re.Match[str]]] = []
    for line in _ROW.finditer(text):
        if runs and text[runs[-1][-1].end() : line.start()].strip(" \t") == "\n":
            runs[-1].append(line)
        else:
            runs.append([line])
    tables: list[ParsedTable] = []
    for lines in runs:
        table = _table(text, lines, tables[-1] if tables else None)
        if table.header or table.rows:  # rules alone are no table
            tables.append(table)
    return tables


def stated_power(text: str) -> int:
    """The last scale that a text states, for the nearest counts; not that of its shares."""
    found = [
        match
        for match in _SCALE.finditer(text)
        if not _OF_SHARES.search(text[max(0, match.start() - 60) : match.start()])
    ]
    return SCALES[next(group for group in found[-1].groups() if group).lower()] if found else 0


def figure_of(cell: TableCell) -> Amount | None:
    """The figure of a cell that holds one figure and no words."""
    found = [m for m in mentions(cell.text) if isinstance(m, Amount) and not m.worded]
    if len(found) != 1 or re.search(r"[A-Za-z]{2}", cell.text.replace(found[0].text, "")):
        return None
    return found[0]


def _table(text: str, lines: Sequence[re.Match[str]], previous: ParsedTable | None) -> ParsedTable:
    rows = [_row(line) for line in lines if not _RULE.fullmatch(line.group())]
    height = _header_height(rows)
    caption = _caption(text, lines[0].start(), previous)
    return ParsedTable(tuple(rows[:height]), tuple(rows[height:]), caption)


def _row(line: re.Match[str]) -> Row:
    raw, offset = line.group(), line.start()
    inner_start, inner_end = raw.index("|") + 1, raw.rindex("|")
    cells: list[TableCell] = []
    at = inner_start
    for part in raw[inner_start:inner_end].split("|"):
        text = part.strip()
        start = offset + at + (part.index(text) if text else 0)
        cells.append(TableCell(text, start, start + len(text)))
        at += len(part) + 1
    return Row(offset, line.end(), tuple(cells))


def _header_height(rows: Sequence[Row]) -> int:
    """Rows at the top without figures; only the first may carry a label of its own."""
    height = 0
    for row in rows:
        labelled = row.label and not row.label.startswith("(")
        if row.bare or any(figure_of(cell) for cell in row.cells[1:]) or (labelled and height):
            break
        height += 1
    return height if height < len(rows) else 0


def _caption(text: str, start: int, previous: ParsedTable | None) -> str:
    """The lines right above; and those above the table before, where they introduce both."""
    floor = previous.end if previous else 0
    lines = [line.strip(" #*") for line in text[floor:start].splitlines() if line.strip()]
    caption = " ".join(lines[-_CONTEXT_LINES:])
    if previous is None or _SCALE.search(caption):
        return caption
    divided = len(caption) <= _PAGE_BREAK and not caption.endswith((".", ":"))
    if divided or _SEVERAL.search(previous.caption):
        return f"{previous.stated} {caption}"
    return caption
