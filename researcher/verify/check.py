"""The check: does the kept evidence prove a claim? Pure code, and it fails closed.

A claim passes when each of its quotes stands in its source, every number in it is borne by a
quote with the same value, unit, scale, sign and period, or follows from cited figures by a written
formula, every name is one that its sources know, and the quotes speak of what the claim speaks of.
Anything else is left out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from alex.knowledge.documents import Span
from researcher.facts.bindings import Time, bound, compares_with_itself, time_of
from researcher.facts.indexed_source import Bearing, IndexedSource
from researcher.facts.numbers import Amount, Label, Mention, mentions
from researcher.facts.periods import Period
from researcher.facts.readings import CellReading
from researcher.verify import wording
from researcher.verify.calculations import Computed, Unproven, compute
from researcher.verify.draft import Claim
from researcher.verify.names import strangers
from researcher.verify.proof import Borne, FoundQuote, Proof, context_of, locate, periods_in

MOST_CALCULATIONS = 4

_ENUMERATION = re.compile(
    r"\b(?:no\.|note|item|part|section|chapter|step|phase|level|proposal)\s*\d{1,2}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ProvenFigure:
    """A number of a claim and the place that bears it.

    Attributes:
        row, column: the table row's label and the column's header, where it is a table's cell.
        formula: where it is calculated; `operands` are then the figures it is calculated from.
        name: what a formula calls it, where it is an operand.
    """

    text: str
    source: str
    span: Span
    row: str = ""
    column: str = ""
    formula: str = ""
    operands: tuple["ProvenFigure", ...] = ()
    name: str = ""


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


def check(claim: Claim, exhibits: Mapping[str, IndexedSource]) -> Verdict:
    """Hold a claim against the evidence."""
    said = mentions(claim.text)
    proof, reasons = locate(claim, said, exhibits)
    if reasons:
        return Verdict(tuple(reasons), tuple(proof.quotes))
    computed, reasons = _recompute(claim, said, exhibits)
    known = {one.amount.start for one in computed}
    figures, missing = _match_amounts(claim.text, [m for m in said if m.start not in known], proof)
    reasons += missing
    readings = [r for one in computed for c in one.operands if (r := c.bearing.reading)]
    readings += [match.bearing.reading for _, match in figures if match.bearing.reading]
    reasons += _unborne_periods(said, readings, proof)
    reasons += _unborne_labels(said, proof)
    if not readings and _trades_periods(said, proof):
        reasons.append("it tells more of one period, and less of another, than its quotes")
    if compares_with_itself(claim.text) and not compares_with_itself(proof.quoted):
        reasons.append("it compares a period with itself")
    reasons += _misworded(claim.text, proof, figured=bool(figures or computed))
    reasons += _turned_comparison(claim.text, figures)
    reasons += _contrary_measures(claim.text, figures)
    proven = [*(_figure(amount, match) for amount, match in figures), *map(_calculated, computed)]
    return Verdict(tuple(dict.fromkeys(reasons)), tuple(proof.quotes), tuple(proven))


def states_figures(text: str) -> bool:
    """Whether a text without quotes, such as a heading, states amounts that nothing proves."""
    said = mentions(_ENUMERATION.sub("", text))
    return any(isinstance(m, Amount) and not (m.worded and not m.unit) for m in said)


def _recompute(
    claim: Claim, said: Sequence[Mention], exhibits: Mapping[str, IndexedSource]
) -> tuple[list[Computed], list[str]]:
    computed: list[Computed] = []
    reasons: list[str] = []
    if len(claim.calculations) > MOST_CALCULATIONS:
        reasons.append(f"it has more than {MOST_CALCULATIONS} calculations")
    for calculation in claim.calculations[:MOST_CALCULATIONS]:
        try:
            computed.append(compute(calculation, claim.text, said, exhibits))
        except Unproven as fault:
            reasons.append(f"a calculation fails: {fault}")
    return computed, reasons


def _match_amounts(
    claim: str, said: Sequence[Mention], proof: Proof
) -> tuple[list[tuple[Amount, Borne]], list[str]]:
    """Each amount of the claim with the place that bears it best: of its period, if it has one."""
    times = [mention for mention in said if isinstance(mention, Period)]
    own = bound(claim, said)
    found: list[tuple[Amount, Borne]] = []
    missing: list[str] = []
    for amount in said:
        if not isinstance(amount, Amount):
            continue
        matches = [borne for borne in proof.borne if _same(amount, borne, claim)]
        if not matches:
            missing.append(f"no quote bears “{amount.text.strip()}”")
            continue
        time = own.get(amount.start)
        fitting = [m for m in matches if time is None or not _conflicts(time, m)]
        if not fitting:
            missing.append(f"“{amount.text.strip()}” is of another period")
            continue
        found.append((amount, max(fitting, key=lambda match: _fit(match.bearing, times))))
    return found, missing


def _same(amount: Amount, borne: Borne, claim: str) -> bool:
    """Equal in value and unit; a sign may be in words, such as "a loss of $61 million"."""
    other = borne.bearing.mention
    if not isinstance(other, Amount):
        return False
    value, unit = amount.measure
    borne_value, borne_unit = other.measure
    if unit != borne_unit or abs(value) != abs(borne_value):
        return False
    reading = borne.bearing.reading
    if value == borne_value:
        about = f"{reading.label} {reading.section}" if reading else borne.sentence
        return value <= 0 or not wording.tells_profit_as_loss(claim, amount.start, about)
    if borne_value < 0:
        return wording.tells_loss(claim, amount.start, amount.end)
    if reading:
        return wording.tells_fall(f"{reading.label} ", len(reading.label) + 1)
    return wording.tells_fall(borne.sentence, borne.at)


def _conflicts(time: Time, match: Borne) -> bool:
    """Whether a figure's place says that it is of another period."""
    if match.bearing.reading:
        return time.conflicts(time_of(context_of(match.bearing.reading)))
    own = bound(match.sentence, mentions(match.sentence)).get(match.at)
    return own is not None and time.conflicts(own)


