"""Numbers written as words: two, twenty-one, doubled, twofold, half, a third."""

import re
from decimal import Decimal

_SMALL = """
one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen
"""
_UNITS = _SMALL.split()
_ROUND = """
twenty thirty forty fifty sixty seventy eighty ninety
"""
_TENS = _ROUND.split()
_CARDINALS = {
    **{word: number for number, word in enumerate(_UNITS, start=1)},
    **{word: 10 * number for number, word in enumerate(_TENS, start=2)},
    "hundred": 100,
    "dozen": 12,
}
_MULTIPLES = {"doubl": "2", "twice": "2", "tripl": "3", "quadrupl": "4", "halv": "0.5"}
_PARTS = {"half": 2, "third": 3, "quarter": 4, "fifth": 5}

PATTERN = rf"""\b(?i:
      (?:a|one|two|three|four)[\s-](?:thirds?|fifths?)\b(?!\s+(?:party|parties))
    | (?:one|three)[\s-]quarters?\b(?=\s+of\b)
    | (?<!first\s)(?<!second\s)(?<!first-)(?<!second-)half\b(?![\s-]years?\b)
    | (?:doubl|tripl|quadrupl)(?:ed?|es|ing)\b(?!-digit) | twice\b | halv(?:ed?|es|ing)\b
    | (?:{"|".join(_UNITS[1:10])})-?fold\b
    | (?:{"|".join(_TENS)})(?:-(?:{"|".join(_UNITS[:9])}))?\b(?!-)
    | (?<!no\s)one\b(?!\s+(?:of|another|or)\b)(?!-)
    | (?:{"|".join([*_UNITS[1:], "dozen"])})\b(?!-)
)"""
"""Of a verbose regular expression. "One of" and "one-time" count nothing."""


def meaning(text: str) -> tuple[Decimal, str]:
    """Value and unit of a match: counts have none, multiples are `times`, parts are `percent`."""
    word = text.lower()
    for stem, value in _MULTIPLES.items():
        if word.startswith(stem):
            return Decimal(value), "times"
    if word.endswith("fold"):
        return Decimal(_CARDINALS[word.removesuffix("fold").rstrip("-")]), "times"
    first, _, last = re.sub(r"\s+", "-", word).partition("-")
    part = _PARTS.get((last or first).removesuffix("s"))
    if part:
        count = _CARDINALS.get(first, 1) if last else 1
        return Decimal(100 * count) / part, "percent"
    return Decimal(_CARDINALS[first] + _CARDINALS.get(last, 0)), ""
