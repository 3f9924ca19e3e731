"""A DOM as text in document order: headings as `#` lines, tables as rows, the rest as lines."""

import re
from collections.abc import Iterator

from lxml import etree
from lxml.etree import _Element as Element

from researcher.sources.web.tables import own_cells, own_rows, table_rows

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS_NAMES = """
    address article aside blockquote body caption center dd details div dl dt fieldset
    figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html item legend li list main
    nav ol option p pre quote section select summary table tbody td tfoot th thead tr ul
"""
_BLOCKS = frozenset(_BLOCKS_NAMES.split())
_BREAKS = frozenset({"br", "lb"})
_ITEMS = frozenset({"li", "item"})
_SILENT_NAMES = """
    script style noscript template svg canvas iframe object embed audio video head title
    input textarea math ix:header
"""
_SILENT = frozenset(_SILENT_NAMES.split())
_BOLD_TAGS = frozenset({"b", "strong"})
_WEIGHT = re.compile(r"font-weight\s*:\s*(bold|bolder|\d+)")
_BOLD = 600
_SPACE = re.compile(r"[\s\u00a0]+")
_INVISIBLE_RANGES = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"  # control characters
    r"\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    r"\u202a-\u202e"  # what turns the direction of writing round
    r"\u115f\u1160\u17b4\u17b5\u3164\uffa0"  # letters without a shape
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff"  # tags, which spell text unseen
)
INVISIBLE = re.compile(f"[{_INVISIBLE_RANGES}]")
"""Characters that print nothing. Whole messages can be spelt in them."""
_BULLET = re.compile(r"[•●▪◦■○·*o–—-]")  # noqa: RUF001 - as pages print them
_MARKER = re.compile(_BULLET.pattern + r"|[☐☒☑]|\(?[A-Za-z0-9]{1,4}[.)]")
_LETTER = re.compile(r"[A-Za-z]{2}")
_PART = re.compile(r"(?:part\s+[ivx]+|item\s+\d+[a-z]?)\b", re.IGNORECASE)
_LONGEST_HEADING = 120


def clean(text: str) -> str:
    """One line: white space collapsed, invisible characters gone."""
    return _SPACE.sub(" ", INVISIBLE.sub("", text)).strip()


def linearise(root: Element, *, bold_headings: bool = False) -> str:
    """All text under `root`; `bold_headings` takes short lines set wholly in bold as headings."""
    writer = _Writer(bold_headings=bold_headings)
    writer.walk(root)
    return writer.text()


def markdown_rows(table: Element) -> list[str]:
    """A data table's rows, or the lines of a table that only arranges text."""
    texts = [[clean(" ".join(_texts(cell))) for cell in own_cells(row)] for row in own_rows(table)]
    rows = table_rows(table, texts)
    if not rows:
        return []
    if len(rows[0]) == 1:
        return [row[0] for row in rows]
    if all(_MARKER.fullmatch(row[0]) for row in rows):
        return [_item(*row) for row in rows]
    return ["| " + " | ".join(cell.replace("|", "/") for cell in row) + " |" for row in rows]


def _item(marker: str, *texts: str) -> str:
    text = " ".join(filter(None, texts))
    return f"- {text}" if _BULLET.fullmatch(marker) else f"- {marker} {text}"


def _texts(cell: Element) -> Iterator[str]:
    """The text runs of a cell; runs of one block are joined without a space, as they are set."""
    run = ""
    for event, element in etree.iterwalk(cell, events=("start", "end", "comment", "pi")):
        tag = element.tag
        if event == "start":
            if tag in _BLOCKS or tag in _BREAKS:
                yield run
                run = ""
            run += element.text or ""
        elif element is not cell:
            if event == "end" and tag in _BLOCKS:
                yield run
                run = ""
            run += element.tail or ""
    yield run


