"""Checks a stored report again, from scratch: its evidence, every claim, and its very text."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from alex.errors import AlexError, InvalidInput
from alex.knowledge.documents import Document
from alex.knowledge.submissions import normalise
from alex.services import Services
from researcher.facts.indexed_source import IndexedSource
from researcher.reports.no_change import render_check
from researcher.reports.report import render
from researcher.verify.bundle import Bundle, record, verify_bundle
from researcher.verify.check import Verdict
from researcher.verify.identity import SEAL, seal
from researcher.verify.stored import Unreadable, read_bundle

KINDS = ("report", "check")
"""Kinds of document that have evidence."""

_EVIDENCE = "evidence"
"""A report's metadata: where its evidence is kept."""


class Unverifiable(AlexError):
    """There is no evidence to check against, or none that can be read."""


@dataclass(frozen=True, slots=True)
class AuditedClaim:
    """A claim of the report and what the check makes of it now."""

    id: str
    place: str
    text: str
    reasons: tuple[str, ...]

    @property
    def proven(self) -> bool:
        """Whether the evidence still proves it."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Audit:
    """What checking a report again found.

    Attributes:
        claims: every claim of the report, in its order.
        faults: what is wrong beside single claims, in words.
        sources: how many sources' texts were compared with their hashes.
    """

    report_id: str
    evidence_id: str
    claims: tuple[AuditedClaim, ...]
    faults: tuple[str, ...]
    sources: int

    @property
    def holds(self) -> bool:
        """Whether the report is what its evidence gives, and every claim of it is proven."""
        return not self.faults and all(claim.proven for claim in self.claims)


def audit_report(services: Services, document_id: str) -> Audit:
    """Check a stored report.

    Raises:
        NotFound: there is no such document.
        InvalidInput: it is no report.
        Unverifiable: its evidence is missing, or cannot be read.
    """
    document, text = services.knowledge.get(document_id)
    kind = document.attributes.kind
    if kind not in KINDS:
        raise InvalidInput(f"{document_id} is no report but {_named(kind)}; it has no evidence.")
    evidence_id = str(document.attributes.metadata.get(_EVIDENCE, ""))
    evidence = services.texts.get(evidence_id) if evidence_id else None
    if evidence is None:
        raise Unverifiable(f"The evidence of {document_id} is missing.")
    return audit(document, text, evidence_id, evidence)


def audit(document: Document, text: str, evidence_id: str, evidence: str) -> Audit:
    """Check a report's text against its evidence, as stored.

    Raises:
        Unverifiable: the evidence cannot be read.
    """
    try:
        bundle = read_bundle(evidence)
    except Unreadable as error:
        why = f"The evidence of {document.id} cannot be read. {error.detail}"
        raise Unverifiable(why) from error
    checked = verify_bundle(bundle)
    claims = tuple(
        AuditedClaim(
            claim.id,
            claim.place,
            claim.text,
            _reasons(bundle, claim.id, checked.verdicts[claim.id]),
        )
        for claim in bundle.kept
    )
    faults = [f"The text of source {key} was altered." for key in checked.altered_sources]
    faults += [
        f"What is told of the earlier report is not proven: {', '.join(verdict.reasons)}."
        for name, verdict in checked.verdicts.items()
        if name not in {claim.id for claim in bundle.kept} and not verdict.passed
    ]
    faults += _faults(document, text, bundle, evidence)
    return Audit(document.id, evidence_id, claims, tuple(faults), len(bundle.all_sources))


def _reasons(bundle: Bundle, claim_id: str, verdict: Verdict) -> tuple[str, ...]:
    """Why a claim is not proven; also where the evidence says it is proven otherwise."""
    if verdict.reasons:
        return verdict.reasons
    kept = next(claim for claim in bundle.kept if claim.id == claim_id)
    again = record(kept.place, kept.id, kept.claim, verdict)
    same = again.quotes == kept.quotes and again.figures == kept.figures
    shown = kept.figure is None or kept.figure.claim.text == kept.text
    return () if same and shown else ("its evidence records other places or figures",)


def _faults(document: Document, text: str, bundle: Bundle, evidence: str) -> Iterator[str]:
    sealed = document.attributes.metadata.get(SEAL)
    if sealed != seal(evidence):
        yield "The evidence is not the one that was stored: its SHA-256 is another."
    rendered = render_check(bundle) if bundle.kind == "check" else render(bundle)
    if normalise(rendered) != text:
        yield "The report's text is not what its evidence gives."
    for noun, names in (
        ("source", [source.key for source in bundle.all_sources]),
        ("statement", [claim.id for claim in bundle.claims]),
    ):
        twice = [name for name, times in Counter(names).items() if times > 1]
        if twice:
            yield f"Several of one name: {noun} {', '.join(twice)}."
    indexed = {source.key: IndexedSource(source) for source in bundle.all_sources}
    for contradiction in bundle.contradictions:
        for stated in contradiction.values:
            source = indexed.get(stated.source)
            if stated.source and not (source and source.find(stated.quote)):
                yield f"A contradicting value of {contradiction.measure} is not in its source."


def _named(kind: str | None) -> str:
    return f"a {kind}" if kind else "a document of no kind"
