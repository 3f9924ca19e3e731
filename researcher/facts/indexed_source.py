"""A source's kept text as evidence: where a quote stands in it, and what figures it bears."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from alex.knowledge.documents import Span
from researcher.facts.numbers import Amount, Mention, mentions
from researcher.facts.readings import CellReading, TableReadings, read_tables
from researcher.sources.source import Source

_ALIKE = str.maketrans(
    "\u2018\u2019\u201a\u201b\u2032\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "'''''" + '"' * 7 + "-" * 7,
)


_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")


_MOST_OCCURRENCES = 8


@dataclass(frozen=True, slots=True)
class Bearing:
    """A number, date or name that a quote holds.

    Attributes:
        reading: the table cell it is, where it is one.
        in_header: it stands in a table's header row, so it is true of one column only.
    """

    mention: Mention
    span: Span
    reading: CellReading | None = None
    in_header: bool = False


class IndexedSource:
    """A source made ready for checking."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._bearings = lru_cache(maxsize=4096)(self._find_bearings)

    @cached_property
    def sheets(self) -> list[TableReadings]:
        """The tables of its text."""
        return read_tables(self.source.text)

    @cached_property
    def _folded(self) -> tuple[str, array[int]]:
        return _fold(self.source.text)

    def find(self, quote: str) -> list[Span]:
        """Where a quote stands, in characters of the source's own text; empty if nowhere.

        White space, typographic quotes and dashes may differ; a quote must not begin or end
        inside a word.
        """
        wanted, _ = _fold(quote)
        wanted = wanted.strip()
        text, offsets = self._folded
        spans: list[Span] = []
        at = text.find(wanted) if wanted else -1
        while at >= 0 and len(spans) < _MOST_OCCURRENCES:
            end = at + len(wanted)
            if not (_inside_word(text, at) or _inside_word(text, end)):
                spans.append(Span(offsets[at], offsets[end - 1] + 1))
            at = text.find(wanted, at + 1)
        return spans

    def bearings(self, span: Span) -> tuple[Bearing, ...]:
        """What stands wholly inside the span; a figure that the span cuts is not borne."""
        return self._bearings(span)

    def _find_bearings(self, span: Span) -> tuple[Bearing, ...]:
        text = self.source.text
        found: list[Bearing] = []
        at = self._paragraph_before(span.start)
        while at < span.end:
            end = _line_end(text, at)
            sheet = self._sheet_at(at)
            if sheet:
                found += _cells(sheet, at, end)
            else:
                while end < span.end and text[end + 1 : _line_end(text, end + 1)].strip():
                    if self._sheet_at(end + 1):
                        break
                    end = _line_end(text, end + 1)
                found += _prose(text[at:end], at)
            at = end + 1
        return tuple(b for b in found if span.start <= b.span.start and b.span.end <= span.end)

    def _paragraph_before(self, position: int) -> int:
        """Where the lines begin that run on to this position: layout may cut a date in two."""
        text = self.source.text
        at = text.rfind("\n", 0, position) + 1
        while at and not self._sheet_at(at):
            before = text.rfind("\n", 0, at - 1) + 1
            if not text[before:at].strip() or self._sheet_at(before):
                break
            at = before
        return at

    def _sheet_at(self, position: int) -> TableReadings | None:
        return next((s for s in self.sheets if s.table.start <= position < s.table.end), None)


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _prose(lines: str, offset: int) -> Iterator[Bearing]:
    for mention in mentions(lines.replace("\n", " ")):
        yield Bearing(mention, Span(offset + mention.start, offset + mention.end))


def _cells(sheet: TableReadings, start: int, end: int) -> Iterator[Bearing]:
    """A row's figures as the table gives them; figures of open scale or unit are left out."""
    readings = {reading.amount.start: reading for reading in sheet.readings}
    for row in (*sheet.table.header, *sheet.table.rows):
        if not start <= row.start < end:
            continue
        for column, cell in enumerate(row.cells):
            reading = readings.get(cell.start) if column else None
            if reading:
                yield Bearing(reading.amount, Span(cell.start, cell.end), reading)
                continue
            wordy = column == 0 or re.search(r"[A-Za-z]{2}", cell.text)
            for mention in mentions(cell.text):
                if wordy or not isinstance(mention, Amount):
                    place = Span(cell.start + mention.start, cell.start + mention.end)
                    yield Bearing(mention, place, in_header=row in sheet.table.header)


def _fold(text: str) -> tuple[str, array[int]]:
    """The text with look-alikes alike and white space collapsed; where each character stood."""
    characters: list[str] = []
    offsets = array("q")
    blank = True
    for offset, character in enumerate(text.translate(_ALIKE)):
        if character in _INVISIBLE:
            continue
        if character.isspace():
            if blank:
                continue
            character = " "  # noqa: PLW2901 - any white space counts as one space
        blank = character == " "
        characters.append(character)
        offsets.append(offset)
    return "".join(characters), offsets


def _inside_word(text: str, at: int) -> bool:
    """Whether a word or number goes on across this position."""
    return 0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum()
