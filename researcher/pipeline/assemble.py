"""A run's conclusion: all of it in one record, and what of it is new to the report before it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alex.clock import now
from alex.errors import NotFound
from alex.research.jobs import Job
from alex.services import Services
from researcher.pipeline.context import Run
from researcher.prompts import KnownDocument
from researcher.sources.source import CollectedSources
from researcher.verify.bundle import Bundle, ClaimRecord, KnownRecord, Predecessor
from researcher.verify.changes import Earlier
from researcher.verify.contradictions import find as find_contradictions
from researcher.verify.draft import Draft
from researcher.verify.identity import evidence_id_of, report_id_of
from researcher.verify.stored import Unreadable, read_bundle
from researcher.verify.unquoted import Vocabulary

logger = logging.getLogger(__name__)

_MOST_EARLIER = 3
"""Reports on other questions whose figures are held against this one's sources."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run had before anything was written, and how long each phase took."""

    collected: CollectedSources
    known: Sequence[KnownDocument]
    earlier: Earlier | None
    seconds: Mapping[str, float]


def find_earlier(services: Services, job: Job) -> Earlier | None:
    """The report that is there already on the same question, with its evidence."""
    earlier = _evidence_of(services, report_id_of(job.request))
    if earlier and earlier.since.evidence_id == evidence_id_of(job.id):
        # An attempt of this very job that died stored it: what counts is what was there before.
        news = earlier.bundle.news
        return _evidence(services, news.since.evidence_id) if news else None
    return earlier


def _evidence(services: Services, evidence_id: str) -> Earlier | None:
    text = services.texts.get(evidence_id) if evidence_id else None
    if text is None:
        return None
    try:
        bundle = read_bundle(text)
    except Unreadable as error:
        logger.warning("The evidence %s cannot be compared with: %s", evidence_id, error)
        return None
    since = Predecessor(report_id=bundle.report_id, evidence_id=evidence_id, as_of=bundle.as_of)
    return Earlier(bundle, since)


def assemble_bundle(
    run: Run, found: Findings, draft: Draft, claims: Sequence[ClaimRecord]
) -> Bundle:
    """All of a run in one record, without a title, headings and questions that may not stand.

    Where nothing is new to the earlier report, it is a confirmation of that.
    """
    news = found.earlier.news(claims, found.collected) if found.earlier else None
    if news and not news.any and (confirmation := assemble_confirmation(run, found)):
        return confirmation
    words = Vocabulary(run.subject, found.collected.sources)
    questions = [question for question in draft.open_questions if words.allows(question)]
    headings = {claim.place for claim in claims if not words.allows(claim.place)}
    titled = draft.title.strip() and words.allows(draft.title)
    return Bundle(
        **_circumstances(run, found),
        title=draft.title if titled else run.subject,
        claims=[
            claim.model_copy(update={"place": "Findings"}) if claim.place in headings else claim
            for claim in claims
        ],
        news=news,
        questions=questions,
        dropped=len(draft.open_questions) - len(questions) + len(headings),
    )


def assemble_confirmation(run: Run, found: Findings) -> Bundle | None:
    """The record of a run that found nothing new.

    None where there is nothing to confirm: no earlier report, one of another model, or one with a
    claim that is not proven any more.
    """
    earlier = found.earlier
    if earlier is None or earlier.bundle.model != run.llm.name:
        return None
    confirmation = earlier.confirmed(found.collected)
    if confirmation is None:
        return None
    claims, news = confirmation
    return Bundle(
        **_circumstances(run, found),
        kind="check",
        title=earlier.bundle.title,
        claims=claims,
        news=news,
    )


def _circumstances(run: Run, found: Findings) -> dict[str, Any]:
    """What a bundle says of its run, whatever came of it."""
    request = run.job.request
    return {
        "job_id": run.job.id,
        "report_id": report_id_of(request),
        "subject": run.subject,
        "tickers": list(request.tickers),
        "as_of": now(),
        "provider": run.llm.provider,
        "model": run.llm.name,
        "via": run.reader.via,
        "sources": found.collected.sources,
        "unread": found.collected.unread,
        "known": [
            KnownRecord(
                document_id=item.document_id,
                title=item.title,
                kind=item.kind,
                stored=item.updated.isoformat(),
            )
            for item in found.known
        ],
        "contradictions": find_contradictions(found.collected.sources, _proven_before(run, found)),
        "limits": list(run.ledger.reached),
        "cost": _cost(run, found.collected),
        "seconds": dict(found.seconds),
    }


def _proven_before(run: Run, found: Findings) -> list[Bundle]:
    """The evidence of earlier reports on the matter: this question's own, then the others'."""
    own = [found.earlier.bundle] if found.earlier else []
    this = report_id_of(run.job.request)
    reports = [item for item in found.known if item.kind == "report" and item.document_id != this]
    others = (_evidence_of(run.services, item.document_id) for item in reports[:_MOST_EARLIER])
    return [*own, *(earlier.bundle for earlier in others if earlier)]


def _evidence_of(services: Services, document_id: str) -> Earlier | None:
    try:
        report, _ = services.knowledge.get(document_id)
    except NotFound:
        return None
    return _evidence(services, str(report.attributes.metadata.get("evidence", "")))


def _cost(run: Run, collected: CollectedSources) -> dict[str, float]:
    """Of all attempts at the run."""
    return {
        "pages": sum(source.is_page for source in collected.sources),
        "bytes": collected.size,
        **run.ledger.cost(),
        "seconds": round(run.ledger.seconds, 1),
    }
