"""A company's figures as a text of tables: what of the SEC's data file becomes evidence.

The same file and choice of concepts give the same text. Every cell names its own currency and
scale, every column its period and filing; nothing is rounded and nothing calculated.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from researcher.facts.readings import SIGNS
from researcher.facts.sec.measures import COVER_MEASURES
from researcher.facts.sec.series import ConceptSeries, key_series, measured, wanted_series
from researcher.facts.sec.timeline import heading, timelines, written
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Concept, Fact, FiscalPeriod, Report

RESTATED = "Restated figures"
"""Heading of the sentences that tell what later filings changed."""

_MILLION = 6
_DECIMALS = 3
_LARGE = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Statement:
    """The text, and the newest filing that bears on it; None where there is no figure."""

    text: str
    newest: Report | None


def statement(
    facts: CompanyFacts, concepts: Sequence[Concept] = (), periods: int | None = None
) -> Statement:
    """The key measures, and further concepts where they are wanted.

    Args:
        facts: the company's data file.
        concepts: shown besides the key measures.
        periods: quarters and years to show; None for what a reader wants to see first.
    """
    key = key_series(facts)
    lines = [*key, *wanted_series(facts, concepts, key)]
    tables = list(_tables(key, lines, periods))
    shown = [fact for table in tables for fact in table.facts]
    newest = max((fact.latest for fact in shown), key=lambda report: report.filed, default=None)
    units = _Units.of(tables)
    parts = [
        f"# {facts.company.titled}: figures from its filings",
        _introduction(facts, newest, shown),
        *(table.render(units) for table in tables),
        *_cover(facts, newest),
        *_restated(facts.company.name, tables, units),
        _names(lines),
    ]
    return Statement("\n\n".join(part for part in parts if part) + "\n", newest)


def _tables(
    key: Sequence[ConceptSeries], lines: Sequence[ConceptSeries], periods: int | None
) -> Iterator["_Table"]:
    """All lines in the key measures' periods, sums apart from counts; then what has none there."""
    left = list(lines)
    for columns in timelines(key, periods):
        for priced in (True, False):
            held = [ln for ln in lines if bool(ln.currency) is priced and ln.in_any(columns)]
            left = [line for line in left if line not in held]
            if held:
                yield _Table(columns, held)
    for line in left:
        for columns in timelines([line], periods):
            yield _Table(columns, [line])


def _introduction(facts: CompanyFacts, newest: Report | None, shown: Iterable[Fact]) -> str:
    name = facts.company.name
    if newest is None:
        return f"The SEC's data file of {name} holds none of the figures looked for."
    last = max(fact.period.end for fact in shown if fact.latest.accession == newest.accession)
    return (
        f"What {name} reported to the SEC in XBRL, each figure as most recently filed. The newest"
        f" figures of {name} are from its {newest.form} filed {written(newest.filed)}, for the"
        f" period ended {written(last)}."
    )


@dataclass(frozen=True, slots=True)
class _Units:
    """How figures are written.

    Attributes:
        decimals: in millions, by a line's name; None where full numbers read better.
    """

    decimals: Mapping[str, int | None]

    @classmethod
    def of(cls, tables: Sequence["_Table"]) -> "_Units":
        """One scale for the key measures, and for each further line its own."""
        sums: dict[str, list[Decimal]] = {}
        names: dict[str, str] = {}
        for table in tables:
            for line in table.lines:
                names[line.name] = "" if line.key else line.name
                if not line.per_share:
                    facts = [f for period in table.columns if (f := line.at(period))]
                    values = [report.value for f in facts for report in (f.latest, *f.restated)]
                    sums.setdefault(names[line.name], []).extend(values)
        return cls({name: _decimals(sums.get(group, ())) for name, group in names.items()})

    def worded(self, line: ConceptSeries, value: Decimal) -> str:
        """A figure that means the same without its table: `$3,626.396 million`."""
        if not line.currency:
            return _digits(value)
        sign = "-" if value < 0 else ""
        symbol = SIGNS.get(line.currency, f"{line.currency} ")
        decimals = self.decimals[line.name]
        if line.per_share or decimals is None:
            return f"{sign}{symbol}{_digits(abs(value), least=2 if line.per_share else 0)}"
        return f"{sign}{symbol}{abs(value).scaleb(-_MILLION):,.{decimals}f} million"


