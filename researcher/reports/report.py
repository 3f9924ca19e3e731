"""The report a person reads: Markdown from a bundle, every claim with numbered citations."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from researcher.reports.citations import Citations, sources
from researcher.reports.figures import key_figures
from researcher.reports.markdown import bullets, day, link, safe
from researcher.reports.what_changed import what_changed
from researcher.verify.bundle import (
    Bundle,
    ClaimRecord,
    Contradiction,
    FigureRecord,
    KnownRecord,
    StatedValue,
)
from researcher.verify.draft import KEY_FIGURES, RISKS, SUMMARY, WATCH

NOT_ADVICE = "This report is information gathered by software. It is not financial advice."

_NAME = re.compile(r"[^\W\d]\w*")
_FIXED = {RISKS: "Risks", WATCH: "What would change the view"}
_KINDS_OF_FAULT = (
    ("no quote bears", "a number, date or name that no quote bears"),
    ("a quote is not in", "a quote that is not in its source"),
    ("has no quote", "no quote at all"),
    ("no source is named", "a source that was not read"),
    ("too short", "a quote too short to prove anything"),
    ("longer than", "a quote too long to prove one thing"),
    ("more than", "too many quotes"),
    ("something else", "quotes that speak of something else"),
    ("a calculation fails", "a calculation that does not hold"),
    ("of another period", "a figure of another period"),
    ("turns the comparison", "a comparison told the wrong way round"),
    ("the contrary", "the contrary of what its quotes say"),
    ("turns the direction", "a rise told as a fall, or the reverse"),
)


def render(bundle: Bundle) -> str:
    """The report's Markdown."""
    citations = Citations(bundle)
    parts = [
        f"# {safe(bundle.title)}",
        _about(bundle),
        *what_changed(bundle, citations),
        *_summary(bundle, citations),
        *key_figures(bundle, citations),
        *_analysis(bundle, citations),
        *_outlook(bundle, citations),
        *_contradictions(bundle, citations),
        *_questions(bundle),
        *_known(bundle),
        *_unverified(bundle),
        *sources(bundle, citations),
        f"*{NOT_ADVICE}*",
    ]
    return "\n\n".join(parts) + "\n"


def _about(bundle: Bundle) -> str:
    how = {
        "browser": "in a browser",
        "http": "over plain HTTP, for no browser was available; content made by scripts is missing",
    }
    lines = [
        f"As of {day(bundle.as_of)}",
        f"Written by: {safe(bundle.model)}",
        f"Pages read {how[bundle.via]}",
    ]
    if bundle.tickers:
        lines.insert(1, f"Tickers: {', '.join(bundle.tickers)}")
    return "  \n".join(f"*{line}*" for line in lines)


def _summary(bundle: Bundle, citations: Citations) -> Iterator[str]:
    claims = [claim for claim in bundle.kept if claim.place == SUMMARY]
    if claims:
        yield "## Summary"
        yield _statements(claims, citations)


def _statements(claims: Sequence[ClaimRecord], citations: Citations) -> str:
    return bullets(
        [f"{safe(claim.text)}{citations.of([claim])}{_calculated(claim)}" for claim in claims]
    )


def _calculated(claim: ClaimRecord) -> str:
    """How each calculated figure follows from cited ones, after the claim."""
    notes = [f"{safe(f.text)} = {_worked(f)}" for f in claim.figures if f.formula]
    return f" (calculated: {'; '.join(notes)})" if notes else ""


def _worked(figure: FigureRecord) -> str:
    """The formula with its figures in place of their names."""
    values = {operand.name: safe(operand.text) for operand in figure.operands}

    def value(name: re.Match[str]) -> str:
        text = values.get(name[0], name[0])
        return f"({text})" if text.startswith(("-", "\u2212")) else text

    return _NAME.sub(value, safe(figure.formula))


def _analysis(bundle: Bundle, citations: Citations) -> Iterator[str]:
    places: dict[str, list[ClaimRecord]] = {}
    for claim in bundle.kept:
        if claim.place not in {SUMMARY, KEY_FIGURES, *_FIXED}:
            places.setdefault(claim.place, []).append(claim)
    if places:
        yield "## Analysis"
    for place, claims in places.items():
        yield f"### {safe(place)}"
        yield _statements(claims, citations)


def _outlook(bundle: Bundle, citations: Citations) -> Iterator[str]:
    for place, heading in _FIXED.items():
        claims = [claim for claim in bundle.kept if claim.place == place]
        if claims:
            yield f"## {heading}"
            yield _statements(claims, citations)


def _contradictions(bundle: Bundle, citations: Citations) -> Iterator[str]:
    if bundle.contradictions:
        yield "## Contradictions"
        yield bullets([_contradiction(c, citations) for c in bundle.contradictions])


def _contradiction(found: Contradiction, citations: Citations) -> str:
    """Both values, each with who states it; which one is right, nobody has decided."""
    one, other = (_stated(value, citations) for value in found.values)
    when = f" ({safe(found.period)})" if found.period else ""
    restated = f" The newer source says: “{safe(found.restated)}”" if found.restated else ""
    return f"{safe(found.measure)}{when}: {one}, but {other}.{restated}"


def _stated(value: StatedValue, citations: Citations) -> str:
    if value.source in citations.numbers:
        return f"{safe(value.value)}{citations.to([value.source])}"
    return f"{safe(value.value)} in the report `{value.report}` from {link(value.url)}"


def _known(bundle: Bundle) -> Iterator[str]:
    reports = [
        item
        for item in bundle.known
        if item.kind == "report" and item.document_id != bundle.report_id
    ]
    if reports:
        yield "## Other reports on the matter"
        yield bullets([_report(item) for item in reports])


def _report(item: KnownRecord) -> str:
    return f"{safe(item.title)}, stored {item.stored} (`{item.document_id}`)"


def _questions(bundle: Bundle) -> Iterator[str]:
    if bundle.questions:
        yield "## Open questions"
        yield bullets([safe(question) for question in bundle.questions])


def _unverified(bundle: Bundle) -> Iterator[str]:
    lines = list(_left_out(bundle))
    lines += [f"Could not be read: {link(u.url)}: {safe(u.detail)}" for u in bundle.unread]
    lines += [f"A cap was reached: {safe(limit)}" for limit in bundle.limits]
    lines += [
        f"Read only in part, for it exceeded a limit: {safe(s.title or s.url)}"
        for s in bundle.sources
        if s.partial
    ]
    yield "## What could not be verified"
    if lines:
        yield bullets(lines)
    else:
        yield "Every statement that was drafted is in the report, and every page could be read."


def _left_out(bundle: Bundle) -> Iterator[str]:
    count = len(bundle.left_out) + bundle.dropped
    if not count:
        return
    faults = Counter(_fault(claim) for claim in bundle.left_out)
    if bundle.dropped:
        faults["figures, names or addresses where no quote can stand"] += bundle.dropped
    why = "; ".join(f"{fault} ({number})" for fault, number in faults.most_common())
    statements = "1 statement was" if count == 1 else f"{count} statements were"
    yield f"{statements} left out: {why}."


def _fault(claim: ClaimRecord) -> str:
    """The first reason in general terms; its figures are not repeated, being unproven."""
    reason = claim.reasons[0]
    return next((words for sign, words in _KINDS_OF_FAULT if sign in reason), "other faults")
