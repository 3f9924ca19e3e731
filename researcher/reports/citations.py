"""Numbered sources: what a report cites, in the order in which it cites it."""

from collections.abc import Iterable, Iterator, Sequence

from researcher.reports.markdown import day, link, safe
from researcher.sources.source import Source
from researcher.verify.bundle import Bundle, ClaimRecord
from researcher.verify.draft import KEY_FIGURES, RISKS, SUMMARY, WATCH

_HOW = {
    "browser": "in a browser",
    "http": "over plain HTTP",
    "sec data": "from the SEC's data, written out as tables",
}
_FIRST, _LAST = (SUMMARY, KEY_FIGURES), (RISKS, WATCH)


class Citations:
    """Numbers the sources of a bundle."""

    def __init__(self, bundle: Bundle) -> None:
        cited = dict.fromkeys(key for claim in _in_order(bundle) for key in keys(claim))
        cited |= dict.fromkeys(v.source for c in bundle.contradictions for v in c.values)
        cited.pop("", None)
        self.numbers = {key: number for number, key in enumerate(cited, start=1)}

    def of(self, claims: Iterable[ClaimRecord]) -> str:
        """Such as ` [1][3]`."""
        return self.to(key for claim in claims for key in keys(claim))

    def to(self, sources: Iterable[str]) -> str:
        """The same, from the keys of sources."""
        return " " + "".join(f"[{self.numbers[key]}]" for key in dict.fromkeys(sources))


def keys(claim: ClaimRecord) -> list[str]:
    """The sources that a claim rests on, those of its calculations included."""
    quoted = [quote.source for quote in claim.quotes]
    return quoted + [o.source for figure in claim.figures for o in figure.operands]


def _in_order(bundle: Bundle) -> Iterator[ClaimRecord]:
    """Every claim that the report tells, as a reader meets them."""
    by_id = {claim.id: claim for claim in bundle.kept}
    for change in bundle.news.changes if bundle.news else ():
        for claim in (change.before, by_id.get(change.now)):
            if claim:
                yield claim
    for place in _FIRST:
        yield from (claim for claim in bundle.kept if claim.place == place)
    yield from (claim for claim in bundle.kept if claim.place not in {*_FIRST, *_LAST})
    for place in _LAST:
        yield from (claim for claim in bundle.kept if claim.place == place)


def sources(bundle: Bundle, citations: Citations) -> Iterator[str]:
    """The list that the numbers lead to, then what was read besides."""
    if not bundle.sources:
        return
    by_key = {source.key: source for source in bundle.all_sources}
    earlier = {source.key for source in bundle.news.sources} if bundle.news else set()
    yield "## Sources"
    yield "\n".join(
        f"{number}. {'As it was before: ' if key in earlier else ''}{described(by_key[key])}"
        for key, number in citations.numbers.items()
    )
    also = [source for source in bundle.sources if source.key not in citations.numbers]
    if also:
        yield "Also read:"
        yield listed(also)


def listed(read: Sequence[Source]) -> str:
    """Sources without numbers."""
    return "\n".join(f"- {described(source)}" for source in read)


def described(source: Source) -> str:
    """Title, address, dates, and the hash of what was read."""
    published = f" Published {day(source.published)}." if source.published else ""
    via = _HOW.get(source.via, "from the knowledge base")
    title = f"{safe(source.title)}. " if source.title else ""
    return (
        f"{title}{link(source.url)}.{published}"
        f" Retrieved {source.retrieved:%Y-%m-%d %H:%M} UTC {via}. SHA-256 `{source.sha256}`"
    )