def _decimals(values: Sequence[Decimal]) -> int | None:
    """Decimals that give all values exactly in millions; None where full numbers read better."""
    if max((abs(value) for value in values), default=Decimal(0)) < _LARGE:
        return None
    finest = min(int(value.normalize().as_tuple().exponent) for value in values if value)
    decimals = max(_MILLION - finest, 0)
    return decimals if decimals <= _DECIMALS else None


def _digits(value: Decimal, least: int = 0) -> str:
    decimals = max(-int(value.normalize().as_tuple().exponent), least, 0)
    return f"{value:,.{decimals}f}"


@dataclass(frozen=True, slots=True)
class _Table:
    """Lines down, periods across."""

    columns: Sequence[FiscalPeriod]
    lines: Sequence[ConceptSeries]

    @property
    def facts(self) -> list[Fact]:
        return [f for line in self.lines for period in self.columns if (f := line.at(period))]

    def render(self, units: _Units) -> str:
        """Header, days, filings, then a row a line; and which figures other filings gave."""
        filings = [self._filing(period) for period in self.columns]
        rows = [["", *(heading(period, self.lines) for period in self.columns)]]
        if self.columns[0].start:
            rows.append(["From and to", *(f"{p.start} to {p.end}" for p in self.columns)])
        rows.append(["Filed", *(f"{form}, {filed}" for form, filed in filings)])
        for line in self.lines:
            facts = [line.at(period) for period in self.columns]
            rows.append([line.name, *(units.worded(line, f.value) if f else "" for f in facts)])
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        exceptions = "\n".join(self._exceptions(filings))
        return f"{table}\n\n{exceptions}" if exceptions else table

    def _filing(self, period: FiscalPeriod) -> tuple[str, str]:
        """The form and day of the filing that most of a column is from; the newest of equals."""
        of = Counter(_filing(f) for line in self.lines if (f := line.at(period)))
        return max(of, key=lambda filing: (of[filing], filing[1]), default=("", ""))

    def _exceptions(self, filings: Sequence[tuple[str, str]]) -> Iterator[str]:
        for line in self.lines:
            for period, usual in zip(self.columns, filings, strict=True):
                fact = line.at(period)
                if fact and _filing(fact) != usual:
                    form, filed = _filing(fact)
                    yield f"- {line.name}, {_when(period, self.lines)}: from {form}, {filed}"


def _filing(fact: Fact) -> tuple[str, str]:
    return fact.latest.form, str(fact.latest.filed)


def _when(period: FiscalPeriod, lines: Sequence[ConceptSeries]) -> str:
    """A column's name inside a sentence."""
    name = heading(period, lines)
    return f"{name[0].lower()}{name[1:]}" if period.start else name


def _cover(facts: CompanyFacts, newest: Report | None) -> Iterator[str]:
    """The count of shares on the newest filing's cover; with several classes there is none."""
    for measure in COVER_MEASURES:
        line = measured(facts, measure)
        last = line.facts[-1] if line else None
        if line and last and newest and (newest.filed - last.latest.filed).days <= 0:
            yield (
                f"Shares outstanding: {facts.company.name} had {_digits(last.value)} shares on"
                f" {written(last.period.end)}, says the cover of its {last.latest.form} filed"
                f" {written(last.latest.filed)}."
            )


def _restated(name: str, tables: Iterable[_Table], units: _Units) -> Iterator[str]:
    told: dict[str, None] = {}
    for table in tables:
        for line in table.lines:
            for period in table.columns:
                fact = line.at(period)
                if fact and fact.restated:
                    when = _when(period, table.lines)
                    told[_restatement(name, line, fact, when, units)] = None
    if told:
        yield f"## {RESTATED}"
        yield "\n\n".join(told)


def _restatement(name: str, line: ConceptSeries, fact: Fact, when: str, units: _Units) -> str:
    """What the filing before said, and what the newest says: each in a sentence to be quoted."""
    before = fact.restated[-1]
    earlier = units.worded(line, before.value)
    time = f"in the {when}" if fact.period.start else f"on {when}"
    return (
        f"Restated: {line.name} of {name} {time} was {earlier} in the {before.form} filed"
        f" {written(before.filed)}, and is"
        f" {units.worded(line, fact.value)} in the {fact.latest.form} filed"
        f" {written(fact.latest.filed)}."
    )


def _names(lines: Sequence[ConceptSeries]) -> str:
    if not lines:
        return ""
    return "In XBRL: " + "; ".join(f"{line.name} is {line.concept.qualified}" for line in lines)