def _fit(bearing: Bearing, times: Sequence[Period]) -> int:
    if bearing.reading is None:
        return len(times)
    own = periods_in(context_of(bearing.reading))
    return sum(any(time.borne_by(period) for period in own) for time in times)


def _figure(amount: Amount, match: Borne) -> ProvenFigure:
    return _proven(amount.text, match.source, match.bearing)


def _proven(text: str, source: str, bearing: Bearing, name: str = "") -> ProvenFigure:
    reading = bearing.reading
    return ProvenFigure(
        text=text,
        source=source,
        span=bearing.span,
        row=reading.label if reading else "",
        column=reading.header if reading else "",
        name=name,
    )


def _calculated(computed: Computed) -> ProvenFigure:
    operands = tuple(_proven(c.value, c.source, c.bearing, c.name) for c in computed.operands)
    return replace(
        operands[0], text=computed.amount.text, formula=computed.formula, operands=operands, name=""
    )


def _misworded(claim: str, proof: Proof, *, figured: bool) -> list[str]:
    """What the claim's words say that its quotes' words do not."""
    reasons: list[str] = []
    quoted = " ".join((proof.quoted, *proof.contexts))
    about = proof.evidence if figured else quoted
    if not wording.on_topic(claim, about, figured=figured):
        reasons.append("its quotes speak of something else")
    if wording.turned_round(claim, proof.quoted) or wording.moves_otherwise(claim, proof.quoted):
        reasons.append("it turns the direction of its quotes round")
    if word := wording.contrary(claim, quoted):
        reasons.append(f"it says “{word}” where its quotes say the contrary")
    if wording.negates(claim, proof.quoted):
        reasons.append("it denies what its quotes affirm, or the reverse")
    reasons += [
        f"no quote bears the name “{name}”"
        for name in strangers(claim, proof.exhibits, proof.evidence)
    ]
    return reasons


def _turned_comparison(claim: str, figures: Sequence[tuple[Amount, Borne]]) -> list[str]:
    """In "to $5 million from $4 million" the two cannot change places."""
    told = [
        (wording.is_base(claim, amount.start), wording.is_base(match.sentence, match.at), match)
        for amount, match in figures
        if match.sentence
    ]
    turned = any(
        said and not borne and other_borne and not other_said and one.sentence == other.sentence
        for said, borne, one in told
        for other_said, other_borne, other in told
    )
    return ["it turns the comparison of its quotes round"] if turned else []


def _trades_periods(said: Sequence[Mention], proof: Proof) -> bool:
    """Whether one year or quarter is told more often than sentences do, in place of another."""
    quoted = [borne.bearing.mention for borne in proof.borne]
    for part in ("year", "quarter"):
        told, known = _counted(said, part), _counted(quoted, part)
        if told - known and known.keys() - told.keys():
            return True
    return False


def _counted(found: Iterable[Mention], part: str) -> Counter[int]:
    values = (getattr(mention, part) for mention in found if isinstance(mention, Period))
    return Counter(value for value in values if value)


def _contrary_measures(claim: str, figures: Sequence[tuple[Amount, Borne]]) -> Iterator[str]:
    """A figure told of costs where its own clause, or its row, is on sales."""
    for amount, match in figures:
        reading = match.bearing.reading
        about = (
            f"{reading.label} {reading.section}"
            if reading
            else wording.clause_around(match.sentence, match.at)
        )
        if word := wording.contrary(wording.clause_around(claim, amount.start), about):
            yield f"it says “{word}” of “{amount.text}” where its quote says the contrary"


def _unborne_periods(
    said: Sequence[Mention], readings: Sequence[CellReading], proof: Proof
) -> list[str]:
    """A table's figure belongs to the period over its own column, not to its neighbour's."""
    in_text = [
        borne.bearing.mention
        for borne in proof.borne
        if isinstance(borne.bearing.mention, Period) and not (readings and borne.bearing.in_header)
    ]
    own = [period for reading in readings for period in periods_in(context_of(reading))]
    return [
        f"no quote bears “{time.text}”"
        for time in said
        if isinstance(time, Period)
        and not any(time.borne_by(period) for period in (*in_text, *own))
    ]


def _unborne_labels(said: Sequence[Mention], proof: Proof) -> list[str]:
    labels = [borne.bearing.mention for borne in proof.borne]
    for text in (*(exhibit.source.title for exhibit in proof.exhibits), *proof.contexts):
        labels += mentions(text)
    known = {label.name for label in labels if isinstance(label, Label)}
    return [
        f"no quote bears “{label.text}”"
        for label in said
        if isinstance(label, Label) and label.name not in known
    ]