class _Writer:
    """Collects inline text into lines, and ends a line where a block begins or ends."""

    def __init__(self, *, bold_headings: bool) -> None:
        self._bold_headings = bold_headings
        self._lines: list[str] = []
        self._run: list[str] = []
        self._all_bold = True
        self._prefix = ""
        self._preformatted = 0

    def walk(self, root: Element) -> None:
        """Write the text of `root`, without its tail."""
        bold: list[bool] = [False]
        walker = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walker:
            if event == "start":
                bold.append(_bold(element, inherited=bold[-1]))
                if not self._start(element, bold=bold[-1]):
                    walker.skip_subtree()
            elif event == "end":
                bold.pop()
                self._end(element)
            if event != "start" and element is not root:
                self._add(element.tail, bold=bold[-1])
        self._flush()

    def text(self) -> str:
        """What was written: blocks apart by an empty line, rows of a table together."""
        return "\n".join(self._lines).strip() + "\n" if any(self._lines) else ""

    def _start(self, element: Element, *, bold: bool) -> bool:
        """Begin an element; False where its inside is not to be walked."""
        tag = element.tag
        if tag in _SILENT:
            return False
        if tag == "table" and not _arranges_blocks(element):
            self._flush()
            self._paragraph(*markdown_rows(element))
            return False
        if tag in _BLOCKS or tag in _BREAKS:
            self._flush()
        if level := _heading_level(element):
            self._prefix = "#" * level + " "
        elif tag in _ITEMS:
            self._prefix = "- "
        if tag == "pre":
            self._preformatted += 1
        self._add(element.text, bold=bold)
        return True

    def _end(self, element: Element) -> None:
        if element.tag in _BLOCKS:
            self._flush()
            self._prefix = ""
        if element.tag == "pre":
            self._preformatted -= 1

    def _add(self, text: str | None, *, bold: bool) -> None:
        if not text:
            return
        if self._preformatted:
            *lines, text = text.split("\n")
            for line in lines:
                self._run.append(line)
                self._flush()
        self._run.append(text)
        if text.strip():
            self._all_bold = self._all_bold and bold

    def _flush(self) -> None:
        line, all_bold = clean("".join(self._run)), self._all_bold
        self._run, self._all_bold = [], True
        if not line:
            return
        prefix = self._prefix
        if not prefix and all_bold and self._bold_headings and _reads_as_heading(line):
            prefix = "## " if _PART.match(line) else "### "
        self._prefix = "" if prefix == "- " else self._prefix
        self._paragraph(prefix + line)

    def _paragraph(self, *lines: str) -> None:
        if not lines:
            return
        both_items = bool(self._lines) and lines[0].startswith("- ")
        if self._lines and not (both_items and self._lines[-1].startswith("- ")):
            self._lines.append("")
        self._lines.extend(lines)


def _heading_level(element: Element) -> int:
    """1 to 6, or 0; `head` with `rend` is how trafilatura writes headings."""
    if element.tag == "head":
        return _HEADINGS.get(str(element.get("rend", "h2")), 2)
    return _HEADINGS.get(element.tag, 0) if isinstance(element.tag, str) else 0


def _arranges_blocks(table: Element) -> bool:
    """Whether a table is there for the layout only: it holds tables, headings or lists."""
    return table.find(".//table") is not None or any(
        table.find(f".//{tag}") is not None for tag in ("h1", "h2", "h3", "ul", "ol")
    )


def _bold(element: Element, *, inherited: bool) -> bool:
    if element.tag in _BOLD_TAGS:
        return True
    weight = _WEIGHT.search(element.get("style", ""))
    if weight is None:
        return inherited
    value = weight.group(1)
    return int(value) >= _BOLD if value.isdecimal() else True


def _reads_as_heading(line: str) -> bool:
    if len(line) > _LONGEST_HEADING or not _LETTER.search(line) or line.startswith("("):
        return False
    return bool(_PART.match(line)) or not line.endswith((".", ";", ","))
