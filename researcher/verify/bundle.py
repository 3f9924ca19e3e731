"""The evidence bundle: everything needed to check a stored report again, from scratch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source, Unread, text_hash
from researcher.verify.check import ProvenFigure, Verdict, check
from researcher.verify.draft import Calculation, Claim, KeyFigure, Quote

VERSION = 1
"""Raised where an Alex that does not know of a change would misread a bundle.

Bundles of every earlier version stay readable, as they were sealed: what they lack has a default,
and from them a report is written as it was.
"""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuoteRecord(_Record):
    """A quote with the characters of the source's text it stands at."""

    source: str
    text: str
    start: int
    end: int


class OperandRecord(_Record):
    """A figure that a calculation starts from, and the characters that bear it."""

    name: str
    text: str
    source: str
    start: int
    end: int
    row: str = ""
    column: str = ""


class FigureRecord(_Record):
    """A number of a claim and the characters that bear it; row and column where in a table.

    Attributes:
        formula: where it is calculated: over the names of `operands`. Source and characters are
            then those of the first operand.
    """

    text: str
    source: str
    start: int
    end: int
    row: str = ""
    column: str = ""
    formula: str = ""
    operands: list[OperandRecord] = Field(default_factory=list)


class ClaimRecord(_Record):
    """A claim with what the check made of it.

    Attributes:
        place: `summary`, `key figures`, or the heading of its section.
        revised: it was refused first and mended.
        reasons: why it was left out; empty for a claim that is in the report.
    """

    id: str
    place: str
    text: str
    quotes: list[QuoteRecord]
    offered: list[Quote]
    calculations: list[Calculation] = Field(default_factory=list)
    figures: list[FigureRecord] = Field(default_factory=list)
    figure: KeyFigure | None = None
    revised: bool = False
    reasons: list[str] = Field(default_factory=list)

    @property
    def kept(self) -> bool:
        """Whether the report states it."""
        return not self.reasons

    @property
    def claim(self) -> Claim:
        """The claim as the writer offered it."""
        return Claim(text=self.text, quotes=self.offered, calculations=self.calculations)


class StatedValue(_Record):
    """One of two values that do not agree.

    Attributes:
        value: with its currency and scale, such as `$46,743 million`.
        source: key of the source that states it; empty where an earlier report does.
        report: id of that earlier report; empty where a source states it.
        url: of the page it stands on.
        quote: the row or sentence that bears it.
    """

    value: str
    source: str = ""
    report: str = ""
    url: str
    quote: str
    published: date | None = None


class Contradiction(_Record):
    """Two values for one measure of one company in one period.

    Attributes:
        measure: as the sources call it.
        period: as the sources write it.
        values: the older statement first, where their dates tell.
        restated: what the newer source says of the change, word for word; empty where nothing.
    """

    measure: str
    period: str
    values: tuple[StatedValue, StatedValue]
    restated: str = ""


class KnownRecord(_Record):
    """A document the knowledge base held before the run."""

    document_id: str
    title: str
    kind: str
    stored: str


class Predecessor(_Record):
    """The report that answered the same question before, and where its evidence is kept."""

    report_id: str
    evidence_id: str
    as_of: datetime


class Change(_Record):
    """What the report says otherwise than the one before it.

    Attributes:
        now: id of the claim that is new; empty where the sources say it no more.
        before: as the earlier report said it, quoting `News.sources`; None where it is all new.
    """

    now: str = ""
    before: ClaimRecord | None = None


class Lost(_Record):
    """A page that the earlier report cites and that could not be read again.

    Attributes:
        passing: the failure says nothing of the page: it was late, or the network was down.
        statements: how many statements of the earlier report rest on it.
    """

    url: str
    detail: str
    passing: bool
    statements: int


class News(_Record):
    """What a run found that the earlier report did not have.

    Attributes:
        sources: as the earlier report read them; their keys start with `E`.
        altered: keys of the sources whose text is another than the earlier report read.
        added: keys of the sources that the earlier report had not read.
    """

    since: Predecessor
    changes: list[Change] = Field(default_factory=list)
    lost: list[Lost] = Field(default_factory=list)
    sources: list[Source] = Field(default_factory=list)
    altered: list[str] = Field(default_factory=list)
    added: list[str] = Field(default_factory=list)

    @property
    def any(self) -> bool:
        """Whether there is something to tell that is not only a page's passing failure."""
        return bool(self.changes) or not all(page.passing for page in self.lost)


