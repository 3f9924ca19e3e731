"""The short entry of a run that found nothing new: it stands beside the report that still holds."""

from collections.abc import Iterator

from researcher.reports.citations import listed
from researcher.reports.markdown import bullets, count_of, day, link, safe
from researcher.verify.bundle import Bundle, News, Predecessor
from researcher.verify.changes import address


def outcome(bundle: Bundle) -> str:
    """One sentence: since when nothing changed, and what was read to know it."""
    news = _news(bundle)
    read = len(bundle.sources)
    other = len(news.altered) + len(news.added)
    how = "all unchanged" if not other else f"{other} of them other than before, in nothing told"
    return (
        f"No change since {day(news.since.as_of)}: {count_of(read, 'source')} read again, {how}; "
        f"no new statement"
    )


def render_check(bundle: Bundle) -> str:
    """The entry's Markdown."""
    news = _news(bundle)
    statements = count_of(len(bundle.kept), "statement")
    parts = [
        f"# No change: {safe(bundle.title)}",
        f"*Checked on {bundle.as_of:%Y-%m-%d %H:%M} UTC*",
        f"{outcome(bundle)}. A source is unchanged where its text is, to the letter.",
        f"The report's {statements} were checked again; each is proven.",
        _report(bundle.report_id, news.since),
        *_unread(news),
        "## Read again",
        listed(bundle.sources),
    ]
    return "\n\n".join(parts) + "\n"


def _report(report_id: str, since: Predecessor) -> str:
    return (
        f"The report: `{report_id}`, of {since.as_of:%Y-%m-%d %H:%M} UTC;"
        f" its evidence: `{since.evidence_id}`."
    )


def _unread(news: News) -> Iterator[str]:
    """What was not read this time: the report rests on it as it was read before."""
    lost = {address(page.url): page for page in news.lost}
    lines = [f"{link(page.url)}: {safe(page.detail)}" for page in news.lost]
    lines += [link(source.url) for source in news.sources if address(source.url) not in lost]
    if lines:
        yield "## Not read again this time"
        yield bullets(lines)


def _news(bundle: Bundle) -> News:
    if bundle.news is None:
        raise ValueError("A check is always one of an earlier report.")
    return bundle.news
