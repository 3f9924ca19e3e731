"""What a report without a language model says of a company's filed figures.

The text is the one of `researcher.facts.sec.statement`: tables with periods above, newest first,
and sentences that can be quoted as they stand.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from researcher.facts.readings import CellReading, TableReadings, read_tables
from researcher.llm.offline.growth import changes
from researcher.llm.offline.key_figures import row_claim
from researcher.prompts import PromptSource
from researcher.sources.source import Source
from researcher.verify.draft import Claim, KeyFigure, Quote, Section

VIA = "sec data"

_MOST_COLUMNS = 4
_ORIGIN = re.compile(r"(?:^Shares outstanding: |(?<=\. )The newest figures of ).*\.$", re.MULTILINE)
_RESTATED = re.compile(r"^Restated: .*\.$", re.MULTILINE)
_TITLE = re.compile(r"(.+ \((\S+)\)): ")
_INCOME = re.compile(r"\bincome\b")
_FISCAL = re.compile(r" \([^)]*\)$")
_MOST_RESTATED = 6
_FIRST, _BESIDE = ("Revenue", "Net income"), ("Revenue",)
"""What a summary states of the newest period, and of the fiscal year where that is another."""


def figures(sources: Sequence[PromptSource]) -> list[KeyFigure]:
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


def headlines(sources: Sequence[PromptSource]) -> list[Claim]:
    """Revenue and net income of the newest period, and the fiscal year's revenue beside it."""
    claims = []
    for source in sources:
        newest, year = _newest(source), _beside(source)
        rows = [row for row in newest if row[0].label in _FIRST]
        rows += [row for row in year if row[0].label in _BESIDE]
        for row in rows:
            figures = _spoken(source, row, named=len(sources) > 1)
            claims.append(next(iter(changes(figures)), row_claim(_as_loss(figures))))
    return claims


def on_the_year(sources: Sequence[PromptSource]) -> list[Claim]:
    """How the newest period's figures changed on the year."""
    return [
        claim
        for source in sources
        for row in _newest(source)
        for claim in changes(_spoken(source, row, named=len(sources) > 1))
    ]


def sections(sources: Sequence[PromptSource]) -> list[Section]:
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


def _quoted(source: PromptSource, sentence: str) -> Claim:
    return Claim(text=sentence, quotes=[Quote(source=source.key, text=sentence)])


def _tables(source: PromptSource) -> list[list[list[CellReading]]]:
    """Tables as rows of readings."""
    tables = [list(_rows(sheet)) for sheet in read_tables(source.text)]
    return [rows for rows in tables if rows]


def _rows(sheet: TableReadings) -> Iterator[list[CellReading]]:
    for row in sheet.table.rows:
        readings = [r for r in sheet.readings if row.start <= r.amount.start < row.end]
        if readings and all(reading.header for reading in readings):
            yield readings[:_MOST_COLUMNS]


def _figures(
    source: PromptSource, row: Sequence[CellReading], *, named: bool
) -> Iterator[KeyFigure]:
    for reading in row:
        yield KeyFigure(
            name=_name(source, reading, named=named),
            period=reading.header,
            value=reading.raw,
            quotes=[_quote(source, reading)],
        )


def _newest(source: PromptSource) -> list[list[CellReading]]:
    """The first table of a stretch of time: it has the newest period."""
    return next((rows for rows in _tables(source) if "ended" in rows[0][0].header), [])


def _beside(source: PromptSource) -> list[list[CellReading]]:
    """The table of fiscal years, where that is another."""
    years = (rows for rows in _tables(source) if rows[0][0].header.startswith("Fiscal year"))
    rows = next(years, [])
    return rows if rows != _newest(source) else []


def _spoken(source: PromptSource, row: Sequence[CellReading], *, named: bool) -> list[KeyFigure]:
    """A row's newest figure and its year before, with periods as sentences say them."""
    return [
        figure.model_copy(update={"period": _FISCAL.sub("", figure.period)})
        for figure in _figures(source, row[:2], named=named)
    ]


def _as_loss(figures: Sequence[KeyFigure]) -> list[KeyFigure]:
    """`Net income: -$1` as `Net loss: $1`, where all of them are losses."""
    if not all(figure.value.startswith("-") for figure in figures):
        return list(figures)
    return [
        figure.model_copy(
            update={
                "name": _INCOME.sub("loss", figure.name),
                "value": figure.value.removeprefix("-"),
            }
        )
        for figure in figures
    ]


def _name(source: PromptSource, reading: CellReading, *, named: bool) -> str:
    return f"{_company(source)}: {reading.label}" if named else reading.label


def _company(source: PromptSource) -> str:
    return source.title.partition(" (")[0].partition(":")[0]


def _quote(source: PromptSource, reading: CellReading) -> Quote:
    text, at = source.text, reading.amount.start
    return Quote(
        source=source.key, text=text[text.rfind("\n", 0, at) + 1 : text.find("\n", at)].strip()
    )