class Bundle(_Record):
    """A report's whole evidence.

    Attributes:
        kind: `check` where the run found nothing new: its claims are the earlier report's, each
            proven again by the sources as they are now.
        news: against the earlier report on the same question, where there is one.
        contradictions: between its sources, or with an earlier report on the same company.
        limits: the caps of the budget that the run reached, in words.
        dropped: headings and questions that stated figures without a quote, and were left out.
        cost: as the job shows it: `pages`, `requests`, tokens, `usd` where priced.
        seconds: by phase.
    """

    version: int = VERSION
    kind: Literal["report", "check"] = "report"
    job_id: str
    report_id: str
    subject: str
    tickers: list[str]
    title: str
    as_of: datetime
    provider: str
    model: str
    via: Literal["browser", "http"]
    sources: list[Source]
    unread: list[Unread]
    known: list[KnownRecord] = Field(default_factory=list)
    claims: list[ClaimRecord]
    contradictions: list[Contradiction] = Field(default_factory=list)
    news: News | None = None
    questions: list[str] = Field(default_factory=list)
    limits: list[str] = Field(default_factory=list)
    dropped: int = 0
    cost: dict[str, float] = Field(default_factory=dict)
    seconds: dict[str, float] = Field(default_factory=dict)

    @property
    def kept(self) -> list[ClaimRecord]:
        """The claims of the report."""
        return [claim for claim in self.claims if claim.kept]

    @property
    def left_out(self) -> list[ClaimRecord]:
        """The claims the check refused for good."""
        return [claim for claim in self.claims if not claim.kept]

    @property
    def all_sources(self) -> list[Source]:
        """Those read for it, and those that an earlier report read and it still quotes."""
        return [*self.sources, *(self.news.sources if self.news else ())]


@dataclass(frozen=True, slots=True)
class Recheck:
    """What checking a bundle again found."""

    verdicts: Mapping[str, Verdict]
    altered_sources: Sequence[str]

    @property
    def holds(self) -> bool:
        """Whether every claim of the report is still proven by unaltered sources."""
        proven = all(verdict.passed for verdict in self.verdicts.values())
        return proven and not self.altered_sources


def record(place: str, claim_id: str, claim: Claim, verdict: Verdict) -> ClaimRecord:
    """A checked claim as the bundle keeps it."""
    return ClaimRecord(
        id=claim_id,
        place=place,
        text=claim.text,
        offered=claim.quotes,
        calculations=claim.calculations,
        quotes=[
            QuoteRecord(source=q.source, text=q.text, start=q.span.start, end=q.span.end)
            for q in verdict.quotes
        ],
        figures=[_figure(figure) for figure in verdict.figures],
        reasons=list(verdict.reasons),
    )


def _figure(figure: ProvenFigure) -> FigureRecord:
    return FigureRecord(
        **_place(figure),
        formula=figure.formula,
        operands=[OperandRecord(name=o.name, **_place(o)) for o in figure.operands],
    )


def _place(figure: ProvenFigure) -> dict[str, Any]:
    return {
        "text": figure.text,
        "source": figure.source,
        "start": figure.span.start,
        "end": figure.span.end,
        "row": figure.row,
        "column": figure.column,
    }


def verify_bundle(bundle: Bundle) -> Recheck:
    """Check every claim of a report again, and that no source's text was altered since.

    What a report says of the one before it is checked, too, against the sources of that time.
    """
    exhibits = {source.key: IndexedSource(source) for source in bundle.all_sources}
    changes = bundle.news.changes if bundle.news else ()
    claims = [*bundle.kept, *(change.before for change in changes if change.before)]
    return Recheck(
        verdicts={claim.id: check(claim.claim, exhibits) for claim in claims},
        altered_sources=[s.key for s in bundle.all_sources if text_hash(s.text) != s.text_sha256],
    )
