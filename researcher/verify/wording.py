"""What a claim says besides its numbers, held against the words of its quotes."""

import re
from collections.abc import Iterator

from alex.knowledge.documents import Span

_SHARED, _SHARED_WITHOUT_FIGURES = 0.3, 0.5
"""Least share of a claim's content words that its quotes, or their tables, must hold."""

_WORD = re.compile(r"[A-Za-z][A-Za-z&'\u2019]{2,}")
_EMPTY = """
the and for was were with from that this its are has had have been which than into over about per
after before during will would could also both each such other their they these those million
billion thousand trillion percent ended year years quarter month months week weeks january february
march april may june july august september october november december jan feb mar apr jun jul aug
sep sept oct nov dec fiscal compared against percentage point points basis times
"""
_EMPTY_WORDS = frozenset(_EMPTY.split())

_RISE = re.compile(
    r"\b(?:increas\w*|rose|risen|rising|grew|grow(?:th|ing|n|s)?|up|higher|gain(?:ed|s)?"
    r"|improv\w*)\b",
    re.IGNORECASE,
)
_FALL = re.compile(
    r"\b(?:decreas\w*|fell|fall(?:en|s|ing)?|declin\w*|down|lower|dropp?\w*|shr[aiu]nk\w*"
    r"|reduc\w*|loss(?:es)?|negative|deficit|outflows?|worsen\w*)\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:increas\w*|rose|ris(?:en|e|ing)|grew|grow\w*|up|gain(?:ed|s)?|decreas\w*|fell|fall\w*"
    r"|declin\w*|down|dropp?\w*|shr[aiu]nk\w*|reduc\w*|chang\w*|higher|lower)\b"
    r"(?:\s+(?:by|of|about|approximately|nearly|almost|more|than|some|a|an|year[\s-]over[\s-]year))*"
    r"\s*[(:,]?\s*$",
    re.IGNORECASE,
)
"""A change right before a figure: it is the size of the change, not a level reached."""

_LEVEL = re.compile(r"\b(?:to|at|was|were|of|reached|totall?ed|is|are)\s*[(:,]?\s*$", re.IGNORECASE)
_BASE = re.compile(
    r"\b(?:from|versus|vs\.?|against|than|compared\s+(?:to|with))"
    r"(?:\s+(?:about|approximately|the|a|nearly))*\s*$",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.;]\s|\b(?:but|while|whereas|although|despite)\b", re.IGNORECASE)
_OTHER_SIGN = re.compile(r"/?\(\w+\)")
"""As in "gains (losses)": what a figure is called where its sign is the other one."""

_COMMA = re.compile(r"[,;:.]\s")
_ASIDE = re.compile(r"/?\([^()]*\)")
_SENTENCE_END = re.compile(r"[.!?][\"'\u201d\u2019)]*(?=\s+[A-Z\u201c\"(])|\n\s*\n")
_LOSS = re.compile(r"\b(?:net |operating )?loss(?:es)?\b|\bdeficits?\b", re.IGNORECASE)
_CONTRARIES = tuple(
    (re.compile(rf"\b(?:{one})\b", re.IGNORECASE), re.compile(rf"\b(?:{other})\b", re.IGNORECASE))
    for one, other in (
        ("incomes?|earnings|profits?|gains?", "expenses?|costs?|charges?"),
        ("revenues?|sales", "costs?|expenses?"),
        ("assets?", "liabilit(?:y|ies)"),
        ("basic", "diluted"),
        ("current", "non-?current|long-term"),
        ("gross", "net"),
        ("receivables?", "payables?"),
        ("short-term", "long-term"),
        ("operating", "investing|financing"),
        ("investing", "financing"),
        ("domestic|u\\.s\\.|united states", "international|foreign|rest of (?:the )?world"),
        ("products?", "services?"),
        ("purchases? of", "sales? of|proceeds"),
        ("minimum|at least", "maximum|at most"),
        ("beginning", "ending?"),
        ("borrow\\w*|issu\\w*", "repa\\w*|redem\\w*|redeem\\w*"),
        ("approv\\w*", "reject\\w*"),
        ("acqui\\w*", "divest\\w*|dispos\\w*"),
    )
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|neither|nor|none|without|cannot)\b|n['\u2019]t\b", re.IGNORECASE
)
_NEGATIVE = re.compile(
    rf"{_NEGATION.pattern}|\b(?:un|in|im|ir|dis|non)-?\w{{4,}}|\b(?:fail|lack|declin|refus|exclud"
    r"|absen|less|few|reject|den(?:y|ied))\w*",
    re.IGNORECASE,
)
_SPENT = re.compile(
    r"\b(?:used|paid|payments?|expenses?|repurchas\w*|charges?|costs?)\b", re.IGNORECASE
)


