"""Bytes to text: HTML, PDF, plain text, JSON. Nothing of what a page shows is silently lost."""

import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urldefrag, urljoin, urlsplit

import trafilatura
from lxml import etree, html
from lxml.html import HtmlElement

from alex.errors import InvalidInput
from researcher.sources.web.clutter import drop_dialogs, drop_furniture, drop_menus
from researcher.sources.web.hidden import drop_hidden
from researcher.sources.web.linearise import INVISIBLE, clean, linearise
from researcher.sources.web.page_metadata import filing_facts, stated_date, stated_title
from researcher.sources.web.pages import Link
from researcher.sources.web.pdf import pdf_text

_MOST_LINKS = 400
_LONGEST_LINK_TEXT = 200
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
# Its choice is judged here; that it made none is no news to a user.
logging.getLogger("trafilatura").setLevel(logging.ERROR)

_META_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)|encoding\s*=\s*['\"]([\w-]+)")
_HEADER_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_WIDE = re.compile(r"utf-?(?:16|32)|ucs-?[24]|iso-10646", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_HEAD_TAGS = frozenset(
    {"title", "meta", "link", "script", "style", "base", "noscript", "template", etree.Comment}
)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FIGURES = re.compile(r"\d[\d.,]*\d|\d")
_STATED_LENGTH = 0.3
"""What a page marks as its content is believed if it is at least this part of its text."""

_KEPT_FIGURES = 0.98
_KEPT_LENGTH = 0.5


@dataclass(frozen=True, slots=True)
class Extracted:
    """A page's content.

    Attributes:
        title: empty where it states none.
        text: Markdown-like: headings as `# …`, tables as `| a | b |` rows.
        published: the page's own publication date, where it states one.
        links: absolute http(s) links, each URL once.
        partial: the text ends at a limit.
    """

    title: str
    text: str
    published: date | None = None
    links: tuple[Link, ...] = ()
    partial: bool = False


def extract(data: bytes, content_type: str, url: str, *, seen: bool = False) -> Extracted:
    """The content of a response of any supported kind; `content_type` is the whole header.

    What a person does not see is left out; with `seen`, a browser has done that.

    Raises:
        InvalidInput: the bytes are not what the content type says, or of no supported kind.
    """
    media_type = media_type_of(content_type, data)
    if media_type == "application/pdf":
        return extract_pdf(data)
    text = decode(data, content_type)
    if media_type in {"text/html", "application/xhtml+xml"}:
        return extract_html(text, url, seen=seen)
    if media_type.startswith("text/") or media_type.endswith(("/json", "+json", "/xml", "+xml")):
        return Extracted("", INVISIBLE.sub("", text))
    raise InvalidInput(f"The content type {media_type or 'unknown'} cannot be read as text.")


def media_type_of(content_type: str, data: bytes) -> str:
    """The media type a response has; a missing or generic one is told from the bytes."""
    stated = content_type.partition(";")[0].strip().lower()
    if data.startswith(b"%PDF-"):
        return "application/pdf"
    if stated not in {"", "application/octet-stream", "text/plain"}:
        return stated
    start = data[:512].lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        return "text/html"
    return stated


def decode(data: bytes, content_type: str = "") -> str:
    """Bytes to text by byte order mark, header, the page's own declaration, then UTF-8."""
    if data.startswith(b"\xef\xbb\xbf"):
        return data[3:].decode("utf-8", "replace")
    stated = _HEADER_CHARSET.search(content_type)
    declared = _META_CHARSET.search(data[:4096])
    names = [stated.group(1) if stated else ""]
    names += [(declared.group(1) or declared.group(2)).decode() if declared else "", "utf-8"]
    for name in filter(None, names):
        if _WIDE.match(name) and b"\0" not in data[:512]:
            continue  # markup in such an encoding has a null byte in every ASCII character
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue  # wrongly declared, as many pages are; the next source may be right
    return data.decode("cp1252", "replace")


def extract_html(page: str, url: str, *, seen: bool = False) -> Extracted:
    """The content of an HTML page; `url` makes its links absolute.

    Raises:
        InvalidInput: it cannot be told what of it a person sees.
    """
    root = _parse(page)
    if root is None:
        return Extracted("", "")
    published, facts = stated_date(root), filing_facts(root)
    menus = list(root.xpath("//nav//a | //header//a | //*[@role='navigation']//a"))
    if not seen:
        drop_hidden(root)
    # A menu that opens under the pointer is hidden until then, and leads to pages all the same.
    links = tuple(_links(root, [*root.iter("a"), *menus], url))
    drop_dialogs(root)
    title = stated_title(root, facts)
    text = _content(root, url)
    return Extracted(title or _first_heading(text), text, published, links)


def extract_pdf(data: bytes) -> Extracted:
    """The text of a PDF, page after page.

    Raises:
        InvalidInput: it is damaged or encrypted.
    """
    title, text, partial = pdf_text(data)
    return Extracted(clean(title), text, partial=partial)


def _parse(page: str) -> HtmlElement | None:
    source = _CONTROL.sub("", _DECLARATION.sub("", page))
    if not source.strip():
        return None
    try:
        root = html.document_fromstring(source, parser=html.HTMLParser(huge_tree=True))
    except etree.ParserError:  # nothing but comments or white space
        return None
    _begin_body(root)
    return root


def _begin_body(root: HtmlElement) -> None:
    """Move content out of the head: without a `<body>` tag the parser leaves `<main>` there."""
    head, body = root.find("head"), root.find("body")
    if head is None:
        return
    children = list(head)
    kinds = [child.tag for child in children]
    first = next((i for i, tag in enumerate(kinds) if tag not in _HEAD_TAGS), len(kinds))
    if body is None:
        body = etree.SubElement(root, "body")
    for place, child in enumerate(children[first:]):
        body.insert(place, child)


def _first_heading(text: str) -> str:
    found = _HEADING.search(text)
    return found.group(1) if found else ""


def _links(root: HtmlElement, anchors: Iterable[HtmlElement], url: str) -> Iterator[Link]:
    base = root.find(".//base[@href]")
    here = url if base is None else urljoin(url, base.get("href"))
    seen: set[str] = set()
    for anchor in anchors:
        try:
            target = urldefrag(urljoin(here, clean(anchor.get("href", "")))).url
            scheme = urlsplit(target).scheme
        except ValueError:  # an unclosed bracket and the like: no link anybody could follow
            continue
        if scheme not in {"http", "https"} or target in seen or not anchor.get("href"):
            continue
        seen.add(target)
        yield Link(target, clean(anchor.text_content())[:_LONGEST_LINK_TEXT])
        if len(seen) == _MOST_LINKS:
            return


def _content(root: HtmlElement, url: str) -> str:
    """The content as text, faithfully: never at the cost of a figure."""
    found = root.find(".//body")
    body = root if found is None else found
    bold_headings = next(body.iter("h1", "h2", "h3"), None) is None
    if _is_inline_xbrl(body):
        drop_menus(body)
        return linearise(body, bold_headings=bold_headings)
    drop_furniture(body)
    everything = linearise(body, bold_headings=bold_headings)
    linked = " ".join(anchor.text_content() for anchor in body.iter("a"))
    stated = _stated_content(body)
    if stated is not None:
        text = linearise(stated, bold_headings=bold_headings)
        if len(text) >= _STATED_LENGTH * (len(everything) - len(linked)):
            return text
    if bold_headings:
        return everything  # an exhibit or an old page: a choice would lose its headings
    chosen = _chosen_content(root, url)
    return chosen if _keeps(chosen, everything, linked) else everything


def _is_inline_xbrl(body: HtmlElement) -> bool:
    """A filing for machines and people: every visible word counts."""
    return any(
        isinstance(element.tag, str) and element.tag.startswith("ix:") for element in body.iter()
    )


def _stated_content(body: HtmlElement) -> HtmlElement | None:
    """What the page itself marks as its content."""
    mains: list[HtmlElement] = body.xpath(".//main | .//*[@role='main']")
    articles: list[HtmlElement] = body.xpath(".//article")
    stated = mains[:1] + (articles if len(articles) == 1 else [])
    return next((element for element in stated if clean(element.text_content())), None)


def _chosen_content(root: HtmlElement, url: str) -> str:
    """What trafilatura takes for the content, written our way."""
    document = trafilatura.bare_extraction(
        root, url=url, include_tables=True, favor_recall=True, with_metadata=False
    )
    if document is None or isinstance(document, dict) or document.body is None:
        return ""
    return linearise(document.body)


def _keeps(chosen: str, everything: str, linked: str) -> bool:
    """Whether a choice of content left out neither figures nor much text, links aside."""
    wanted = Counter(_FIGURES.findall(everything)) - Counter(_FIGURES.findall(linked))
    missing = (wanted - Counter(_FIGURES.findall(chosen))).total()
    return (
        len(chosen) >= _KEPT_LENGTH * (len(everything) - len(linked))
        and missing <= (1 - _KEPT_FIGURES) * wanted.total()
    )
