"""A document's text as passages that the embedding model reads whole."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from alex.knowledge import tokens
from alex.knowledge.documents import Passage, Span
from alex.knowledge.layout import Break, Unit, halves, units

VERSION = "2"
"""Raised when texts are split differently: stored documents are then split anew when they next
come in."""

TARGET = 200
"""Word pieces of a passage's own text, at most; less where its context is long.

On the public sets 128 is no better in hybrid search, and makes half as many passages again.
"""

OVERLAP = 40
"""Word pieces at most that a passage repeats of the one before it, in whole sentences."""

TITLE_SHARE, HEADING_SHARE, HEADER_SHARE = 32, 24, 48
"""Word pieces at most that title, nearest heading and table header take of a context."""

_LARGEST_UNIT = 100
"""Word pieces; fits beside the largest context."""

_LONGEST = 2_000
"""Characters; bounds passages of endless words, each a single unknown word piece."""

_EARLIEST_CUT = 0.5
"""A passage is cut at the best break after this share of what fits."""

_EARLIEST_HEADING = 0.25
"""The same for a cut in front of a heading."""


def split(text: str, title: str | None = None) -> list[Passage]:
    """Passages of which none exceeds the model's limit and that together leave nothing out.

    Those of one paragraph overlap by a sentence or so.
    """
    drafts = _checked(text, list(_drafts(text, _Contexts(text, title))))
    return [
        Passage(ordinal, text[draft.start : draft.end], draft.context, Span(draft.start, draft.end))
        for ordinal, draft in enumerate(drafts)
    ]


@dataclass(frozen=True, slots=True)
class _Draft:
    context: str
    start: int
    end: int


def _drafts(text: str, contexts: "_Contexts") -> Iterator[_Draft]:
    """As many units a passage as fit beside the context of its first."""
    pieces, sizes = _measured(text)
    before = [0, *accumulate(sizes)]
    first = 0
    while first < len(pieces):
        context = contexts.of(pieces[first])
        room = min(TARGET, tokens.LIMIT - tokens.SPECIAL - contexts.size(context))
        stop = _cut(pieces, before, first, room)
        yield _Draft(context, pieces[first].start, pieces[stop - 1].end)
        first = stop if stop == len(pieces) else _overlapped(pieces, before, first, stop)


def _measured(text: str) -> tuple[list[Unit], list[int]]:
    """The text's units, none too large, and their sizes in word pieces."""
    pieces = list(units(text))
    sizes = tokens.count([text[piece.start : piece.end] for piece in pieces])
    while any(size > _LARGEST_UNIT for size in sizes):
        pieces = [
            part
            for piece, size in zip(pieces, sizes, strict=True)
            for part in (halves(text, piece) if size > _LARGEST_UNIT else (piece,))
        ]
        sizes = tokens.count([text[piece.start : piece.end] for piece in pieces])
    return pieces, sizes


def _cut(pieces: Sequence[Unit], before: Sequence[int], first: int, room: int) -> int:
    """Where the passage ends that starts with unit `first`.

    `before[i]` counts the word pieces in front of unit i.
    """
    full = bisect_right(before, before[first] + room, first + 1) - 1
    while full > first + 1 and pieces[full - 1].end - pieces[first].start > _LONGEST:
        full -= 1
    return full if full == len(pieces) else _best_cut(pieces, before, first, full)


def _best_cut(pieces: Sequence[Unit], before: Sequence[int], first: int, full: int) -> int:
    """The strongest break that leaves the passage large enough; the last one of equals."""
    size = before[full] - before[first]

    def worth(stop: int) -> tuple[Break, int]:
        kind = pieces[stop].before
        share = _EARLIEST_HEADING if kind is Break.HEADING else _EARLIEST_CUT
        enough = before[stop] - before[first] >= share * size
        return (kind if enough else Break.WORD, stop)

    return max(range(first + 1, full + 1), key=worth)


def _overlapped(pieces: Sequence[Unit], before: Sequence[int], first: int, stop: int) -> int:
    """Where the next passage starts: a little back, inside a paragraph."""
    start = stop
    while (
        start - 1 > first
        and pieces[start].before < Break.PARAGRAPH
        and pieces[start - 1].header is None
        and before[stop] - before[start - 1] <= OVERLAP
        and pieces[stop - 1].end - pieces[start - 1].start <= _LONGEST * OVERLAP // TARGET
    ):
        start -= 1
    return start


class _Contexts:
    """What stands in front of passages: title, heading and table header, each cut to its share."""

    def __init__(self, text: str, title: str | None) -> None:
        self._text = text
        self._title = tokens.head(" ".join((title or "").split()), TITLE_SHARE)
        self._heads: dict[tuple[Span, int], str] = {}
        self._sizes: dict[str, int] = {}

    def of(self, unit: Unit) -> str:
        """The context of a passage that starts with this unit, without what it holds itself."""
        above = [(unit.heading, HEADING_SHARE), (unit.header, HEADER_SHARE)]
        lines = [
            self._head(span, share) for span, share in above if span and span.end <= unit.start
        ]
        return "\n".join(line for line in (self._title, *lines) if line)

    def size(self, context: str) -> int:
        """Its word pieces."""
        if context not in self._sizes:
            [self._sizes[context]] = tokens.count([context])
        return self._sizes[context]

    def _head(self, span: Span, share: int) -> str:
        if (span, share) not in self._heads:
            line = " ".join(self._text[span.start : span.end].lstrip("#").split())
            self._heads[span, share] = tokens.head(line, share)
        return self._heads[span, share]


def _checked(text: str, drafts: Sequence[_Draft]) -> list[_Draft]:
    """The drafts, halved where they exceed the model's limit.

    That is rare: sizes do not quite add up where a word or its control characters were divided.
    """
    sizes = tokens.count([f"{draft.context}\n{text[draft.start : draft.end]}" for draft in drafts])
    checked: list[_Draft] = []
    for draft, size in zip(drafts, sizes, strict=True):
        if size <= tokens.LIMIT - tokens.SPECIAL:
            checked.append(draft)
            continue
        parts = halves(text, Unit(draft.start, draft.end, Break.WORD))
        checked += _checked(text, [_Draft(draft.context, part.start, part.end) for part in parts])
    return checked
