"""Recomputes the figures that a claim calculates: from cited figures, by its written formula."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, pairwise, product

from alex.knowledge.documents import Span
from researcher.facts.bindings import Time, bound, time_of
from researcher.facts.indexed_source import Bearing, IndexedSource
from researcher.facts.numbers import Amount, Mention, mentions
from researcher.sources.source import Source
from researcher.verify import wording
from researcher.verify.draft import Calculation, Operand
from researcher.verify.formulas import RATIO, BadFormula, Formula, Quantity, parse
from researcher.verify.names import same_issuer
from researcher.verify.proof import context_of

MOST_OPERANDS = 6
_MOST_COMBINATIONS = 200
_WORDED_TOLERANCE = Decimal("0.05")


@dataclass(frozen=True, slots=True)
class Cited:
    """An operand and one place that bears it.

    Attributes:
        value: as the operand is written.
        time: the period it is of, where the place tells.
        line: where the sentence or row it stands in begins.
    """

    name: str
    value: str
    source: str
    of: Source
    bearing: Bearing
    amount: Amount
    time: Time | None
    line: int

    @property
    def label(self) -> tuple[str, str] | None:
        """Row and group of a table's figure."""
        reading = self.bearing.reading
        return (wording.plain(reading.label), wording.plain(reading.section)) if reading else None

    def measures_as(self, other: "Cited") -> bool:
        """Whether both measure the same thing: one row's name, or one sentence."""
        if self.amount.unit != other.amount.unit:
            return False
        if self.label or other.label:
            return self.label == other.label
        return self.beside(other)

    def beside(self, other: "Cited") -> bool:
        """Whether both stand in one sentence or row."""
        return (self.source, self.line) == (other.source, other.line)


@dataclass(frozen=True, slots=True)
class Computed:
    """A calculated figure of a claim that holds."""

    amount: Amount
    formula: str
    operands: tuple[Cited, ...]


class Unproven(ValueError):
    """The calculation does not hold; the message says why."""


def compute(
    calculation: Calculation,
    claim: str,
    said: Sequence[Mention],
    exhibits: Mapping[str, IndexedSource],
) -> Computed:
    """Check one calculation of a claim.

    Raises:
        Unproven: a figure is not borne, they do not belong together, or the result is another.
    """
    amount = _result(calculation.result, said)
    try:
        formula = parse(calculation.formula)
    except BadFormula as error:
        raise Unproven(str(error)) from error
    named = {operand.name: operand for operand in calculation.operands}
    if len(named) != len(calculation.operands) or set(named) != set(formula.names):
        raise Unproven("the formula's names are not those of its operands")
    if len(named) > MOST_OPERANDS:
        raise Unproven(f"the formula has more than {MOST_OPERANDS} operands")
    places = [list(_places(named[name], exhibits)) for name in formula.names]
    fault = ""
    for cited in islice(product(*places), _MOST_COMBINATIONS):
        fault = _unrelated(formula, cited) or _differs(formula, cited, amount, claim)
        if not fault:
            return Computed(amount, calculation.formula, cited)
    raise Unproven(fault)


def _result(text: str, said: Sequence[Mention]) -> Amount:
    stated = [mention for mention in mentions(text) if isinstance(mention, Amount)]
    if len(stated) != 1:
        raise Unproven("a calculation's result is not one figure")
    wanted = stated[0]
    for mention in said:
        if isinstance(mention, Amount) and mention.measure == wanted.measure:
            return mention
    raise Unproven(f"the calculated “{text}” is not in the claim")


