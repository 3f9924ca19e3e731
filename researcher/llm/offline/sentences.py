"""Whole, self-standing sentences of a page, and what is left aside: scraps, forms, boilerplate."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from alex.knowledge.layout import Break, Unit, units

_SHORTEST, _LONGEST = 45, 400
_FEWEST_WORDS = 7

_DASH = r"(?:--|[\u2013\u2014])"
_BULLET = re.compile(r"(?:[-*\u2022]|\d{1,2}[.)]|\(\d{1,2}\))\s+")
_OPENING = re.compile(
    rf"(?:{_BULLET.pattern}|[A-Z][A-Z .,]{{2,40}}{_DASH}\s*(?:\([A-Z ]+\)\s*{_DASH}\s*)?)"
)
"""A list's mark, a footnote's number, or a press release's place and wire."""

_ENDS = re.compile(r"[.!?][\"'\u201d\u2019)\]]*$")
_FULL, _WIDEST = 0.7, 100
"""A line is full from this share of the next one's width on; of characters a text is set in."""
_STARTS = re.compile(r"[\"'\u201c\u2018(]?[A-Z0-9$€£]")
_LEANS = re.compile(
    r"(?:It|They|This|These|Those|That|Such|He|She|There|Here|Both|The (?:same|latter|former)"
    r"|As such|Accordingly|Consequently|Therefore|Thus|Otherwise|Instead|If so|Each of these)\b"
    r"|(?:As of|In|During|For|On|At|By|Since|After)\b[^,]{0,80}, (?:it|they|he|she)\b"
)
"""Openings that lean on the sentence before, which is not quoted with it."""

