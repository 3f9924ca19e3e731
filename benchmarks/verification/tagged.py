"""Figures as the filer itself tagged them (inline XBRL): a truth that no code of ours has read.

The tag gives a cell's value, scale, sign, unit and period. The statement made of it is true
whatever our own reading of the table says, and the check ought to accept it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lxml import etree
from lxml.etree import _Element as Element

_LENGTHS = ((80, 100, "three"), (170, 190, "six"), (260, 285, "nine"))
_SCALES = {0: "", 3: " thousand", 6: " million", 9: " billion"}
_MOST_ROWS_OF_HEADER = 6


@dataclass(frozen=True, slots=True)
class TaggedFigure:
    """A cell's figure and what the filer says it is.

    Attributes:
        row: the text of the cells of its row that hold words or figures, the label first.
        value: in words: `$94,036 million`, `-$171 million`, `46.5%`.
        period: in words, or empty where the table's own head does not state it.
    """

    row: tuple[str, ...]
    value: str
    period: str


def figures(html: str) -> Iterator[TaggedFigure]:
    """The tagged figures that stand in tables; none where the page has no tags."""
    root = etree.fromstring(html.encode(), etree.HTMLParser(encoding="utf-8", huge_tree=True))
    if root is None:
        return
    contexts, units = _contexts(root), _units(root)
    for tag in _named(root, "ix:nonfraction"):
        row = next((e for e in tag.iterancestors("tr")), None)
        table = next((e for e in tag.iterancestors("table")), None)
        days = contexts.get(tag.get("contextref", ""))
        unit = units.get(tag.get("unitref", ""), "")
        if row is None or table is None or days is None or not re.search(r"[1-9]", _text(tag)):
            continue
        cells = tuple(t for cell in row.iter("td", "th") if (t := _text(cell)))
        value = _worded(tag, unit)
        cell = next((e for e in tag.iterancestors("td", "th")), row)
        alone = len(re.findall(r"\d[\d,.]*", _text(cell))) == 1
        if value and alone and len(cells) > 1 and re.match(r"[A-Za-z]{2}", cells[0]):
            yield TaggedFigure(cells, value, _period(days, _head(table)))


def _worded(tag: Element, unit: str) -> str:
    digits = _text(tag)
    scale = int(tag.get("scale") or 0)
    if not re.fullmatch(r"[\d,]+(?:\.\d+)?", digits):
        return ""
    sign = "-" if _in_brackets(tag) else ""
    if unit == "pure":
        share = Decimal(digits.replace(",", "")).scaleb(scale + 2).normalize()
        return f"{sign}{share:f}%" if scale == -2 else ""  # noqa: PLR2004 - per cent
    if scale not in _SCALES:
        return ""
    if unit == "usd":
        return f"{sign}${digits}{_SCALES[scale]}"
    return f"{sign}{digits}{_SCALES[scale]} shares" if unit == "shares" else ""


def _period(days: tuple[date | None, date], head: str) -> str:
    """In words, if the head of the table names its last day."""
    start, end = days
    named = f"{end:%B} {end.day}, {end.year}"
    if named not in head and f"{end:%b} {end.day}, {end.year}" not in head:
        return ""
    if start is None:
        return f"as of {named}"
    length = (end - start).days
    words = next((word for low, high, word in _LENGTHS if low <= length <= high), None)
    if words is None or f"{words} months" not in head.lower():
        return ""
    return f"in the {words} months ended {named}"


def _in_brackets(tag: Element) -> bool:
    """The table's own sign: that of the tag is of the concept, which may be an outflow."""
    cell = next((e for e in tag.iterancestors("td", "th")), tag)
    return bool(re.search(rf"\(\s*\$?\s*{re.escape(_text(tag))}", _text(cell)))


def _head(table: Element) -> str:
    rows = list(table.iter("tr"))[:_MOST_ROWS_OF_HEADER]
    untagged = (row for row in rows if next(_named(row, "ix:nonfraction"), None) is None)
    return " ".join(_text(row) for row in untagged)


def _contexts(root: Element) -> dict[str, tuple[date | None, date]]:
    found: dict[str, tuple[date | None, date]] = {}
    for context in _named(root, "xbrli:context"):
        parts = {
            part: _text(element)
            for part in ("startdate", "enddate", "instant")
            for element in _named(context, f"xbrli:{part}")
        }
        last = parts.get("enddate") or parts.get("instant")
        if last:
            first = parts.get("startdate")
            start = date.fromisoformat(first) if first else None
            found[context.get("id", "")] = (start, date.fromisoformat(last))
    return found


def _units(root: Element) -> dict[str, str]:
    """`usd` for dollars, a share or not, `shares`, `pure`, else empty; by the unit's id."""
    found: dict[str, str] = {}
    for unit in _named(root, "xbrli:unit"):
        measures = [_text(e).lower() for e in _named(unit, "xbrli:measure")]
        first = measures[0].rpartition(":")[2] if measures else ""
        found[unit.get("id", "")] = first if first in {"usd", "shares", "pure"} else ""
    return found


def _named(root: Element, name: str) -> Iterator[Element]:
    """Elements by a name that holds a colon, as an HTML parser keeps it."""
    return (e for e in root.iter() if isinstance(e.tag, str) and e.tag.lower() == name)


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())