def _places(operand: Operand, exhibits: Mapping[str, IndexedSource]) -> Iterator[Cited]:
    """Where an operand's quote bears its value."""
    stated = [mention for mention in mentions(operand.value) if isinstance(mention, Amount)]
    exhibit = exhibits.get(operand.quote.source)
    if len(stated) != 1 or exhibit is None:
        raise Unproven(f"no quote bears the operand “{operand.value}”")
    found = False
    for span in exhibit.find(operand.quote.text):
        for bearing in exhibit.bearings(span):
            amount = bearing.mention
            if isinstance(amount, Amount) and amount.measure == stated[0].measure:
                found = True
                yield _cited(operand, exhibit, bearing, amount, span)
    if not found:
        raise Unproven(f"no quote bears the operand “{operand.value}”")


def _cited(
    operand: Operand, exhibit: IndexedSource, bearing: Bearing, amount: Amount, span: Span
) -> Cited:
    reading = bearing.reading
    if reading:
        time: Time | None = time_of(context_of(reading))
        line = exhibit.source.text.rfind("\n", 0, bearing.span.start) + 1
    else:
        text, start = wording.sentence_at(exhibit.source.text, bearing.span.start, span)
        time = bound(text, mentions(text)).get(bearing.span.start - start)
        line = start
    return Cited(
        name=operand.name,
        value=operand.value,
        source=exhibit.source.key,
        of=exhibit.source,
        bearing=bearing,
        amount=amount,
        time=time,
        line=line,
    )


def _unrelated(formula: Formula, cited: Sequence[Cited]) -> str:
    """Why the operands do not belong into one formula; empty where they do."""
    if formula.change:
        by_name = {one.name: one for one in cited}
        return _not_comparable(*(by_name[name] for name in formula.change))
    for one, other in pairwise(cited):
        if one.measures_as(other) or one.beside(other):
            continue
        if not same_issuer(one.of, other.of):
            return "the formula mixes companies and measures"
        if one.time is None or other.time is None or not one.time.same_as(other.time):
            return "the formula mixes figures of different periods"
    return ""


def _not_comparable(new: Cited, old: Cited) -> str:
    """A change is from the same measure in an earlier period of the same length."""
    if not same_issuer(new.of, old.of) or not new.measures_as(old):
        return "the change compares different measures"
    if old.amount.value <= 0:
        return "the change is from a figure that is not positive"
    if not (new.time and old.time):
        in_one_sentence = new.beside(old) and not new.label
        return "" if in_one_sentence else "the change's periods are not stated"
    if new.time.lengths != old.time.lengths:
        return "the change compares periods of different length"
    earlier = new.time.after(old.time)
    return "" if earlier else "the change compares with a period that is not an earlier one"


def _differs(formula: Formula, cited: Sequence[Cited], amount: Amount, claim: str) -> str:
    """Why the claim's figure is not the formula's result; empty where it is."""
    values = {one.name: Quantity(one.amount.value, one.amount.unit) for one in cited}
    try:
        result = formula.compute(values)
    except BadFormula as error:
        return str(error)
    value = _in_unit(result, amount)
    if value is None:
        return f"“{amount.text}” has another unit than its formula's result"
    way = wording.direction(claim, amount.start, amount.end)
    moves = formula.change is not None or len(cited) > 1
    if (
        amount.unit == "percent"
        and not formula.change
        and wording.tells_change(claim, amount.start)
    ):
        return f"“{amount.text}” is told as a change, and its formula is none"
    stated = amount.value
    if moves and way == "fall" and stated > 0 and not wording.is_level(claim, amount.start):
        stated = -stated
    tolerance = abs(amount.value) * _WORDED_TOLERANCE if amount.worded else amount.step / 2
    if abs(value - stated) > tolerance:
        return f"the formula does not give “{amount.text}”"
    return ""


def _in_unit(result: Quantity, amount: Amount) -> Decimal | None:
    """The result in the unit that the claim uses; None where it cannot be."""
    if result.unit == RATIO:
        factor = {"percent": 100, "times": 1, "": 1}.get(amount.unit)
        return result.value * factor if factor else None
    if result.unit == "points" and amount.unit == "basis points":
        return result.value * 100
    return result.value if result.unit == amount.unit else None
