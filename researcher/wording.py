"""What a claim says besides its numbers, held against the words of its quotes."""

import re

_SHARED = 0.3
"""Least share of a claim's content words that its quotes, or their tables, must hold."""

_WORD = re.compile(r"[A-Za-z][A-Za-z&'\u2019]{2,}")
_EMPTY = """
the and for was were with from that this its are has had have been which than into over about per
after before during will would could also both each such other their they these those million
billion thousand trillion percent ended year years quarter month months week weeks january february
march april may june july august september october november december jan feb mar apr jun jul aug
sep sept oct nov dec fiscal compared against
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
_SPENT = re.compile(
    r"\b(?:used|paid|payments?|expenses?|repurchas\w*|charges?|costs?)\b", re.IGNORECASE
)


def on_topic(claim: str, evidence: str) -> bool:
    """Whether the evidence uses the claim's words: other words are not about the same thing."""
    wanted = _stems(claim)
    return len(wanted & _stems(evidence)) >= _SHARED * len(wanted)


def turned_round(claim: str, quoted: str) -> bool:
    """Whether a rise is told of quotes that know only a fall, or the reverse."""
    return any(
        said.search(claim)
        and not other.search(claim)
        and other.search(quoted)
        and not said.search(quoted)
        for said, other in ((_RISE, _FALL), (_FALL, _RISE))
    )


def tells_loss(text: str) -> bool:
    """Whether words make a positive figure a negative one: "a loss of $61 million"."""
    return bool(_FALL.search(text) or _SPENT.search(text))


def tells_fall(text: str) -> bool:
    """Whether words tell of a fall: "decreased 3.2 percent"."""
    return bool(_FALL.search(text))


def _stems(text: str) -> set[str]:
    """Content words, cut so that forms of one word meet."""
    words = (word.lower() for word in _WORD.findall(text))
    return {word[:6].rstrip("s") for word in words if word not in _EMPTY_WORDS}
