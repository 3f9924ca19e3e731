"""One line of a statement through time, out of a company's facts: which concept, which unit."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from researcher.facts.numbers import CURRENCY_CODES
from researcher.facts.sec.measures import KEY_MEASURES, Measure
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Concept, Fact, FiscalPeriod

_SLIP_DAYS = 10
_NOT_IN_A_CELL = re.compile(r"[|\n#*<>`]+")
_WORD_ENDS = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class ConceptSeries:
    """The facts of one concept in one unit, oldest first.

    Attributes:
        key: of the key measures, which share one scale.
    """

    name: str
    concept: Concept
    unit: str
    facts: tuple[Fact, ...]
    key: bool = False

    @property
    def currency(self) -> str:
        """Of its sums; empty where it counts something else, or in a currency nobody knows."""
        code = self.unit.partition("/")[0]
        return code if code in CURRENCY_CODES else ""

    @property
    def per_share(self) -> bool:
        """Whether it is money for each share."""
        return bool(self.currency) and "/" in self.unit

    def at(self, period: FiscalPeriod) -> Fact | None:
        """The fact for a period; its start may differ by a few days."""
        alike = [fact for fact in self.facts if same(fact.period, period)]
        return min(alike, key=lambda fact: abs(fact.period.days - period.days), default=None)

    def in_any(self, periods: Iterable[FiscalPeriod]) -> bool:
        """Whether it has a fact for one of these."""
        return any(self.at(period) for period in periods)


def same(one: FiscalPeriod, other: FiscalPeriod) -> bool:
    """Whether two concepts mean one stretch of days by them."""
    alike = one.kind is other.kind and one.end == other.end
    return alike and abs(one.days - other.days) <= _SLIP_DAYS


def key_series(facts: CompanyFacts) -> list[ConceptSeries]:
    """The key measures that a company reports, in the order of the statements."""
    return [line for measure in KEY_MEASURES if (line := measured(facts, measure))]


def measured(facts: CompanyFacts, measure: Measure) -> ConceptSeries | None:
    """A measure under the name the company uses now: of names as recent, the first."""
    found = [
        line
        for name in measure.concepts
        if (concept := facts.find(name)) and (line := _line(facts, concept, measure.name, key=True))
    ]
    return max(found, key=_newest, default=None)


def wanted_series(
    facts: CompanyFacts, concepts: Sequence[Concept], besides: Sequence[ConceptSeries]
) -> Iterator[ConceptSeries]:
    """Lines of concepts that were asked for and are not there yet."""
    known = {line.concept.qualified for line in besides}
    for concept in concepts:
        if concept.qualified not in known:
            known.add(concept.qualified)
            line = _line(facts, concept, "", key=False)
            if line:
                yield line


def _line(facts: CompanyFacts, concept: Concept, name: str, *, key: bool) -> ConceptSeries | None:
    """The facts in the unit that is in use; of units as recent, the one with most facts."""
    units: dict[str, list[Fact]] = {}
    for fact in facts.read(concept).facts:
        units.setdefault(fact.unit, []).append(fact)
    if not units:
        return None
    unit = max(units, key=lambda u: (units[u][-1].period.end, len(units[u])))
    return ConceptSeries(name or _name(concept, unit), concept, unit, tuple(units[unit]), key)


def _newest(line: ConceptSeries) -> date:
    return line.facts[-1].period.end


def _name(concept: Concept, unit: str) -> str:
    """The taxonomy's label, or the concept's own words; with the unit where figures lack it."""
    words = concept.label or _WORD_ENDS.sub(" ", concept.name).capitalize()
    name = " ".join(_NOT_IN_A_CELL.sub(" ", words).split()).rstrip(":")
    code, _, per = unit.partition("/")
    if per:
        said = "per share" if per == "shares" else f"per {per}"
        return name if said in name.casefold() else f"{name}, {said}"
    if code in CURRENCY_CODES or code in name.casefold():
        return name
    return f"{name} ({'ratio' if code == 'pure' else code})"
