"""What the quotes of a claim bear: where they stand, and every number, date and name in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alex.knowledge.documents import Span
from researcher.facts.indexed_source import Bearing, IndexedSource
from researcher.facts.numbers import Amount, Mention, mentions
from researcher.facts.periods import Period
from researcher.facts.readings import CellReading
from researcher.verify import wording
from researcher.verify.draft import Claim, Quote

SHORTEST_QUOTE, LONGEST_QUOTE = 12, 1_000
"""Characters. A shorter one proves nothing; a longer one holds too much to prove one thing."""

MOST_QUOTES = 8


@dataclass(frozen=True, slots=True)
class FoundQuote:
    """A quote and where it stands in its source."""

    source: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Borne:
    """A number, date or name in a quote.

    Attributes:
        sentence: around it; empty for a table's figure.
        at: where in the sentence the mention starts.
    """

    source: str
    bearing: Bearing
    sentence: str = ""
    at: int = 0


@dataclass(slots=True)
class Proof:
    """What the quotes of one claim bear."""

    quotes: list[FoundQuote] = field(default_factory=list)
    borne: list[Borne] = field(default_factory=list)
    exhibits: list[IndexedSource] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)

    @property
    def quoted(self) -> str:
        """The quotes' words."""
        return " ".join(quote.text for quote in self.quotes)

    @property
    def evidence(self) -> str:
        """The quotes' words, with the titles and headings that go with them."""
        titles = (exhibit.source.title for exhibit in self.exhibits)
        return " ".join((self.quoted, *titles, *self.contexts))


def locate(
    claim: Claim, said: Sequence[Mention], exhibits: Mapping[str, IndexedSource]
) -> tuple[Proof, list[str]]:
    """Find each quote of a claim, and say why one cannot be used.

    Where a quote stands in several places, the place that bears most counts.
    """
    proof, reasons = Proof(), []
    operands = (operand.quote for c in claim.calculations for operand in c.operands)
    quotes = list(dict.fromkeys((*claim.quotes, *operands)))
    if not quotes:
        reasons.append("it has no quote")
    if len(quotes) > MOST_QUOTES:
        reasons.append(f"it has more than {MOST_QUOTES} quotes")
    for quote in quotes[:MOST_QUOTES]:
        exhibit = exhibits.get(quote.source)
        spans = exhibit.find(quote.text) if exhibit else []
        flaw = _flaw(quote, exhibit, spans)
        if flaw or exhibit is None:
            reasons.append(flaw)
            continue
        span = max(spans, key=lambda s: _worth(exhibit.bearings(s), said))
        borne = [_borne(exhibit, bearing, span) for bearing in exhibit.bearings(span)]
        proof.quotes.append(FoundQuote(quote.source, quote.text, span))
        proof.borne += borne
        proof.exhibits.append(exhibit)
        proof.contexts += [context_of(b.bearing.reading) for b in borne if b.bearing.reading]
    return proof, reasons


def _borne(exhibit: IndexedSource, bearing: Bearing, span: Span) -> Borne:
    if bearing.reading:
        return Borne(exhibit.source.key, bearing)
    sentence, start = wording.sentence_at(exhibit.source.text, bearing.span.start, span)
    return Borne(exhibit.source.key, bearing, sentence, bearing.span.start - start)


def _flaw(quote: Quote, exhibit: IndexedSource | None, spans: Sequence[Span]) -> str:
    if exhibit is None:
        return f"no source is named {quote.source!r}"
    letters = sum(character.isalpha() for character in quote.text)
    if len(quote.text.strip()) < SHORTEST_QUOTE or not letters:
        return f"a quote of {quote.source} is too short to prove anything"
    if len(quote.text) > LONGEST_QUOTE:
        return f"a quote of {quote.source} is longer than {LONGEST_QUOTE} characters"
    return "" if spans else f"a quote is not in {quote.source}"


def _worth(bearings: Iterable[Bearing], said: Sequence[Mention]) -> int:
    """How many of a claim's mentions a place bears, its columns' headers included."""
    measures = {m.measure for m in said if isinstance(m, Amount)}
    matched = [
        b for b in bearings if isinstance(b.mention, Amount) and b.mention.measure in measures
    ]
    periods = [p for b in matched if b.reading for p in periods_in(context_of(b.reading))]
    times = [m for m in said if isinstance(m, Period)]
    return len(matched) + sum(any(t.borne_by(p) for p in periods) for t in times)


def periods_in(text: str) -> list[Period]:
    """The dates and periods of a text."""
    return [mention for mention in mentions(text) if isinstance(mention, Period)]


def context_of(reading: CellReading) -> str:
    """What the table says about a cell: its column, row, group of rows, and corner."""
    return f"{reading.header} {reading.label} {reading.section} {reading.corner}"
