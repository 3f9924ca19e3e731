"""The end of a run: the bundle, then what of it the knowledge base remembers."""

import logging
from collections.abc import Callable, Mapping, Sequence

from alex.documents import Attributes, Filter, Submission
from alex.errors import AlexError, InvalidInput, NotFound
from alex.research import now
from alex.wiring import Services
from researcher.brief import Known
from researcher.bundle import Bundle, ClaimRecord, KnownRecord, report_id_of
from researcher.draft import Draft
from researcher.evidence import states_figures
from researcher.exhibits import Source
from researcher.gathering import Gathered
from researcher.phases import Run
from researcher.report import render

logger = logging.getLogger(__name__)

REPORT, PAGE = "report", "page"
"""Kinds of document a run stores."""

_MOST_TOLD = 3
"""Unreadable pages that a failed job names."""


class NothingProven(AlexError):
    """There is nothing to say; an earlier report, where there is one, says more."""


def bundled(
    run: Run,
    *,
    draft: Draft,
    claims: Sequence[ClaimRecord],
    gathered: Gathered,
    known: Sequence[Known],
    seconds: Mapping[str, float],
) -> Bundle:
    """All of a run in one record; headings and questions with unproven figures lose them."""
    request = run.job.request
    questions = [question for question in draft.open_questions if not states_figures(question)]
    headings = {claim.place for claim in claims if states_figures(claim.place)}
    titled = draft.title.strip() and not states_figures(draft.title)
    return Bundle(
        job_id=run.job.id,
        report_id=report_id_of(request),
        subject=run.subject,
        tickers=list(request.tickers),
        title=draft.title if titled else run.subject,
        as_of=now(),
        provider=run.writer.provider,
        model=run.writer.name,
        via=run.reader.via,
        sources=gathered.sources,
        unread=gathered.unread,
        known=[
            KnownRecord(
                document_id=item.document_id,
                title=item.title,
                kind=item.kind,
                stored=item.updated.isoformat(),
            )
            for item in known
        ],
        claims=[
            claim.model_copy(update={"place": "Findings"}) if claim.place in headings else claim
            for claim in claims
        ],
        questions=questions,
        dropped=len(draft.open_questions) - len(questions) + len(headings),
        cost=_cost(run, gathered, sum(seconds.values())),
        seconds=dict(seconds),
    )


def _cost(run: Run, gathered: Gathered, seconds: float) -> dict[str, float]:
    cost: dict[str, float] = {
        "pages": sum(source.via != "knowledge base" for source in gathered.sources),
        "requests": run.usage.requests,
        "input_tokens": run.usage.input_tokens,
        "output_tokens": run.usage.output_tokens,
        "seconds": round(seconds, 1),
    }
    return cost | {"usd": 0.0} if run.writer.priced else cost


def save(services: Services, bundle: Bundle, note: Callable[[str, str], None]) -> str:
    """Store evidence, pages and report, in this order; the key of the evidence.

    Doing it again changes nothing: each of them has a name that follows from the run.

    Raises:
        NothingProven: the report would be empty.
    """
    if not bundle.kept:
        raise NothingProven(_why_nothing(bundle, stored=_stored(services, bundle.report_id)))
    evidence_id = f"evidence/{bundle.job_id}.json"
    services.texts.put(evidence_id, bundle.model_dump_json())
    for source in bundle.sources:
        if source.document_id is None:
            _save_page(services, source, bundle.tickers, note)
    receipt = services.knowledge.ingest(
        Submission(
            text=render(bundle),
            id=bundle.report_id,
            title=bundle.title,
            attributes=Attributes(
                source=f"alex:research/{bundle.report_id}",
                published=bundle.as_of.date(),
                tickers=tuple(bundle.tickers),
                kind=REPORT,
                metadata={"job": bundle.job_id, "evidence": evidence_id},
            ),
        )
    )
    note("save", f"Stored the report ({receipt.outcome}, {receipt.passages} passages)")
    return evidence_id


def _why_nothing(bundle: Bundle, *, stored: bool) -> str:
    if bundle.sources:
        why = f"None of the {len(bundle.claims)} drafted statements could be verified."
    elif bundle.unread:
        failures = "; ".join(f"{page.url}: {page.detail}" for page in bundle.unread[:_MOST_TOLD])
        why = f"No source could be read. {failures}"
    else:
        why = "There was no page to read, and nothing stored bears on the question."
    return f"{why} The earlier report stays." if stored else f"{why} No report was stored."


def _stored(services: Services, document_id: str) -> bool:
    try:
        services.knowledge.get(document_id)
    except NotFound:
        return False
    return True


def _save_page(
    services: Services, source: Source, tickers: Sequence[str], note: Callable[[str, str], None]
) -> None:
    """Keep a page to be searched; a user's own document of that address is left alone."""
    owners = services.search.search(source.title or source.url, 1, Filter(source=source.url))
    kinds = {hit.document.attributes.kind for hit in owners}
    if kinds - {PAGE}:
        return
    known = [ticker for hit in owners for ticker in hit.document.attributes.tickers]
    try:
        receipt = services.knowledge.ingest(
            Submission(
                text=source.text,
                title=source.title or None,
                attributes=Attributes(
                    source=source.url,
                    published=source.published,
                    tickers=tuple(dict.fromkeys([*known, *tickers])),
                    kind=PAGE,
                ),
            )
        )
    except InvalidInput as error:  # such as an address too long to filter by
        logger.warning("The page %s is not searchable: %s", source.url, error.detail)
        return
    note("save", f"{source.title or source.url}: {receipt.outcome}")
