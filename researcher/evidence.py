"""The check: does the kept evidence prove a claim? Pure code, and it fails closed.

A claim passes when each of its quotes stands in its source, every number in it is borne by a
quote with the same value, unit, scale and sign, every date and period is that of the figures it
cites, and the quotes speak of what the claim speaks of. Anything else is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alex.documents import Span
from researcher import wording
from researcher.draft import Claim, Quote
from researcher.exhibits import Bearing, Exhibit
from researcher.numbers import Amount, Label, Mention, mentions
from researcher.periods import Period
from researcher.readings import Reading

SHORTEST_QUOTE, LONGEST_QUOTE = 12, 1_000
"""Characters. A shorter one proves nothing; a longer one holds too much to prove one thing."""

MOST_QUOTES = 8

_ENUMERATION = re.compile(
    r"\b(?:no\.|note|item|part|section|chapter|step|phase|level|proposal)\s*\d{1,2}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundQuote:
    """A quote and where it stands in its source."""

    source: str
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class ProvenFigure:
    """A number of a claim and the place that bears it.

    Attributes:
        row, column: the table row's label and the column's header, where it is a table's cell.
    """

    text: str
    source: str
    span: Span
    row: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim is proven, and why not; never both empty reasons and a refusal."""

    reasons: tuple[str, ...] = ()
    quotes: tuple[FoundQuote, ...] = ()
    figures: tuple[ProvenFigure, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the claim."""
        return not self.reasons


@dataclass(slots=True)
class _Proof:
    """What the quotes of one claim bear."""

    quotes: list[FoundQuote] = field(default_factory=list)
    bearings: list[tuple[str, Bearing]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    contexts: list[str] = field(default_factory=list)


def check(claim: Claim, exhibits: Mapping[str, Exhibit]) -> Verdict:
    """Hold a claim against the evidence."""
    said = mentions(claim.text)
    proof, reasons = _locate(claim, said, exhibits)
    if reasons:
        return Verdict(tuple(reasons), tuple(proof.quotes))
    figures, missing = _match_amounts(claim, said, proof)
    reasons += missing
    reasons += _unborne_periods(said, figures, proof)
    reasons += _unborne_labels(said, proof)
    quoted = " ".join(quote.text for quote in proof.quotes)
    if not wording.on_topic(claim.text, " ".join((quoted, *proof.titles, *proof.contexts))):
        reasons.append("its quotes speak of something else")
    if wording.turned_round(claim.text, quoted):
        reasons.append("it turns the direction of its quotes round")
    proven = tuple(
        ProvenFigure(
            text=amount.text,
            source=source,
            span=bearing.span,
            row=bearing.reading.label if bearing.reading else "",
            column=bearing.reading.header if bearing.reading else "",
        )
        for amount, matches in figures
        for source, bearing in matches[:1]
    )
    return Verdict(tuple(reasons), tuple(proof.quotes), proven)


def states_figures(text: str) -> bool:
    """Whether a text without quotes, such as a heading, states amounts that nothing proves."""
    return any(isinstance(mention, Amount) for mention in mentions(_ENUMERATION.sub("", text)))


def _locate(
    claim: Claim, said: Sequence[Mention], exhibits: Mapping[str, Exhibit]
) -> tuple[_Proof, list[str]]:
    """Find each quote; where one stands in several places, the place that bears most counts."""
    proof, reasons = _Proof(), []
    if not claim.quotes:
        reasons.append("it has no quote")
    if len(claim.quotes) > MOST_QUOTES:
        reasons.append(f"it has more than {MOST_QUOTES} quotes")
    for quote in claim.quotes[:MOST_QUOTES]:
        exhibit = exhibits.get(quote.source)
        spans = exhibit.find(quote.text) if exhibit else []
        flaw = _flaw(quote, exhibit, spans)
        if flaw or exhibit is None:
            reasons.append(flaw)
            continue
        span = max(spans, key=lambda s: _worth(exhibit.bearings(s), said))
        bearings = exhibit.bearings(span)
        proof.quotes.append(FoundQuote(quote.source, quote.text, span))
        proof.bearings += [(quote.source, bearing) for bearing in bearings]
        proof.titles.append(exhibit.source.title)
        proof.contexts += [_context(b.reading) for b in bearings if b.reading]
    return proof, reasons


def _flaw(quote: Quote, exhibit: Exhibit | None, spans: Sequence[Span]) -> str:
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
    borne = list(bearings)
    amounts = [m for m in said if isinstance(m, Amount)]
    matched = [b for a in amounts for b in borne if _same(a, b, "", "")]
    periods = [p for b in matched if b.reading for p in _periods(_context(b.reading))]
    times = [m for m in said if isinstance(m, Period)]
    return len(matched) + sum(any(t.borne_by(p) for p in periods) for t in times)


def _match_amounts(
    claim: Claim, said: Sequence[Mention], proof: _Proof
) -> tuple[list[tuple[Amount, list[tuple[str, Bearing]]]], list[str]]:
    """Each amount of the claim with the places that bear it; those that fit its periods first."""
    quoted = " ".join(quote.text for quote in proof.quotes)
    times = [mention for mention in said if isinstance(mention, Period)]
    found: list[tuple[Amount, list[tuple[str, Bearing]]]] = []
    missing: list[str] = []
    for amount in said:
        if not isinstance(amount, Amount):
            continue
        matches = [
            (source, bearing)
            for source, bearing in proof.bearings
            if _same(amount, bearing, claim.text, quoted)
        ]
        if not matches:
            missing.append(f"no quote bears “{amount.text.strip()}”")
            continue
        matches.sort(key=lambda match: -_fit(match[1], times))
        found.append((amount, matches))
    return found, missing


def _same(amount: Amount, bearing: Bearing, claim: str, quoted: str) -> bool:
    """Equal in value and unit; a sign may be in words, such as "a loss of $61 million"."""
    borne = bearing.mention
    if not isinstance(borne, Amount) or borne.unit != amount.unit:
        return False
    if borne.value == amount.value:
        return True
    if borne.value != -amount.value:
        return False
    if borne.value < 0:
        return wording.tells_loss(claim)
    return wording.tells_fall(quoted)


def _fit(bearing: Bearing, times: Sequence[Period]) -> int:
    if bearing.reading is None:
        return len(times)
    own = _periods(_context(bearing.reading))
    return sum(any(time.borne_by(period) for period in own) for time in times)


def _unborne_periods(
    said: Sequence[Mention],
    figures: Sequence[tuple[Amount, list[tuple[str, Bearing]]]],
    proof: _Proof,
) -> list[str]:
    """A table's figure belongs to the period over its own column, not to its neighbour's."""
    cells = [matches[0][1].reading for _, matches in figures]
    readings = [reading for reading in cells if reading]
    in_text = [
        bearing.mention
        for _, bearing in proof.bearings
        if isinstance(bearing.mention, Period) and not (readings and bearing.in_header)
    ]
    own = [period for reading in readings for period in _own_periods(reading)]
    return [
        f"no quote bears “{time.text}”"
        for time in said
        if isinstance(time, Period)
        and not any(time.borne_by(period) for period in (*in_text, *own))
    ]


def _own_periods(reading: Reading) -> list[Period]:
    return _periods(_context(reading))


def _periods(text: str) -> list[Period]:
    return [mention for mention in mentions(text) if isinstance(mention, Period)]


def _context(reading: Reading) -> str:
    """What the table says about a cell: its column, row, and group of rows."""
    return f"{reading.header} {reading.label} {reading.section}"


def _unborne_labels(said: Sequence[Mention], proof: _Proof) -> list[str]:
    labels = [bearing.mention for _, bearing in proof.bearings]
    for text in (*proof.titles, *proof.contexts):
        labels += mentions(text)
    known = {label.name for label in labels if isinstance(label, Label)}
    return [
        f"no quote bears “{label.text}”"
        for label in said
        if isinstance(label, Label) and label.name not in known
    ]