def topic_share(claim: str, evidence: str) -> float:
    """The share of a claim's content words that the evidence uses, 0 to 1; 1 for none."""
    wanted = _stems(claim)
    return len(wanted & _stems(evidence)) / len(wanted) if wanted else 1.0


def on_topic(claim: str, evidence: str, *, figured: bool) -> bool:
    """Whether the evidence uses the claim's words: other words are not about the same thing.

    Args:
        claim: its text.
        evidence: its quotes, with the titles and headings that go with them.
        figured: figures of the claim are borne by it, which tie the two together already.
    """
    return topic_share(claim, evidence) >= (_SHARED if figured else _SHARED_WITHOUT_FIGURES)


def turned_round(claim: str, quoted: str) -> bool:
    """Whether a rise is told of quotes that know only a fall, or the reverse."""
    return any(
        said.search(claim)
        and not other.search(claim)
        and other.search(quoted)
        and not said.search(quoted)
        for said, other in ((_RISE, _FALL), (_FALL, _RISE))
    )


def moves_otherwise(claim: str, quoted: str) -> bool:
    """Whether something of a claim rises that its quotes know only as falling, or the reverse."""
    told, known = set(_movements(claim)), set(_movements(quoted))
    return any(
        (_OTHER_WAY[way], about) in known and (way, about) not in known for way, about in told
    )


_OTHER_WAY = {"rise": "fall", "fall": "rise"}


def _movements(text: str) -> Iterator[tuple[str, str]]:
    """Each rise and fall with the word or figure before it, and with the one after it."""
    text = _OTHER_SIGN.sub(" ", text)
    for way, pattern in (("rise", _RISE), ("fall", _FALL)):
        for match in pattern.finditer(text):
            before = _MOVED.findall(re.split(r"[,;.:]\s", text[: match.start()])[-1])
            after = _MOVED.findall(re.split(r"[,;.:]\s", text[match.end() :], maxsplit=1)[0])
            for words, place in ((before[::-1], "before"), (after, "after")):
                telling = [word for word in words if word.lower() not in _IDLE_WORDS]
                named = [word for word in telling if not word[0].isdigit()]
                for about in {*telling[:1], *named[:1]}:
                    if not (_RISE.fullmatch(about) or _FALL.fullmatch(about)):
                        yield way, f"{place} {about.lower()[:6].rstrip('s')}"


_MOVED = re.compile(r"[A-Za-z][A-Za-z&'\u2019-]+|\d[\d,.]*\d|\d")
_IDLE = "in of by to a an as its our at on is be we it or"
_IDLE_WORDS = _EMPTY_WORDS | frozenset(_IDLE.split())


def contrary(claim: str, evidence: str) -> str:
    """The word of a claim whose contrary its evidence uses instead; empty where there is none."""
    for pair in _CONTRARIES:
        for said, other in (pair, pair[::-1]):
            found = said.search(claim)
            instead = other.search(evidence) and not said.search(evidence)
            if found and instead and not other.search(claim):
                return found.group()
    return ""


def negates(claim: str, quoted: str) -> bool:
    """Whether a claim denies what its quotes do not deny, or leaves out their "not"."""
    if _NEGATION.search(claim):
        return not _NEGATIVE.search(quoted)
    denied = {stem for word in _denied(quoted) for stem in _stems(word)}
    affirmed = _stems(_DENIAL.sub(" ", quoted))
    return (
        bool(denied) and bool((denied - affirmed) & _stems(claim)) and not _NEGATIVE.search(claim)
    )


_DENIAL = re.compile(
    r"\b(?:not|never)\s+(?:(?:be|been|have|had|yet|currently|materially|significantly|any)\s+)*"
    r"([A-Za-z]{4,})",
    re.IGNORECASE,
)


