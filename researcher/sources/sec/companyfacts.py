"""XBRL company facts: one file with every value a company's filings ever stated, sorted out here.

The same fact stands in it once for each filing that states it, as a comparison with the year
before or corrected; `fy` and `fp` are of the filing. Out of that come facts: one value a concept,
unit and period, the most recently filed, with what earlier filings said where it was different.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from researcher.sources.sec.model import Company, Concept, Fact, FiscalPeriod, PeriodKind, Report
from researcher.sources.sec.submissions import Malformed

TAXONOMIES = ("us-gaap", "ifrs-full", "dei")
"""Where a concept without its taxonomy is looked for, in this order; then anywhere else."""

_ANNUAL = ("10-K", "20-F", "40-F")
_SUGGESTIONS = 5
_SLIGHT = Decimal("0.001")
"""Of a value: rounding changes no more."""


class _Entry(BaseModel):
    """A value as the file has it; more fields may come."""

    model_config = ConfigDict(frozen=True)

    start: date | None = None
    end: date
    val: Decimal
    accn: str
    form: str
    filed: date
    fy: int | None = None
    fp: str | None = None
    frame: str | None = None

    @property
    def period(self) -> FiscalPeriod:
        return FiscalPeriod(self.start, self.end)

    @property
    def report(self) -> Report:
        return Report(self.val, self.form, self.filed, self.accn, self.fy, self.fp or "")


@dataclass(frozen=True, slots=True)
class ConceptFacts:
    """What the file says on one concept.

    Attributes:
        facts: by unit and period, oldest first.
        unusable: how many entries lack a value, a period or a filing.
    """

    concept: Concept
    facts: tuple[Fact, ...]
    unusable: int = 0


class CompanyFacts:
    """The file of one company; a concept is read when it is asked for."""

    def __init__(self, data: Mapping[str, Any], company: Company) -> None:
        """Take the file's content.

        Raises:
            Malformed: it is not in the SEC's form.
        """
        facts = data.get("facts")
        if not isinstance(facts, Mapping) or not all(
            isinstance(t, Mapping) for t in facts.values()
        ):
            raise Malformed("facts: no taxonomies")
        name = data.get("entityName")
        known = " ".join(name.split()) if isinstance(name, str) else ""
        self.company = company if company.tickers or not known else replace(company, name=known)
        self._taxonomies: Mapping[str, Mapping[str, Any]] = facts

    def find(self, name: str) -> Concept | None:
        """A concept by its name, with or without its taxonomy, in any case."""
        taxonomy, _, local = name.strip().rpartition(":")
        wanted = local.casefold()
        for where in self._searched(taxonomy):
            for known in self._taxonomies[where]:
                if known.casefold() == wanted:
                    return self._concept(where, known)
        return None

    def like(self, name: str) -> list[str]:
        """Concepts the company does report whose names are like this one."""
        wanted = name.rpartition(":")[2].casefold()
        names = {
            known.casefold(): known
            for where in self._searched("")
            for known in self._taxonomies[where]
        }
        near = difflib.get_close_matches(wanted, names, _SUGGESTIONS, 0.5)
        holding = [known for known in names if wanted and wanted in known and known not in near]
        return [names[known] for known in (*near, *sorted(holding, key=len))][:_SUGGESTIONS]

    def read(self, concept: Concept) -> ConceptFacts:
        """All facts on a concept."""
        body = self._taxonomies.get(concept.taxonomy, {}).get(concept.name)
        units = body.get("units") if isinstance(body, Mapping) else None
        facts: list[Fact] = []
        unusable = 0
        for unit, stated in units.items() if isinstance(units, Mapping) else ():
            rows = stated if isinstance(stated, list) else [stated]
            entries = [entry for row in rows if (entry := _entry(row))]
            unusable += len(rows) - len(entries)
            facts += resolve(concept, unit, entries)
        return ConceptFacts(
            concept, tuple(sorted(facts, key=lambda f: (f.unit, f.period))), unusable
        )

    def _searched(self, taxonomy: str) -> list[str]:
        if taxonomy:
            return [name for name in self._taxonomies if name.casefold() == taxonomy.casefold()]
        first = [name for name in TAXONOMIES if name in self._taxonomies]
        return [*first, *(name for name in self._taxonomies if name not in TAXONOMIES)]

    def _concept(self, taxonomy: str, name: str) -> Concept:
        body = self._taxonomies[taxonomy][name]
        label = body.get("label") if isinstance(body, Mapping) else None
        return Concept(taxonomy, name, " ".join(label.split()) if isinstance(label, str) else "")


def resolve(concept: Concept, unit: str, entries: Iterable[_Entry]) -> list[Fact]:
    """One fact a period, in the words of the newest filing, whatever the order of the entries."""
    stated: dict[FiscalPeriod, list[_Entry]] = defaultdict(list)
    for entry in entries:
        stated[entry.period].append(entry)
    return [_fact(concept, unit, period, sorted(of, key=_newness)) for period, of in stated.items()]


def _fact(concept: Concept, unit: str, period: FiscalPeriod, stated: Sequence[_Entry]) -> Fact:
    """Of entries in the order of their filing."""
    newest = stated[-1]
    frames = [entry.frame for entry in stated if entry.frame]
    return Fact(
        concept=concept,
        unit=unit,
        period=period,
        latest=newest.report,
        frame=frames[-1] if frames else "",
        fiscal=_fiscal(period, stated[0]),
        restated=tuple(_changed(stated)),
        annual=any(entry.form.startswith(_ANNUAL) for entry in stated),
    )


def _changed(stated: Sequence[_Entry]) -> Iterator[Report]:
    """What earlier filings said that the newest does not; each value as it was first said."""
    newest = stated[-1]
    stated_values = {newest.val}
    for entry in stated:
        if entry.val in stated_values or entry.accn == newest.accn:
            continue
        stated_values.add(entry.val)
        if not _rounded(entry.val, newest.val):
            yield entry.report


def _rounded(one: Decimal, other: Decimal) -> bool:
    """Whether a value is another in fewer digits, as when a company turns to millions."""
    fewer, more = sorted((one, other), key=lambda value: len(value.normalize().as_tuple().digits))
    unit = Decimal(1).scaleb(int(fewer.normalize().as_tuple().exponent))
    return abs(fewer - more) <= min(unit / 2, abs(more) * _SLIGHT)


def _newness(entry: _Entry) -> tuple[date, str, int, Decimal]:
    """Later filings count; where one filing says two things, the more precise of them does."""
    return entry.filed, entry.accn, len(entry.val.normalize().as_tuple().digits), entry.val


def _fiscal(period: FiscalPeriod, first: _Entry) -> str:
    """The company's name of a period, from the filing that first reported it as its own.

    A filing's fiscal year is that of its own period; it says nothing of a comparison's, so a
    period first seen as one (in a company's first filing, say) stays without a name.
    """
    year = first.fy
    if year is None or abs(year - period.end.year) > 1 or (first.filed - period.end).days > _FRESH:
        return ""
    if period.kind is PeriodKind.YEAR and first.fp == "FY":
        return f"FY{year}"
    if period.kind is PeriodKind.QUARTER and first.fp in {"Q1", "Q2", "Q3", "Q4"}:
        return f"{first.fp} FY{year}"
    return ""


_FRESH = 200
"""Days after a period's end within which it is a filing's own, not its comparison."""


def _entry(row: object) -> _Entry | None:
    """An entry that can be used, or None: no value, no period, no filing, or an impossible one."""
    try:
        entry = _Entry.model_validate(row)
    except ValidationError:
        return None
    return None if entry.start and entry.start > entry.end else entry
