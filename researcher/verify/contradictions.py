"""Finds where sources do not agree: one measure, one company, one period, and two values.

Only what is surely the same is compared: rows of one name in tables that agree otherwise or that
state a headline figure, and sentences that state one, each with a full period. What a source says
in two ways itself is left alone, for there its rows mean different things.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import combinations

from alex.knowledge.documents import Span
from researcher.facts.bindings import Time, bound, time_of
from researcher.facts.indexed_source import IndexedSource
from researcher.facts.numbers import Amount, mentions
from researcher.facts.readings import CellReading, TableReadings, worded
from researcher.sources.source import Source
from researcher.verify import wording
from researcher.verify.bundle import Bundle, Contradiction, StatedValue
from researcher.verify.names import same_issuer

MOST = 20
"""Contradictions that a bundle keeps: more of them are one fault of reading, not many."""

_AGREEING = 2
"""Equal figures from which two tables are the same statement."""

_LONGEST_QUOTE = 500
_HEADLINE = re.compile(
    r"(?:total (?:net )?)?(?:net )?(?:revenues?|sales)|gross (?:profit|margin)"
    r"|operating (?:income|profit|loss)|(?:income|loss) from operations"
    r"|net (?:income|loss|earnings)|diluted(?: (?:earnings|net income) per share)?"
    r"|total (?:assets|liabilities|(?:stock|share)holders equity)|cash and cash equivalents"
)
_HELD = re.compile(
    r"\b(?:assets|liabilities|equity|cash|receivables?|inventor(?:y|ies)|payables?|debt|goodwill)\b"
)
"""What is held on a day: of anything else a lone date does not say over which time it ran."""

_STATED = re.compile(
    r"(?:^|\b(?:reported|posted|had|with|total|its|our|company['\u2019]s)\s+|[.;]\s+)"
    r"(?P<measure>(?:total )?(?:net )?(?:revenues?|sales)|net (?:income|loss)|operating income)\s+"
    r"(?:was|were|of|totaled|reached|came to)\s+(?=[$\u20ac\u00a3])",
    re.IGNORECASE,
)
_RESTATED = re.compile(
    r"\b(?:restat|revis|recast|reclassif|retrospectiv|as adjusted|corrected|correction)\w*",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?:[^.\n|]|\.(?=\w)|\n(?![\n|])){20,400}\.(?=\s|$)")

type _Key = tuple[
    str, frozenset[int], frozenset[int], frozenset[int], frozenset[int], frozenset[str]
]
"""Measure, then years, quarters, months, days and lengths of the period."""


@dataclass(frozen=True, slots=True)
class _Statement:
    """A figure that a source states.

    Attributes:
        span: of the row or sentence it stands in.
        sheet: the table, where it is a table's figure.
        report: the earlier report that gave it, where it is from one.
    """

    key: _Key
    measure: str
    period: str
    amount: Amount
    value: str
    span: Span
    source: Source
    sheet: TableReadings | None = None
    report: str = ""


def find(sources: Sequence[Source], earlier: Iterable[Bundle] = ()) -> list[Contradiction]:
    """What sources say otherwise than each other, or than earlier reports proved."""
    stated = [_unambiguous(_statements(IndexedSource(source))) for source in sources]
    found = [
        contradiction
        for one, other in combinations(stated, 2)
        for contradiction in _between(one, other)
    ]
    for bundle in earlier:
        for proven in _proven(bundle, sources):
            found += [c for own in stated for c in _between(proven, own)]
    once = {(c.measure, c.period, *(value.value for value in c.values)): c for c in found}
    return list(once.values())[:MOST]


def _between(
    one: Mapping[_Key, _Statement], other: Mapping[_Key, _Statement]
) -> Iterator[Contradiction]:
    for key in (key for key in one if key in other):  # in the order of the text, in every process
        mine, theirs = one[key], other[key]
        if not same_issuer(mine.source, theirs.source) or _agree(mine.amount, theirs.amount):
            continue
        headline = bool(_HEADLINE.fullmatch(key[0]))
        if headline or _equal_rows(mine, theirs, one, other) >= _AGREEING:
            yield _contradiction(mine, theirs)


def _agree(one: Amount, other: Amount) -> bool:
    """Equal as far as both are written out; tables differ in whether an expense has a sign."""
    if one.unit != other.unit:
        return True  # of different things
    rounding = (one.step + other.step) / 2
    return abs(abs(one.value) - abs(other.value)) <= rounding


def _equal_rows(
    mine: _Statement,
    theirs: _Statement,
    one: Mapping[_Key, _Statement],
    other: Mapping[_Key, _Statement],
) -> int:
    """How many other figures the two statements' tables share."""
    return sum(
        one[key].sheet is mine.sheet
        and other[key].sheet is theirs.sheet
        and one[key].amount.measure == other[key].amount.measure
        for key in one.keys() & other.keys()
    )


def _unambiguous(statements: Iterable[_Statement]) -> dict[_Key, _Statement]:
    """By what they measure; without those that the source itself gives two values."""
    found: dict[_Key, _Statement] = {}
    doubled: set[_Key] = set()
    for statement in statements:
        known = found.setdefault(statement.key, statement)
        if not _agree(known.amount, statement.amount) or known.amount.unit != statement.amount.unit:
            doubled.add(statement.key)
    return {key: statement for key, statement in found.items() if key not in doubled}


def _statements(exhibit: IndexedSource) -> Iterator[_Statement]:
    for sheet in exhibit.sheets:
        for row in sheet.table.rows:
            span = Span(row.start, row.end)
            for reading in sheet.readings:
                if row.start <= reading.amount.start < row.end:
                    yield from _of_cell(exhibit.source, sheet, reading, span)
    yield from _of_prose(exhibit)


