"""How a text is laid out: headings, sentences and table rows, and where it may be divided."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import islice

from alex.knowledge.documents import Span

_LONGEST = 400
"""Characters of a unit; longer sentences and rows are divided into parts."""

_WIDTH = 120
"""Characters of such a part, which ends between words unless a word is longer."""

_LINE = re.compile(r"\S[^\n]*")
_LINE_END = re.compile(r"\n\s*")
_WIDE_STOPS = "\u3002\uff01\uff1f"
_CLOSING = "\"'\u201d\u2019)]"
_SENTENCE_OR_LINE_END = re.compile(
    rf"\n\s*|(?<=[.!?])[{re.escape(_CLOSING)}]*\s+(?=[^a-z\s])|(?<=[{_WIDE_STOPS}])\s*"
)
_SENTENCE_ENDS = tuple(stop + close for stop in f".!?{_WIDE_STOPS}" for close in ("", *_CLOSING))
_CHUNK = re.compile(rf"\S(?:.{{0,{_WIDTH - 2}}}\S)?(?!\S)|\S{{1,{_WIDTH}}}", re.DOTALL)
_ABBREVIATION = re.compile(
    r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Sr|Jr|St|Inc|Corp|Co|Ltd|No|Nos|vs|approx|Sec|Fig|Dept"
    r"|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\.$"
)

_MARKDOWN_HEADING = re.compile(r"#{1,6}\s+\S")
_NUMBERED_HEADING = re.compile(
    r"(?:item|part|note|section|chapter|article|appendix)\s+[\divx]+[a-z]?\s*(?:[.:\u2013\u2014-]|$)",
    re.IGNORECASE,
)
_LONGEST_HEADING = 100
_RULE_ROW = re.compile(r"[\s|:+-]+$")
_MOST_HEADER_ROWS = 3


class Break(IntEnum):
    """How good a place to divide the text lies before a unit."""

    WORD = 0
    LINE = 1
    SENTENCE = 2
    PARAGRAPH = 3
    HEADING = 4


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece that is not divided further: a heading, a sentence, a table row, or a part of one.

    Attributes:
        before: the kind of break in front of it.
        heading: the nearest heading so far, which may be the unit itself.
        header: inside a table, its header rows, which may be the unit itself.
    """

    start: int
    end: int
    before: Break
    heading: Span | None = None
    header: Span | None = None


class _Kind(IntEnum):
    PROSE = 0
    HEADING = 1
    ROW = 2


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines of one kind with no blank line between them; a heading is a block of its own."""

    start: int
    end: int
    kind: _Kind
    before: Break


def units(text: str) -> Iterator[Unit]:
    """The text's units in order; together they hold every character that is not white space."""
    heading: Span | None = None
    for block in _blocks(text):
        header = None
        if block.kind is _Kind.HEADING:
            heading = Span(block.start, block.end)
        elif block.kind is _Kind.ROW:
            header = _header(text, block)
        for piece in _pieces(text, block):
            yield from _short(text, replace(piece, heading=heading, header=header))


def halves(text: str, unit: Unit) -> tuple[Unit, Unit]:
    """The unit divided near its middle, between words where it has any."""
    middle = (unit.start + unit.end) // 2
    space = re.compile(r"\s+").search(text, middle, unit.end)
    left, right = space.span() if space else (middle, middle)
    return replace(unit, end=left), replace(unit, start=right, before=Break.WORD)


def _blocks(text: str) -> Iterator[_Block]:
    open_block: _Block | None = None
    for line in _LINE.finditer(text):
        start, end = line.start(), line.start() + len(line.group().rstrip())
        kind = _kind(line.group().strip())
        blank = open_block is not None and text.count("\n", open_block.end, start) > 1
        if open_block and kind is open_block.kind and not blank and kind is not _Kind.HEADING:
            open_block = replace(open_block, end=end)
            continue
        if open_block:
            yield open_block
        open_block = _Block(start, end, kind, _break(kind, open_block, blank=blank))
    if open_block:
        yield open_block


def _break(kind: _Kind, previous: _Block | None, *, blank: bool) -> Break:
    """A heading right under another belongs to it; what follows a heading stays with it."""
    if previous and previous.kind is _Kind.HEADING:
        return Break.LINE
    if kind is _Kind.HEADING:
        return Break.HEADING
    return Break.PARAGRAPH if blank else Break.LINE


def _kind(line: str) -> _Kind:
    if " | " in line or line.count("|") > 1:
        return _Kind.ROW
    return _Kind.HEADING if _is_heading(line) else _Kind.PROSE


def _is_heading(line: str) -> bool:
    """Markdown's, a filing's (`Item 2. …`), or a short line in capitals of two words or more."""
    if _MARKDOWN_HEADING.match(line):
        return True
    if len(line) > _LONGEST_HEADING or line[-1] in ",;":
        return False
    return bool(_NUMBERED_HEADING.match(line)) or _in_capitals(line)


def _in_capitals(line: str) -> bool:
    """Words in capitals; a row of figures with a unit or two is none."""
    letters = sum(character.isalpha() for character in line)
    return line.isupper() and " " in line and letters * 2 > len(line)


def _header(text: str, block: _Block) -> Span:
    """The first row, and those right after it that are a rule or have no label in front."""
    lines = _LINE.finditer(text, block.start, block.end)
    rows = list(islice(lines, _MOST_HEADER_ROWS))
    end = rows[0].end()
    for row in rows[1:]:
        if not (_RULE_ROW.match(row.group()) or _unlabelled(row.group())):
            break
        end = row.end()
    return Span(block.start, min(end, block.end))


def _unlabelled(row: str) -> bool:
    """Whether the row's first cell is empty or a remark such as `(in millions)`."""
    bordered = row.startswith("|") and row.rstrip().endswith("|")
    return row[bordered:].lstrip().startswith(("|", "("))


def _pieces(text: str, block: _Block) -> Iterator[Unit]:
    """The block's sentences and lines, or its rows."""
    divisions = _SENTENCE_OR_LINE_END if block.kind is _Kind.PROSE else _LINE_END
    start, before = block.start, block.before
    for match in divisions.finditer(text, block.start, block.end):
        if "\n" not in match.group() and _ABBREVIATION.search(
            text, match.start() - 8, match.start()
        ):
            continue
        piece = text[start : match.end()].rstrip()
        yield Unit(start, start + len(piece), before)
        start = match.end()
        before = Break.SENTENCE if piece.endswith(_SENTENCE_ENDS) else Break.LINE
    if start < block.end:
        yield Unit(start, block.end, before)


def _short(text: str, unit: Unit) -> Iterator[Unit]:
    """The unit, or its parts where it is longer than a passage should be."""
    if unit.end - unit.start <= _LONGEST:
        yield unit
        return
    before = unit.before
    for chunk in _CHUNK.finditer(text, unit.start, unit.end):
        yield replace(unit, start=chunk.start(), end=chunk.end(), before=before)
        before = Break.WORD
