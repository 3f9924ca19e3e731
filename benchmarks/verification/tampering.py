"""Stored reports tampered with, one kind a function; `alex verify` should notice each."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from alex.knowledge.documents import Attributes, Document
from alex.knowledge.submissions import normalise
from benchmarks.verification.filings import SampleFiling
from researcher.reports.audit import Unverifiable, audit
from researcher.reports.report import render
from researcher.sources.source import text_hash
from researcher.verify.bundle import Bundle, record
from researcher.verify.check import check
from researcher.verify.draft import Placed
from researcher.verify.identity import SEAL, seal

_STORED = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
_KEPT_AT = "evidence/benchmark.json"

type Tampering = Callable[[Bundle], Bundle]


def altered_url(bundle: Bundle) -> Bundle:
    """The source is said to come from elsewhere."""
    return _with_source(bundle, url="https://www.example.org/elsewhere.html")


def altered_text(bundle: Bundle) -> Bundle:
    """A source's text has one figure more; its hash is left as it was."""
    return _with_source(bundle, text=bundle.sources[0].text + "\nRevenue was $1 million.")


def altered_text_and_hash(bundle: Bundle) -> Bundle:
    """The same, and the hash is made to fit."""
    text = bundle.sources[0].text + "\nRevenue was $1 million."
    return _with_source(bundle, text=text, text_sha256=text_hash(text))


def altered_time(bundle: Bundle) -> Bundle:
    """The source is said to have been read a year earlier."""
    return _with_source(bundle, retrieved=bundle.sources[0].retrieved - timedelta(days=365))


def altered_claim(bundle: Bundle) -> Bundle:
    """A claim says more than it did."""
    first, *rest = bundle.claims
    forged = first.model_copy(update={"text": f"{first.text} Profit was $987,654 million."})
    return bundle.model_copy(update={"claims": [forged, *rest]})


def refused_as_proven(bundle: Bundle) -> Bundle:
    """A claim that the check refused stands as if it had passed."""
    first, *rest = bundle.claims
    forged = first.model_copy(
        update={"text": "Profit was $987,654 million.", "figures": [], "figure": None}
    )
    return bundle.model_copy(update={"claims": [forged, *rest]})


TAMPERINGS: dict[str, Tampering] = {
    "altered URL": altered_url,
    "altered source": altered_text,
    "altered source, hash": altered_text_and_hash,
    "altered time": altered_time,
    "altered claim": altered_claim,
    "refused as proven": refused_as_proven,
}
"""By the name that the table gives them."""


def tampered(filing: SampleFiling, report: Sequence[Placed]) -> Iterator[tuple[str, bool]]:
    """Each kind with whether it is noticed: the report as stored, and as rendered to fit.

    The untouched report must hold, else nothing is shown by the rest. A text that nothing could be
    written of has no report.
    """
    if not report:
        return
    bundle = bundled(filing, report)
    stored = bundle.model_dump_json()
    yield "untouched report", not _noticed(stored, stored, render(bundle))
    for name, tamper in TAMPERINGS.items():
        false = tamper(bundle)
        yield name, _noticed(stored, false.model_dump_json(), render(bundle))
        yield name, _noticed(stored, false.model_dump_json(), render(false))
    yield "altered report", _noticed(stored, stored, _altered(render(bundle)))


def _altered(text: str) -> str:
    """A digit in the middle of the report is another."""
    place = next(i for i in range(len(text) // 2, len(text)) if text[i].isdigit())
    return f"{text[:place]}{(int(text[place]) + 1) % 10}{text[place + 1 :]}"


def bundled(filing: SampleFiling, report: Sequence[Placed]) -> Bundle:
    """A filing's report as a run would keep it."""
    indexed = {filing.key: filing.indexed}
    claims = []
    for number, placed in enumerate(report, start=1):
        verdict = check(placed.claim, indexed)
        kept = record(placed.place, f"C{number}", placed.claim, verdict)
        claims.append(kept.model_copy(update={"figure": placed.figure}))
    return Bundle(
        job_id="benchmark",
        report_id="report-benchmark",
        subject=filing.title,
        tickers=[],
        title="A filing",
        as_of=_STORED,
        provider="offline",
        model="offline",
        via="http",
        sources=[filing.indexed.source],
        unread=[],
        claims=claims,
    )


def _noticed(stored: str, evidence: str, text: str) -> bool:
    document = Document(
        id="report-benchmark",
        revision="1",
        passages=1,
        characters=len(text),
        ingested=_STORED,
        updated=_STORED,
        attributes=Attributes(kind="report", metadata={SEAL: seal(stored)}),
    )
    try:
        return not audit(document, normalise(text), _KEPT_AT, evidence).holds
    except Unverifiable:
        return True


def _with_source(bundle: Bundle, **changes: object) -> Bundle:
    first, *rest = bundle.sources
    return bundle.model_copy(update={"sources": [first.model_copy(update=changes), *rest]})
