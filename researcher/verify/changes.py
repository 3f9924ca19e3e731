"""What a report says otherwise than the one before it: held against evidence, not against wording.

A statement is new where the evidence of the earlier report does not prove it, and gone where the
pages as they are now do not. So another choice of sentences, or another model, makes no news.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from researcher.facts.indexed_source import IndexedSource
from researcher.facts.numbers import mentions
from researcher.sources.source import CollectedSources, Source, Unread
from researcher.verify.bundle import Bundle, Change, ClaimRecord, Lost, News, Predecessor, record
from researcher.verify.check import check
from researcher.verify.draft import Quote

_REWORDED = 0.6
"""Share of common words from which two statements of one page are the same one, told anew."""

_PASSING = frozenset({"timeout", "network", "no_contact"})
_OVERLOADED = re.compile(r"\b(?:429|5\d\d)\b")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The report that is there already: its evidence, and where that is kept."""

    bundle: Bundle
    since: Predecessor

    def tells_all(self, gathered: CollectedSources) -> bool:
        """Whether nothing was read that is new to it."""
        texts = {address(source.url): source.text_sha256 for source in self.bundle.sources}
        return (
            bool(gathered.sources)
            and all(texts.get(address(s.url)) == s.text_sha256 for s in gathered.sources)
            and all(page.passing for page in self._lost(gathered.unread))
        )

    def news(self, claims: Sequence[ClaimRecord], gathered: CollectedSources) -> News:
        """What the new claims and pages have that the earlier report had not, and the reverse."""
        was, now = _Evidence(self.bundle.sources), _Evidence(gathered.sources)
        kept = [claim for claim in claims if claim.kept]
        new = {claim.id for claim in kept if not was.proves(claim, now)}
        lost = self._lost(gathered.unread)
        gone = [
            claim
            for claim in self.bundle.kept
            if was.pages(claim) <= now.addresses and not now.proves(claim, was)
        ]
        changes = _paired(kept, new, gone, [c for c in self.bundle.kept if c.figure])
        quoted = {key for c in changes if c.before for key in _keys(c.before)}
        sources, rekeyed = _renamed(self.bundle.sources, quoted)
        return News(
            since=self.since,
            changes=[
                c.model_copy(update={"before": rekeyed(c.before)}) if c.before else c
                for c in changes
            ],
            lost=lost,
            sources=sources,
            altered=self._altered(gathered.sources),
            added=self._added(gathered.sources),
        )

    def confirmed(self, gathered: CollectedSources) -> tuple[list[ClaimRecord], News] | None:
        """The earlier report's claims, proven again by the pages as they are; None if one is not.

        Pages that were not read this time stand as they were read for the earlier report.
        """
        now = {address(source.url): source.key for source in gathered.sources}
        left = [s for s in self.bundle.sources if address(s.url) not in now]
        sources, _ = _renamed(left, {source.key for source in left})
        keys = {s.key: now.get(address(s.url), "") for s in self.bundle.sources}
        keys |= {old.key: kept.key for old, kept in zip(left, sources, strict=True)}
        exhibits = {source.key: IndexedSource(source) for source in (*gathered.sources, *sources)}
        claims = []
        for claim in self.bundle.kept:
            renamed = _with_keys(claim, keys)
            verdict = check(renamed.claim, exhibits)
            if not verdict.passed:
                return None
            again = record(claim.place, claim.id, renamed.claim, verdict)
            claims.append(again.model_copy(update={"figure": renamed.figure}))
        news = News(
            since=self.since,
            lost=self._lost(gathered.unread),
            sources=sources,
            altered=self._altered(gathered.sources),
            added=self._added(gathered.sources),
        )
        return claims, news

    def _lost(self, unread: Sequence[Unread]) -> list[Lost]:
        cited = {address(source.url): source.key for source in self.bundle.sources}
        return [
            Lost(
                url=page.url,
                detail=page.detail,
                passing=page.failure in _PASSING or bool(_OVERLOADED.search(page.detail)),
                statements=sum(cited[address(page.url)] in _keys(c) for c in self.bundle.kept),
            )
            for page in unread
            if address(page.url) in cited
        ]

    def _added(self, sources: Sequence[Source]) -> list[str]:
        known = {address(source.url) for source in self.bundle.sources}
        return [source.key for source in sources if address(source.url) not in known]

    def _altered(self, sources: Sequence[Source]) -> list[str]:
        texts = {address(source.url): source.text_sha256 for source in self.bundle.sources}
        return [
            source.key
            for source in sources
            if texts.get(address(source.url), source.text_sha256) != source.text_sha256
        ]


def address(url: str) -> str:
    """A page's address without what makes no difference."""
    return url.partition("#")[0].rstrip("/")


