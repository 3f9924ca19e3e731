"""The end of a run: the bundle, then what of it the knowledge base remembers."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from alex.errors import AlexError, InvalidInput, NotFound
from alex.knowledge.documents import Attributes, Filter, Submission
from alex.knowledge.submissions import MAX_TITLE
from alex.services import Services
from researcher.reports.no_change import outcome, render_check
from researcher.reports.report import render
from researcher.sources.source import Source
from researcher.verify.bundle import Bundle
from researcher.verify.identity import SEAL, check_id_of, evidence_id_of, seal

logger = logging.getLogger(__name__)

REPORT, CHECK, PAGE = "report", "check", "page"
"""Kinds of document a run stores."""

_MOST_NAMED = 3
"""Unreadable pages that a failed job names."""


class NothingProven(AlexError):
    """There is nothing to say; an earlier report, where there is one, says more."""


def save(services: Services, bundle: Bundle, note: Callable[[str, str], None]) -> str:
    """Store evidence, pages and report, in this order; the key of the evidence.

    Where nothing is new, the report stays as it is, and a short entry beside it says so.
    Doing it again changes nothing: each of them has a name that follows from the run.

    Raises:
        NothingProven: the report would be empty.
    """
    if not bundle.kept:
        raise NothingProven(_why_nothing(bundle, stored=_stored(services, bundle.report_id)))
    check_id = check_id_of(bundle.report_id)
    # A check's evidence is named for the check, so that the next one replaces it.
    evidence_id = evidence_id_of(check_id if bundle.kind == CHECK else bundle.job_id)
    evidence = bundle.model_dump_json()
    services.texts.put(evidence_id, evidence)
    kept = {"evidence": evidence_id, SEAL: seal(evidence)}
    for source in bundle.sources:
        if source.document_id is None:
            _save_page(services, source, bundle.tickers, note)
    receipt = services.knowledge.ingest(
        _check(bundle, check_id, kept) if bundle.kind == CHECK else _report(bundle, kept)
    )
    if bundle.kind == CHECK:
        note("save", outcome(bundle))
    else:
        with suppress(NotFound):  # it confirmed the report that this one takes the place of
            services.knowledge.delete(check_id)
        note("save", f"Stored the report ({receipt.outcome}, {receipt.passages} passages)")
    return evidence_id


def _report(bundle: Bundle, kept: Mapping[str, str]) -> Submission:
    superseded = {"supersedes": bundle.news.since.evidence_id} if bundle.news else {}
    return Submission(
        text=render(bundle),
        id=bundle.report_id,
        title=_cut(bundle.title),
        attributes=_attributes(bundle, REPORT, {**kept, **superseded}),
    )


def _check(bundle: Bundle, check_id: str, kept: Mapping[str, str]) -> Submission:
    return Submission(
        text=render_check(bundle),
        id=check_id,
        title=_cut(f"No change: {bundle.title}"),
        attributes=_attributes(bundle, CHECK, {**kept, "report": bundle.report_id}),
    )


def _attributes(bundle: Bundle, kind: str, metadata: Mapping[str, str]) -> Attributes:
    return Attributes(
        source=f"alex:research/{bundle.report_id}",
        published=bundle.as_of.date(),
        tickers=tuple(bundle.tickers),
        kind=kind,
        metadata={"job": bundle.job_id, **metadata},
    )


def _cut(title: str) -> str:
    """A title as it can be stored: a question, or what a page calls itself, may be too long."""
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…"


def _why_nothing(bundle: Bundle, *, stored: bool) -> str:
    if bundle.sources:
        why = f"None of the {len(bundle.claims)} drafted statements could be verified."
    elif bundle.unread:
        failures = "; ".join(f"{page.url}: {page.detail}" for page in bundle.unread[:_MOST_NAMED])
        why = f"No source could be read. {failures}"
    elif bundle.limits:
        why = "Nothing was read."
    else:
        why = "There was no page to read, and nothing stored bears on the question."
    why = " ".join([why, *bundle.limits])
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
                title=_cut(source.title) or None,
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
