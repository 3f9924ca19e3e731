"""What a page states about itself: its title and the day it was published."""

import re
from collections.abc import Iterator, Mapping
from datetime import date

from lxml.html import HtmlElement

from researcher.sources.web.linearise import clean

_PUBLISHED_NAMES_NAMES = """
    article:published_time datepublished date pubdate publishdate publish-date dc.date
    dc.date.issued dcterms.issued dcterms.date citation_publication_date parsely-pub-date
    sailthru.date
"""
_PUBLISHED_NAMES = frozenset(_PUBLISHED_NAMES_NAMES.split())
_JSON_PUBLISHED = re.compile(r'"datePublished"\s*:\s*"([^"]+)"')
_DAY = re.compile(r"\s*(\d{4})[-/](\d{2})[-/](\d{2})(?!\d)")
_TITLE_FACTS = ("dei:EntityRegistrantName", "dei:DocumentType", "dei:DocumentPeriodEndDate")
_NO_TITLE = re.compile(
    r"document|untitled|html|index|(?:form\s+)?(?:8|10)-[kq]|ex-?[\d.]+", re.IGNORECASE
)


def stated_title(root: HtmlElement, facts: Mapping[str, str]) -> str:
    """The title: a filing's company, form and period, else what the page calls itself, else "".

    What a page tells machines, in `facts` of its filing too, counts only where `root`, from which
    hidden parts are gone, shows it to people.
    """
    shown = [root.findtext(".//title") or ""]
    shown += [heading.text_content() for heading in root.iterfind(".//h1")]
    shown = [clean(title) for title in shown]
    for_machines = [
        clean(str(title)) for title in root.xpath("//meta[@property='og:title']/@content")
    ]
    for_machines = [title for title in for_machines if any(title in other for other in shown)]
    titles = (_filing_title(root, facts), *for_machines, *shown)
    return next((t for t in titles if t and not _NO_TITLE.fullmatch(t)), "")


def stated_date(root: HtmlElement) -> date | None:
    """The publication date in the page's own metadata; dates in its text are not taken for one."""
    return next(filter(None, map(_day, _stated_dates(root))), None)


def _stated_dates(root: HtmlElement) -> Iterator[str]:
    for script in root.xpath("//script[@type='application/ld+json']/text()"):
        yield from _JSON_PUBLISHED.findall(str(script))
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name.lower() in _PUBLISHED_NAMES:
            yield meta.get("content", "")
    yield from root.xpath("//*[@itemprop='datePublished']/@datetime")
    # Elsewhere `time` dates events; in an article's first lines it is the article's own.
    yield from root.xpath("(//article|//main|//header)[1]//time/@datetime")[:1]


def _day(text: str) -> date | None:
    found = _DAY.match(text)
    if not found:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:  # 2025-02-30
        return None


def filing_facts(root: HtmlElement) -> dict[str, str]:
    """Of inline XBRL: what a filing states about itself, by name, in its hidden header or not."""
    facts: dict[str, str] = {}
    for element in root.iter("ix:nonnumeric"):
        if (name := element.get("name", "")) in _TITLE_FACTS:
            facts.setdefault(name, clean(element.text_content()))
    return facts


def _filing_title(root: HtmlElement, facts: Mapping[str, str]) -> str:
    """`Apple Inc. 10-Q, June 28, 2025`, as far as the page shows it; empty for any other page."""
    if not facts:
        return ""
    shown = clean(root.text_content()).casefold()
    said = (facts.get(name, "") for name in _TITLE_FACTS)
    company, form, period = (fact if fact.casefold() in shown else "" for fact in said)
    return ", ".join(filter(None, (f"{company} {form}".strip(), period)))