_FORMALITIES = (
    r"forward[\s-]looking|safe harbor|check ?mark|incorporated (?:herein )?by reference|hereunto",
    r"pursuant to (?:the requirements|section|rule)|accompanying notes|integral part of",
    r"described in (?:note|part|item)\b|under the (?:heading|caption)",
    r"see (?:note|part|item|also)\b|refer to (?:note|part|item|the|our)|set forth (?:in|under)",
    r"the following\b|following tables?|(?:table|chart) below|below (?:is|are)\b",
    r"as follows(?!: \$?\d)|as (?:shown|indicated|described|discussed|defined)\b|\bexhibit\b",
    r"private securities litigation|securities (?:exchange )?act|no obligation to update",
    r"accounting (?:standards? update|pronouncements?)|\bASU\b|\bFASB\b|basis of presentation",
    r"unaudited|shell company|transition period|read in conjunction|for additional information",
    r"not necessarily (?:be )?indicative",
)
_WEBSITES = (
    r"cookies?\b|privacy (?:policy|notice)|all rights reserved|terms of (?:use|service)",
    r"sign (?:in|up)\b|subscribe|newsletter|click here|javascript|your browser|log ?in\b",
    r"webcast|conference call|replay|trademarks?\b|copyright|more information|contact us",
    r"skip to (?:the )?(?:main )?content",
)
_BOILERPLATE = re.compile("|".join((*_FORMALITIES, *_WEBSITES)), re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.|\S+@\S+\.\w|\(\d{3}\s?\)\s?\d{3}")
_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|will|would|can|could|may|might|must|does|did|do"
    r"|\w{3,}ed|\w{3,}es|rose|fell|grew|held|made|took|said|sold|paid|led|met|won|lost|began|kept"
    r"|cut|expects?|anticipates?|forecasts?|intends?|aims?|sees?|remains?|plans?|believes?)\b"
)
_DULL_HEADING = re.compile(
    r"unaudited|^\(|table of contents|^form |united states|securities and exchange|washington"
    r"|^part [ivx]+\b|signatures?$|^index|forward[\s-]looking|^note:|^contents$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(
    r"(?:(?:item|note|part|section)\s+[\dIVX]+[A-Z]?\b|\d{1,2}(?:\.\d+)*\b|\([a-z0-9]{1,3}\))"
    r"\s*[.:)\u2013\u2014-]*\s*",
    re.IGNORECASE,
)
_CONTINUED = re.compile(r"\s*\((?:continued|unaudited)\)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it stands in the text, under its nearest heading.

    Attributes:
        text: exactly as in the source, so that it can be quoted.
        heading: readable, without numbering; empty where there is none worth showing.
        position: characters from the start of the text.
    """

    text: str
    heading: str
    position: int

    @property
    def plain(self) -> str:
        """On one line."""
        return " ".join(self.text.split())


def sentences(text: str) -> list[Sentence]:
    """The sentences of a page that can stand alone in a report, in order, each once."""
    seen: set[str] = set()
    found: list[Sentence] = []
    for sentence in _whole(text):
        if sentence.plain.casefold() not in seen and _worth_telling(sentence.plain):
            seen.add(sentence.plain.casefold())
            found.append(sentence)
    return found


def readable_heading(raw: str) -> str:
    """A heading without marks and numbering, in sentence case where it shouts; "" if dull."""
    line = " ".join(raw.lstrip("#").replace("**", "").split())
    if not line or _DULL_HEADING.search(line):
        return ""
    numbered = _NUMBERING.match(line)
    line = _CONTINUED.sub("", line[numbered.end() :] if numbered else line)
    line = line.strip(" :.-\u2013\u2014")
    if line.isupper():
        line = " ".join(_title_word(word, first=not i) for i, word in enumerate(line.split()))
    return line if sum(character.isalpha() for character in line) > len(line) / 2 else ""


def _title_word(word: str, *, first: bool) -> str:
    small = word.lower() in {"and", "of", "the", "in", "for", "to", "on", "a", "by", "from", "or"}
    return word.lower() if small and not first else word.capitalize()


def _whole(text: str) -> Iterator[Sentence]:
    """Sentences of prose, put together again where lines or layout divide them."""
    start = end = 0
    heading = ""
    for unit in units(text):
        if unit.header is not None or (unit.heading and unit.heading.start == unit.start):
            continue
        if end and _goes_on(text, end, unit) and not _ended(text[start:end]):
            end = unit.end
            continue
        if end:
            yield _sentence(text, start, end, heading)
        start, end, heading = unit.start, unit.end, _heading(text, unit)
    if end:
        yield _sentence(text, start, end, heading)


def _goes_on(text: str, end: int, unit: Unit) -> bool:
    """Whether a unit may go on with the sentence that stands open at `end`."""
    if text[end : unit.start].strip() or _BULLET.match(text[unit.start :]):
        return False
    if unit.before is not Break.LINE or not text[unit.start].isupper():
        return unit.before in {Break.WORD, Break.LINE}
    # A line far shorter than the next was not broken for want of room: it is a title, a name.
    line = end - text.rfind("\n", 0, end)
    following = (text.find("\n", unit.start) + 1 or len(text) + 1) - unit.start
    return line >= _FULL * min(following, _WIDEST)


def _sentence(text: str, start: int, end: int, heading: str) -> Sentence:
    found = _OPENING.match(text[start:end])
    start += found.end() if found else 0
    return Sentence(text[start:end], heading, start)


def _ended(text: str) -> bool:
    return bool(_ENDS.search(text))


def _heading(text: str, unit: Unit) -> str:
    if unit.heading is None:
        return ""
    return readable_heading(text[unit.heading.start : unit.heading.end])


def _worth_telling(sentence: str) -> bool:
    words = sentence.split()
    return (
        _SHORTEST <= len(sentence) <= _LONGEST
        and len(words) >= _FEWEST_WORDS
        and bool(_ENDS.search(sentence))
        and bool(_STARTS.match(sentence))
        and bool(_VERB.search(sentence))
        and not _LEANS.match(sentence)
        and not _BOILERPLATE.search(sentence)
        and not _ADDRESS.search(sentence)
        and "|" not in sentence
        and sum(word[:1].isupper() for word in words) <= 0.6 * len(words)
        and sentence.count("(") == sentence.count(")")
        and sentence.count("“") == sentence.count("”")
    )
