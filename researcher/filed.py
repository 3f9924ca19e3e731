"""What a report without a language model says of a company's filed figures.

The text is the one of `researcher.sec.statement`: tables with periods above, newest first, and
sentences that can be quoted as they stand.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from researcher.brief import SourceMaterial
from researcher.draft import Calculation, Claim, KeyFigure, Operand, Quote, Section
from researcher.exhibits import Source
from researcher.keyfigures import told
from researcher.numbers import Amount, mentions
from researcher.readings import Reading, Sheet, read_tables

VIA = "sec data"

_MOST_COLUMNS = 4
_ORIGIN = re.compile(r"(?:^Shares outstanding: |(?<=\. )The newest figures of ).*\.$", re.MULTILINE)
_RESTATED = re.compile(r"^Restated: .*\.$", re.MULTILINE)
_TITLE = re.compile(r"(.+ \((\S+)\)): ")
_MOST_RESTATED = 6
_FIRST, _BESIDE = ("Revenue", "Net income (loss)"), ("Revenue",)
"""What a summary tells of the newest period, and of the fiscal year where that is another."""


def figures(sources: Sequence[SourceMaterial]) -> list[KeyFigure]:
    """Every row of the tables; of several companies, with their names."""
    return [
        figure
        for source in sources
        for rows in _tables(source)
        for row in rows
        for figure in _figures(source, row, named=len(sources) > 1)
    ]


def spelled_out(subject: str, sources: Iterable[Source]) -> str:
    """A subject with the companies' names in front of their tickers: `Snowflake Inc. (SNOW)`."""
    for source in sources:
        named = _TITLE.match(source.title) if source.via == VIA else None
        if named and named[1] not in subject:
            ticker = re.compile(rf"(?<![\w(]){re.escape(named[2])}(?!\w)", re.IGNORECASE)
            subject = ticker.sub(named[1].replace("\\", r"\\"), subject, count=1)
    return subject


def headlines(sources: Sequence[SourceMaterial]) -> list[Claim]:
    """Revenue and net income of the newest period, and the fiscal year's revenue beside it."""
    claims = []
    for source in sources:
        flows = [rows for rows in _tables(source) if "ended" in rows[0][0].header]
        yearly = [rows for rows in flows[1:] if rows[0][0].header.startswith("Fiscal year")]
        for tables, names in ((flows[:1], _FIRST), (yearly[:1], _BESIDE)):
            rows = [row for table in tables for row in table if row[0].label in names]
            claims += [_told(source, row, named=len(sources) > 1) for row in rows]
    return claims


def sections(sources: Sequence[SourceMaterial]) -> list[Section]:
    """Which figures were restated, and which filings they all are from."""
    return [
        Section(heading=heading, claims=claims)
        for heading, pattern in (("Restated figures", _RESTATED), ("Filings", _ORIGIN))
        if (
            claims := [
                _quoted(source, sentence)
                for source in sources
                for sentence in pattern.findall(source.text)[:_MOST_RESTATED]
            ]
        )
    ]


def _quoted(source: SourceMaterial, sentence: str) -> Claim:
    return Claim(text=sentence, quotes=[Quote(source=source.key, text=sentence)])


def _tables(source: SourceMaterial) -> list[list[list[Reading]]]:
    """Tables as rows of readings."""
    tables = [list(_rows(sheet)) for sheet in read_tables(source.text)]
    return [rows for rows in tables if rows]


def _rows(sheet: Sheet) -> Iterator[list[Reading]]:
    for row in sheet.table.rows:
        readings = [r for r in sheet.readings if row.start <= r.amount.start < row.end]
        if readings and all(reading.header for reading in readings):
            yield readings[:_MOST_COLUMNS]


def _figures(source: SourceMaterial, row: Sequence[Reading], *, named: bool) -> Iterator[KeyFigure]:
    for reading in row:
        yield KeyFigure(
            name=_name(source, reading, named=named),
            period=reading.header,
            value=reading.raw,
            quotes=[_quote(source, reading)],
        )


def _told(source: SourceMaterial, row: Sequence[Reading], *, named: bool) -> Claim:
    """A row in a sentence, with its growth where that makes sense."""
    claim = told(list(_figures(source, row[:2], named=named)))
    growth = _growth(row)
    if growth is None:
        return claim
    new, old = row[:2]
    way, result = ("down", f"{-growth}%") if growth < 0 else ("up", f"{growth}%")
    quote = _quote(source, new)
    return claim.model_copy(
        update={
            "text": f"{claim.text.removesuffix('.')}, {way} {result}.",
            "calculations": [
                Calculation(
                    result=result,
                    formula="(a - b) / b",
                    operands=[
                        Operand(name="a", value=new.raw, quote=quote),
                        Operand(name="b", value=old.raw, quote=quote),
                    ],
                )
            ],
        }
    )


def _growth(row: Sequence[Reading]) -> Decimal | None:
    """In percent with one decimal; None from or to a loss, or where it rounds to nothing."""
    values = [amount.value for reading in row[:2] for amount in _amounts(reading)]
    if len(values) < 2 or min(values) <= 0:  # noqa: PLR2004 - two periods
        return None
    new, old = values
    growth = ((new - old) / old * 100).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    return growth or None


def _amounts(reading: Reading) -> list[Amount]:
    return [mention for mention in mentions(reading.raw) if isinstance(mention, Amount)]


def _name(source: SourceMaterial, reading: Reading, *, named: bool) -> str:
    return f"{_company(source)}: {reading.label}" if named else reading.label


def _company(source: SourceMaterial) -> str:
    return source.title.partition(" (")[0].partition(":")[0]


def _quote(source: SourceMaterial, reading: Reading) -> Quote:
    text, at = source.text, reading.amount.start
    return Quote(
        source=source.key, text=text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)].strip()
    )