def _of_cell(
    source: Source, sheet: TableReadings, reading: CellReading, span: Span
) -> Iterator[_Statement]:
    """A table's figure, if its column has one full period and it is a sum."""
    over = f"{reading.header} {reading.corner}"
    measure = wording.plain(reading.label)
    if reading.section and not time_of(reading.section).years:
        measure = wording.plain(f"{reading.section} {reading.label}")
        if _HEADLINE.fullmatch(wording.plain(reading.label)) and "per share" not in measure:
            measure = wording.plain(reading.label)
    key = _key(measure, time_of(over))
    if key and reading.amount.unit and not time_of(reading.label).years:
        yield _Statement(
            key=key,
            measure=reading.label,
            period=reading.header,
            amount=reading.amount,
            value=worded(reading),
            span=span,
            source=source,
            sheet=sheet,
        )


def _of_prose(exhibit: IndexedSource) -> Iterator[_Statement]:
    """Headline figures of sentences that name measure, figure and period."""
    tables = [(sheet.table.start, sheet.table.end) for sheet in exhibit.sheets]
    text = exhibit.source.text
    for sentence in _SENTENCE.finditer(text):
        if any(start <= sentence.start() < end for start, end in tables):
            continue
        words = " ".join(sentence.group().split())
        said = mentions(words)
        times = bound(words, said)
        for found in _STATED.finditer(words):
            amount = next(
                (m for m in said if isinstance(m, Amount) and m.start >= found.end()), None
            )
            time = times.get(amount.start) if amount else None
            if amount is None or amount.start != found.end() or time is None:
                continue
            key = _key(wording.plain(found["measure"]), time)
            if key:
                yield _Statement(
                    key=key,
                    measure=found["measure"],
                    period=_spoken(time),
                    amount=amount,
                    value=amount.text.strip(),
                    span=Span(sentence.start(), sentence.end()),
                    source=exhibit.source,
                )


def _key(measure: str, time: Time) -> _Key | None:
    """What a figure is of; None where its period is not told in full."""
    one = all(
        len(part) <= 1 for part in (time.years, time.quarters, time.months, time.days, time.lengths)
    )
    dated = time.years and (time.quarters or (time.months and time.days))
    ran = time.quarters or time.lengths or _HELD.search(measure)
    if not (measure and one and dated and ran):
        return None
    return measure, time.years, time.quarters, time.months, time.days, time.lengths


def _spoken(time: Time) -> str:
    """A period of a sentence in words."""
    parts = [f"quarter {q}" for q in time.quarters] + list(time.lengths)
    day = [date(2000, m, 1).strftime("%B") for m in time.months] + [str(d) for d in time.days]
    return ", ".join([*parts, *([" ".join(day)] if day else []), *map(str, time.years)])


def _proven(bundle: Bundle, sources: Sequence[Source]) -> Iterator[dict[_Key, _Statement]]:
    """The figures of an earlier report, by source; pages that are the same now have no quarrel."""
    now = {(source.url, source.text_sha256) for source in sources}
    for source in bundle.sources:
        if (source.url, source.text_sha256) in now:
            continue
        figures = [figure for claim in bundle.kept for figure in claim.figures]
        starts = {f.start for f in figures if f.source == source.key}
        starts |= {o.start for f in figures for o in f.operands if o.source == source.key}
        yield {
            key: _from_report(statement, bundle.report_id)
            for key, statement in _unambiguous(_statements(IndexedSource(source))).items()
            if _among(statement, starts)
        }


def _among(statement: _Statement, starts: AbstractSet[int]) -> bool:
    """Whether a statement's own figure is one of those."""
    if statement.sheet:
        return statement.amount.start in starts
    return any(statement.span.start <= start < statement.span.end for start in starts)


def _from_report(statement: _Statement, report: str) -> _Statement:
    return _Statement(
        key=statement.key,
        measure=statement.measure,
        period=statement.period,
        amount=statement.amount,
        value=statement.value,
        span=statement.span,
        source=statement.source,
        sheet=statement.sheet,
        report=report,
    )


def _contradiction(one: _Statement, other: _Statement) -> Contradiction:
    older, newer = sorted((one, other), key=_age)
    return Contradiction(
        measure=newer.measure,
        period=newer.period,
        values=(_value(older), _value(newer)),
        restated=_explained(newer),
    )


def _age(statement: _Statement) -> tuple[bool, date]:
    """Earlier reports first, then by day of publication, or of reading."""
    source = statement.source
    return not statement.report, source.published or source.retrieved.date()


def _value(statement: _Statement) -> StatedValue:
    source = statement.source
    quote = source.text[statement.span.start : statement.span.end].strip()
    return StatedValue(
        value=statement.value,
        source="" if statement.report else source.key,
        report=statement.report,
        url=source.url,
        quote=quote[:_LONGEST_QUOTE],
        published=source.published,
    )


def _explained(newer: _Statement) -> str:
    """What the newer source says of a restatement, where it names the measure or earlier times."""
    wanted = {word for word in newer.key[0].split() if len(word) > 3}  # noqa: PLR2004 - not "net"
    for sentence in _SENTENCE.finditer(newer.source.text):
        words = " ".join(sentence.group().split())
        if not _RESTATED.search(words):
            continue
        about = set(wording.plain(words).split())
        if wanted & about or re.search(r"\b(?:prior|previous|earlier)\b", words, re.IGNORECASE):
            return words
    return ""