class _Evidence:
    """The sources of one report, asked whether they prove what another one says."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._exhibits = {source.key: IndexedSource(source) for source in sources}
        self._pages = {address(source.url): source.key for source in sources}
        self.urls = {source.key: address(source.url) for source in sources}

    @property
    def addresses(self) -> set[str]:
        """Where the sources are."""
        return set(self._pages)

    def pages(self, claim: ClaimRecord) -> set[str]:
        """The addresses that a claim of this report quotes."""
        return {self.urls[key] for key in _keys(claim)}

    def proves(self, claim: ClaimRecord, of: "_Evidence") -> bool:
        """Whether these sources prove a claim that was made from the others."""
        keys = {key: self._like(key, claim, of) for key in _keys(claim)}
        return check(_with_keys(claim, keys).claim, self._exhibits).passed

    def _like(self, key: str, claim: ClaimRecord, of: "_Evidence") -> str:
        """The same page here; else one with the same words, for pages move."""
        texts = [quote.text for quote in _quoted(claim) if quote.source == key]
        same = self._pages.get(of.urls[key], "")
        if same and all(self._exhibits[same].find(text) for text in texts):
            return same
        found = (
            own for own, shown in self._exhibits.items() if texts and all(map(shown.find, texts))
        )
        return next(found, same)


def _paired(
    claims: Sequence[ClaimRecord],
    new: AbstractSet[str],
    gone: Sequence[ClaimRecord],
    before: Sequence[ClaimRecord],
) -> list[Change]:
    """Changes with what they were before; figures first, then what is reworded, new, and gone."""
    moved = [c for c in _figures([c for c in claims if c.figure], before) if c.now in new]
    # What became of these figures is told, or they are as they were.
    present = {_key(claim) for claim in claims if claim.figure}
    known = [old for old in before if _key(old) in present]
    known += [change.before for change in moved if change.before]
    told = {text for old in known for text in _quotes(old)}
    told_now = {text for claim in claims if claim.figure for text in _quotes(claim)}
    # A sentence made of a row's figures tells nothing that the figures do not.
    left = [claim for claim in gone if not _quotes(claim) <= told]
    changes: list[Change] = []
    for claim in claims:
        if claim.id not in new or claim.figure or _quotes(claim) <= told_now:
            continue
        old = _counterpart(claim, left)
        if old:
            left.remove(old)
        changes.append(Change(now=claim.id, before=old))
    changes.sort(key=lambda change: change.before is None)
    return [*moved, *changes, *(Change(before=claim) for claim in left)]


def _figures(claims: Sequence[ClaimRecord], before: Sequence[ClaimRecord]) -> Iterable[Change]:
    """New figures: of a period told before, of a later one, or of something not told before."""
    same = {_key(claim): claim for claim in reversed(before)}
    first = {_key(claim)[0]: claim for claim in reversed(before)}
    present = {_key(claim) for claim in claims}
    later: list[Change] = []
    told: set[tuple[str, str, str]] = set()
    for claim in claims:
        known = same.get(_key(claim))
        if known is None:
            # Only a row's first figure follows on the one that came first before, and is gone.
            old = first.pop(_key(claim)[0], None)
            gone = old is not None and _key(old) not in present
            later.append(Change(now=claim.id, before=old if gone else None))
        elif _value(known) != _value(claim):
            change = (_key(claim)[0], _value(known), _value(claim))
            if change not in told:  # the same figure may stand in several tables
                yield Change(now=claim.id, before=known)
            told.add(change)
    yield from later


def _key(claim: ClaimRecord) -> tuple[str, str]:
    figure = claim.figure
    return (figure.name.casefold(), figure.period.casefold()) if figure else ("", "")


def _value(claim: ClaimRecord) -> str:
    return claim.figure.value if claim.figure else ""


def _counterpart(claim: ClaimRecord, gone: Sequence[ClaimRecord]) -> ClaimRecord | None:
    """The statement that this one takes the place of: the same but for its figures, or nearly."""
    skeleton = _skeleton(claim.text)
    alike = {id(old): _likeness(skeleton, _skeleton(old.text)) for old in gone}
    best = max(gone, key=lambda old: alike[id(old)], default=None)
    return best if best and alike[id(best)] >= _REWORDED else None


def _skeleton(text: str) -> str:
    """A text without its numbers and dates."""
    parts, at = [], 0
    for mention in mentions(text):
        parts.append(text[at : mention.start])
        at = mention.end
    return " ".join(" # ".join([*parts, text[at:]]).casefold().split())


def _likeness(one: str, other: str) -> float:
    mine, theirs = set(one.split()), set(other.split())
    return 1.0 if one == other else len(mine & theirs) / (len(mine | theirs) or 1)


def _quoted(claim: ClaimRecord) -> list[Quote]:
    """All that a claim rests on, what its calculations start from included."""
    started = [operand.quote for c in claim.calculations for operand in c.operands]
    return [*claim.offered, *started]


def _quotes(claim: ClaimRecord) -> set[str]:
    return {quote.text for quote in _quoted(claim)}


def _keys(claim: ClaimRecord) -> set[str]:
    return {quote.source for quote in _quoted(claim)}


def _with_keys(claim: ClaimRecord, keys: Mapping[str, str]) -> ClaimRecord:
    """The claim with its sources named otherwise."""
    return ClaimRecord.model_validate(_rename(claim.model_dump(), keys))


def _rename(value: Any, keys: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {
            name: keys.get(item, item) if name == "source" else _rename(item, keys)
            for name, item in value.items()
        }
    return [_rename(item, keys) for item in value] if isinstance(value, list) else value


def _renamed(
    sources: Sequence[Source], wanted: set[str]
) -> tuple[list[Source], Callable[[ClaimRecord], ClaimRecord]]:
    """The wanted sources as `E1`, `E2`, …, and what names them so in a claim."""
    picked = [source for source in sources if source.key in wanted]
    keys = {source.key: f"E{number}" for number, source in enumerate(picked, start=1)}

    def rekeyed(claim: ClaimRecord) -> ClaimRecord:
        return _with_keys(claim, keys).model_copy(update={"id": f"E{claim.id}"})

    return [s.model_copy(update={"key": keys[s.key]}) for s in picked], rekeyed
