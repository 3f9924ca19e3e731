"""What changed since the report that this one takes the place of."""

from collections.abc import Iterator, Sequence

from researcher.reports.citations import Citations
from researcher.reports.markdown import bullets, count_of, day, link, safe
from researcher.verify.bundle import Bundle, Change, ClaimRecord, Lost, News

_MOST = 8
"""Lines of one kind; a new quarter changes almost everything, and the report tells the rest."""


def what_changed(bundle: Bundle, citations: Citations) -> Iterator[str]:
    """The section that a report with a predecessor opens with."""
    if bundle.news is None:
        return
    news, since = bundle.news, bundle.news.since
    by_id = {claim.id: claim for claim in bundle.kept}
    yield f"## What changed since {day(since.as_of)}"
    yield (
        f"This report supersedes the one of {since.as_of:%Y-%m-%d %H:%M} UTC on the same question,"
        f" whose evidence is kept as `{since.evidence_id}`."
    )
    lines = [*_changes(news, by_id, citations), *map(_lost, news.lost)]
    if lines:
        yield bullets(lines)
    else:
        yield "Nothing that the sources state is new; the report is written anew."


def _changes(news: News, by_id: dict[str, ClaimRecord], citations: Citations) -> Iterator[str]:
    changed = [c for c in news.changes if c.now and c.before]
    new = [c for c in news.changes if not c.before]
    gone = [c for c in news.changes if not c.now]
    for change in changed[:_MOST]:
        if change.before:
            yield _from_to(by_id[change.now], change.before, citations)
    yield from _more(changed, "more {} stated otherwise than before")
    for claim in (by_id[change.now] for change in new[:_MOST]):
        yield f"New: {safe(claim.text)}{citations.of([claim])}"
    yield from _more(new, "more {} new")
    for claim in (change.before for change in gone[:_MOST] if change.before):
        yield f"No longer stated: {safe(claim.text)}{citations.of([claim])}"
    yield from _more(gone, "more {} no longer stated")


def _more(changes: Sequence[Change], words: str) -> Iterator[str]:
    """How many are not listed one by one."""
    left = len(changes) - _MOST
    if left > 0:
        verb = "statement is" if left == 1 else "statements are"
        yield f"{left} {words.format(verb)}."


def _from_to(now: ClaimRecord, before: ClaimRecord, citations: Citations) -> str:
    old, new = citations.of([before]), citations.of([now])
    if now.figure is None or before.figure is None:
        return f"{safe(now.text)}{new} Before: {safe(before.text)}{old}"
    if now.figure.period == before.figure.period:
        when = f" ({safe(now.figure.period)})" if now.figure.period else ""
        values = f"{safe(before.figure.value)}{old} → {safe(now.figure.value)}{new}"
        return f"{safe(now.figure.name)}{when}: {values}"
    values = " → ".join(
        f"{safe(claim.figure.value)} ({safe(claim.figure.period)}){citations.of([claim])}"
        for claim in (before, now)
        if claim.figure
    )
    return f"{safe(now.figure.name)}: {values}"


def _lost(page: Lost) -> str:
    statements = count_of(page.statements, "statement")
    rested = f" {statements} of the earlier report rested on it." if page.statements else ""
    return f"Could not be read again: {link(page.url)}: {safe(page.detail)}{rested}"
