"""Whom a claim speaks of: names in its words, and whether the evidence knows them."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source

_COVER = 3_000
"""Characters: a filing's cover, a press release's head. They say whose it is."""

_NAME = re.compile(r"(?<![\w$€£&'\u2019-])[A-Z][A-Za-z\u00c0-\u024f&]*(?:['\u2019-][A-Za-z]+)*")
_WORD = re.compile(r"[A-Za-z\u00c0-\u024f][A-Za-z\u00c0-\u024f&]*")
_LOWER = re.compile(r"(?<![\w'\u2019-])[a-z\u00e0-\u024f]{2,}")
_STARTS = re.compile(r"(?:^|[.!?:;\u2022\u201c\"(]\s*|\|\s*|\d[.)]?\s+)$")
_SPEAKS = re.compile(
    r"['\u2019]s\b|:|,? (?:Inc|Corp|Ltd|plc)\b"
    r"|\s+(?:also\s+)?(?:reported|said|announced|posted|expects?|recorded|generated|earned|sold"
    r"|delivered|had|has|is|was|will|plans?|sees)\b"
)
"""What makes of a sentence's first word the one it speaks of."""

_STEM = 5
"""Letters by which an ordinary word is known in another form."""

_COMMON_WORDS = """
a an the in on at by for from of to and or but as if it its we our i he she they this that these
those there when while since after before during over under both each all any some no not with
without per than then also only such about between among against despite because although however
yes january february march april may june july august september october november december jan feb
mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday
fiscal form item note part section table exhibit company group board ceo cfo coo cto chief chair
chairman president director vice executive officer inc corp corporation ltd plc llc co us usa u.s
united states american gaap eps ebit ebitda ifrs fx ipo sec r&d sg&a capex esg ai m&a yoy ytd qoq
usd eur gbp total net gross basic diluted q fy ttm year years quarter quarters month months week
weeks day days half two three four five six seven eight nine ten one first second third fourth
sales revenue revenues income loss profit profits margin margins cash debt assets liabilities
equity shares share stock results costs cost expense expenses growth demand supply management
shareholders stockholders investors analysts customers suppliers employees products services risks
operating free adjusted overall according meanwhile additionally notably excluding including
looking separately moreover furthermore finally consequently therefore thus given driven based
compared across within until still instead later earlier previously currently historically
sequentially quarterly annual annually higher lower rising falling growing declining strong weak
weaker stronger roughly nearly almost approximately around more most much many several few today
unlike like together combined key new recent recently even just what how why where who which whose
here every another other others same their his her shortly following due owing thanks amid
alongside along beyond below above up down off out near next last prior past once whether should
were was is are has had filings filing report reports data figures guidance outlook
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def strangers(claim: str, exhibits: Iterable[IndexedSource], evidence: str) -> list[str]:
    """The names in a claim that its evidence does not know.

    Args:
        claim: its text.
        exhibits: those it quotes.
        evidence: its quotes, with the titles and headings that go with them.
    """
    quoted = list(exhibits)
    borne = _words(evidence)
    owners = {word for exhibit in quoted for word in issuer_words(exhibit.source)}
    unknown = []
    for name, opening in _names(claim):
        parts = [part.casefold() for part in _WORD.findall(re.sub(r"['\u2019]s\b", "", name))]
        for part in parts:
            if len(part) == 1 or part in _COMMON or _known(part, borne) or _known(part, owners):
                continue
            if name.isupper() and _is_acronym(part, evidence):
                continue
            if opening and part.endswith("ly") and len(part) > _STEM:
                continue
            if opening and any(part[:_STEM] in _ordinary(e) for e in quoted):
                continue
            unknown.append(name)
            break
    return unknown


def issuer_words(source: Source) -> frozenset[str]:
    """Words of a source's title and first lines: whose it is stands there."""
    cover = f"{source.title}\n{source.text[:_COVER]}"
    return _words(" ".join(match.group() for match in _NAME.finditer(cover)))


def issuer(source: Source) -> tuple[str, ...]:
    """The company a source is of, as far as it names one: by its title, else by its first lines."""
    titled = _COMPANY.search(source.title) or _PLAIN_TITLE.match(source.title)
    found = titled or _COMPANY.search(source.text[:_COVER])
    return _plain_name(found["name"]) if found else ()


def same_issuer(one: Source, other: Source) -> bool:
    """Whether two sources are surely of one company: one's name begins the other's."""
    mine, theirs = issuer(one), issuer(other)
    if one.key == other.key and one.url == other.url:
        return True
    length = min(len(mine), len(theirs))
    return length > 0 and mine[:length] == theirs[:length]


def _plain_name(name: str) -> tuple[str, ...]:
    words = [word.casefold() for word in _WORD.findall(name)]
    return tuple(words[1:] if words[:1] == ["the"] else words)[:2]


_COMPANY = re.compile(
    r"(?P<name>(?:[A-Z][\w&.'\u2019-]*\s+){0,3}[A-Z][\w&'\u2019-]*),?\s+"
    r"(?:Inc|INC|Corp|CORP|Corporation|CORPORATION|Company|COMPANY|Co|CO|Ltd|LTD|Limited|LIMITED|plc"
    r"|PLC|LLC|N\.V|S\.A|AG|SE|Holdings|HOLDINGS)\b"
)
_PLAIN_TITLE = re.compile(
    r"(?!(?:IndexedSource|Form|Document|Press|Quarterly|Annual|Report|News|The|A|An)\b)"
    r"(?P<name>[A-Z][\w&'\u2019-]+(?:\s+[A-Z][\w&'\u2019-]+)?)"
)


def _names(claim: str) -> Iterator[tuple[str, bool]]:
    """Each capitalised word, and whether it has its capital only from opening a sentence."""
    for match in _NAME.finditer(claim):
        opens = bool(_STARTS.search(claim[: match.start()]))
        yield match.group(), opens and not _SPEAKS.match(claim[match.end() :])


@lru_cache(maxsize=256)
def _words(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(re.sub(r"['\u2019]s\b", "", text)))


def _known(part: str, words: frozenset[str] | set[str]) -> bool:
    """Whether a word stands there, in the singular or plural."""
    return part in words or part.removesuffix("s") in words or f"{part}s" in words


def _is_acronym(part: str, evidence: str) -> bool:
    """Whether the evidence holds words with these initials in a row."""
    initials = "".join(word[0].casefold() for word in _WORD.findall(evidence))
    return len(part) > 1 and part.replace("&", "") in initials.replace("&", "")


@lru_cache(maxsize=16)
def _ordinary(exhibit: IndexedSource) -> frozenset[str]:
    """Beginnings of the words that the source writes small: they name nobody."""
    return frozenset(word[:_STEM] for word in _LOWER.findall(exhibit.source.text))
