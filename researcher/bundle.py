"""The evidence bundle: everything needed to check a stored report again, from scratch."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from alex.research import ResearchRequest
from researcher.draft import Calculation, Claim, KeyFigure, Quote
from researcher.evidence import Verdict, check
from researcher.exhibits import Exhibit, Source, text_hash
from researcher.gathering import Unread

VERSION = 1


def report_id_of(request: ResearchRequest) -> str:
    """The document a request's report is: the same question asked again replaces its report."""
    asked = [request.topic, sorted(request.tickers), sorted(request.urls)]
    return "report-" + hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]


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


class Bundle(_Record):
    """A report's whole evidence.

    Attributes:
        contradictions: between its sources, or with an earlier report on the same company.
        dropped: headings and questions that stated figures without a quote, and were left out.
        cost: as the job shows it: `pages`, `requests`, tokens, `usd` where priced.
        seconds: by phase.
    """

    version: int = VERSION
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
    questions: list[str] = Field(default_factory=list)
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
        figures=[
            FigureRecord(
                text=f.text,
                source=f.source,
                start=f.span.start,
                end=f.span.end,
                row=f.row,
                column=f.column,
            )
            for f in verdict.figures
        ],
        reasons=list(verdict.reasons),
    )


def verify_bundle(bundle: Bundle) -> Recheck:
    """Check every claim of a report again, and that no source's text was altered since."""
    exhibits = {source.key: Exhibit(source) for source in bundle.sources}
    return Recheck(
        verdicts={claim.id: check(claim.claim, exhibits) for claim in bundle.kept},
        altered_sources=[s.key for s in bundle.sources if text_hash(s.text) != s.text_sha256],
    )