def _denied(quoted: str) -> Iterator[str]:
    """The words right after a "not"."""
    for match in _DENIAL.finditer(quoted):
        yield match[1]


def tells_loss(text: str, at: int, end: int) -> bool:
    """Whether words around a positive figure make it a negative one: "a loss of $61 million"."""
    clause = _clause(text, at) + text[end : end + 24]
    return bool(_FALL.search(clause) or _SPENT.search(clause))


def tells_fall(text: str, at: int) -> bool:
    """Whether the words right before a figure tell of a fall or loss: "decreased 3.2 percent"."""
    before = _clause(text, at)[-48:]
    found = [*_RISE.finditer(before), *_FALL.finditer(before)]
    last = max(found, key=lambda match: match.start(), default=None)
    if last is None or not _FALL.fullmatch(last.group()):
        return False
    return not re.search(r"\bto\b[^a-z]*$", before[last.end() :], re.IGNORECASE)


def tells_profit_as_loss(claim: str, at: int, evidence: str) -> bool:
    """Whether a figure is called a loss, and its evidence knows of none."""
    return bool(_LOSS.search(_clause(claim, at))) and not _LOSS.search(evidence)


def direction(text: str, at: int, end: int) -> str:
    """`rise` or `fall` as the words nearest to a figure tell, else empty."""
    before, after = _clause(text, at), text[end : end + 24]
    found = [(m.start(), "rise") for m in _RISE.finditer(before)]
    found += [(m.start(), "fall") for m in _FALL.finditer(before)]
    if found:
        return max(found)[1]
    if _FALL.match(after.lstrip()):
        return "fall"
    return "rise" if _RISE.match(after.lstrip()) else ""


def tells_change(text: str, at: int) -> bool:
    """Whether a figure is told as the size of a change: "grew 5%", not "grew to 5%"."""
    return bool(_CHANGE.search(text[:at]))


def is_level(text: str, at: int) -> bool:
    """Whether a figure is told as what was reached: "fell to 31%"."""
    return bool(_LEVEL.search(text[:at]))


def is_base(text: str, at: int) -> bool:
    """Whether a figure is told as what another is compared with: "up from $4 million"."""
    return bool(_BASE.search(text[max(0, at - 40) : at]))


def sentence_at(text: str, position: int, within: Span) -> tuple[str, int]:
    """The sentence around a position, and where it starts; never more than `within`."""
    quoted = text[within.start : within.end]
    start, end = 0, len(quoted)
    for stop in _SENTENCE_END.finditer(quoted):
        if within.start + stop.end() <= position:
            start = stop.end()
        else:
            end = stop.end()
            break
    return quoted[start:end], within.start + start


def clause_around(text: str, at: int) -> str:
    """The part of a sentence between commas in which a position lies."""
    start = max((stop.end() for stop in _COMMA.finditer(text[:at])), default=0)
    stop = _COMMA.search(text, at)
    return text[start : stop.start() if stop else len(text)]


def plain(label: str) -> str:
    """A row's name as it can be compared: no case, marks or footnotes."""
    return " ".join(re.sub(r"\(\d{1,2}\)|[^a-z0-9% ]", " ", label.casefold()).split())


def _clause(text: str, at: int) -> str:
    """What stands before a figure in its clause, asides left out."""
    before = text[:at]
    stops = list(_CLAUSE.finditer(before))
    return _ASIDE.sub(" ", before[stops[-1].end() :] if stops else before)


def _stems(text: str) -> set[str]:
    """Content words, cut so that forms of one word meet, and one name for one thing."""
    words = (word.lower().replace("\u2019", "'") for word in _WORD.findall(text))
    stems = (word[:6].rstrip("s") for word in words if word not in _EMPTY_WORDS)
    return {_ONE_NAME.get(stem, stem) for stem in stems}


_ONE_NAME = {
    "sale": "revenu",
    "turnov": "revenu",
    "earnin": "profit",
    "income": "profit",
    "loss": "profit",
    "losse": "profit",
    "stockh": "shareh",
    "spendi": "expens",
    "costs": "cost",
    "rose": "increa",
    "grew": "increa",
    "growth": "increa",
    "grow": "increa",
    "fell": "decrea",
    "declin": "decrea",
    "droppe": "decrea",
}
