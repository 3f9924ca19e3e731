"""True statements, taken independently of the check.

- `report`: what the offline model wrote: sentences word for word, cells of tables.
- `paraphrase`: those sentences in other words that mean the same, by rules that keep the truth.
- `tagged`: figures with the value, scale and period that the filer's own inline XBRL gives them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from benchmarks.verification.filings import SampleFiling
from benchmarks.verification.tagged import figures
from researcher.verify.draft import Claim, Placed, Quote

type Origin = Literal["report", "paraphrase", "tagged"]

MOST_TAGGED = 150
"""Of each filing, drawn at random: a 10-Q tags a thousand."""

_SCALE_WORDS = {"million": ("thousand", 3), "billion": ("million", 3)}
_MONTHS = "January February March April May June July August September October November December"
_MEASURED = re.compile(
    r"(?P<sign>[$\u20ac\u00a3])(?P<digits>\d[\d,]*(?:\.\d+)?) (?P<scale>million|billion)\b"
)
_DATE = re.compile(
    rf"\b(?P<month>{'|'.join(_MONTHS.split())}) (?P<day>\d{{1,2}}), (?P<year>20\d\d)\b"
)
_CAUSE = re.compile(
    r",? (?:(?:primarily|mainly|largely|partially) (?=due|driven|because|by|as a result|attribut)"
    r"|driven by\b|due to\b|as a result of\b)"
)
_DANGLING = re.compile(r"\b(?:is|are|was|were|been|be|and|or|of|due|attributable|driven|offset)$")
_CONDITION = re.compile(
    r"\b(?:if|unless|may|might|could|would|whether|until|except|not|no)\b", re.IGNORECASE
)
_SYNONYMS = (
    ("increased", "rose"),
    ("decreased", "declined"),
    ("declined", "decreased"),
    ("compared to", "compared with"),
    ("approximately", "about"),
    ("primarily", "mainly"),
    ("percent", "%"),
)


@dataclass(frozen=True, slots=True)
class Truth:
    """A true statement with its quotes."""

    claim: Claim
    origin: Origin
    filing: str


def truths(filing: SampleFiling, report: Sequence[Placed], draw: Random) -> Iterator[Truth]:
    """All true statements on a filing."""
    for placed in report:
        yield Truth(placed.claim, "report", filing.name)
        for text in _paraphrases(placed.claim, filing):
            yield Truth(placed.claim.model_copy(update={"text": text}), "paraphrase", filing.name)
    tagged = list(_tagged(filing))
    for claim in draw.sample(tagged, min(MOST_TAGGED, len(tagged))):
        yield Truth(claim, "tagged", filing.name)


def _tagged(filing: SampleFiling) -> Iterator[Claim]:
    rows: dict[str, list[str]] = {}
    for line in filing.indexed.source.text.splitlines():
        if line.startswith("| "):
            rows.setdefault(line[2:].partition(" |")[0], []).append(line.strip())
    seen: set[str] = set()
    for figure in figures(filing.html) if filing.html else ():
        label, *cells = figure.row
        numbers = [c for c in cells if re.search(r"\d", c)]
        lines = [x for x in rows.get(label, ()) if all(n.strip("()$ %") in x for n in numbers)]
        text = f"{label.rstrip(':')} was {figure.value} {figure.period}".strip() + "."
        if lines and text not in seen and len(lines[0]) <= 1_000:  # noqa: PLR2004 - a quote's most
            seen.add(text)
            yield Claim(text=text, quotes=[Quote(source=filing.key, text=lines[0])])


def _paraphrases(claim: Claim, filing: SampleFiling) -> Iterator[str]:
    """The statement in other words, once a rule that applies."""
    seen = {claim.text}
    for rule in RULES:
        text = rule(claim.text)
        if text and text not in seen:
            seen.add(text)
            yield text
    yield f"According to the filing, {_small(claim.text)}"
    if re.match(r"[A-Z][\w&]+ (?:Inc|Corp|CORP)", filing.title):
        yield f"{filing.title.split()[0].capitalize()} reported: {_small(claim.text)}"


def _rescaled(text: str) -> str:
    """Millions as thousands, billions as millions: the value is the same."""

    def other(match: re.Match[str]) -> str:
        word, power = _SCALE_WORDS[match["scale"]]
        whole, _, part = match["digits"].replace(",", "").partition(".")
        if len(part) > power:
            return match.group()
        digits = f"{int(whole + part.ljust(power, '0')):,}"
        return f"{match['sign']}{digits} {word}"

    return _MEASURED.sub(other, text)


def _redated(text: str) -> str:
    """June 30, 2025 as 30 June 2025."""
    return _DATE.sub(lambda m: f"{m['day']} {m['month']} {m['year']}", text)


def _reworded(text: str) -> str:
    for word, other in _SYNONYMS:
        text = (
            re.sub(rf"\b{word}\b", other, text) if other != "%" else text.replace(" percent", "%")
        )
    return text


def _without_cause(text: str) -> str:
    """The clause before "primarily due to …" is true by itself."""
    found = _CAUSE.search(text)
    if not found or found.start() < 40 or _CONDITION.search(text):  # noqa: PLR2004 - a whole clause
        return ""
    head = text[: found.start()].rstrip(" ,")
    whole = head.count("(") == head.count(")") and not _DANGLING.search(head)
    return f"{head}." if whole else ""


def _without_aside(text: str) -> str:
    """Leaves brackets out that hold words only."""
    return re.sub(r" \([a-z][a-z ,]*\)(?=[ ,.])", "", text)


def _small(text: str) -> str:
    """As it goes on inside a sentence, unless it begins with a name or an acronym."""
    first = text.partition(" ")[0]
    ordinary = first in {
        "The",
        "In",
        "Our",
        "We",
        "Net",
        "Total",
        "Revenue",
        "Cash",
        "As",
        "During",
    }
    return text[:1].lower() + text[1:] if ordinary else text


RULES: tuple[Callable[[str], str], ...] = (
    _rescaled,
    _redated,
    _reworded,
    _without_cause,
    _without_aside,
)
"""The rules of paraphrase; each gives the text itself or nothing where it does not apply."""
