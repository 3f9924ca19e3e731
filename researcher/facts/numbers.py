"""The one place where numbers, dates and periods are read out of text.

Claims and evidence go through the same reader, so "$1.2 billion" and "1,200 million dollars" come
out equal, and "5%", "5 percentage points" and "5" do not. Every digit of a text lies in some
mention: a number nobody understood would be a number nobody checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from researcher.facts import periods, words
from researcher.facts.periods import Period

SCALES = {
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "trillion": 12,
    "k": 3,
    "m": 6,
    "mm": 6,
    "mn": 6,
    "b": 9,
    "bn": 9,
    "tn": 12,
}
"""Scale words and their powers of ten."""

RELATIVE_UNITS = frozenset({"percent", "points", "basis points", "times"})
"""Units that no scale and no currency goes with."""

_CURRENCIES = {
    "us$": "USD",
    "$": "USD",
    "usd": "USD",
    "dollar": "USD",
    "€": "EUR",
    "eur": "EUR",
    "euro": "EUR",
    "£": "GBP",
    "gbp": "GBP",
    "pound": "GBP",
    "¥": "JPY",
    "jpy": "JPY",
    "yen": "JPY",
    "chf": "CHF",
    "cny": "CNY",
    "cad": "CAD",
    "c$": "CAD",
    "aud": "AUD",
    "a$": "AUD",
    "hk$": "HKD",
    "hkd": "HKD",
    "inr": "INR",
    "₹": "INR",
    # Those in which foreign companies report to the SEC.
    **{
        code.lower(): code
        for code in (
            *("ARS", "BRL", "CLP", "COP", "CZK", "DKK", "HUF", "IDR", "ILS", "KRW", "MXN", "MYR"),
            *("NOK", "NZD", "PEN", "PLN", "RUB", "SEK", "SGD", "THB", "TRY", "TWD", "VND", "ZAR"),
        )
    },
}
CURRENCY_CODES = frozenset(_CURRENCIES.values())
_CODES = "|".join(sorted(CURRENCY_CODES))


_DIGITS = re.compile(r"\d[\d,]*(?:\.(\d+))?")


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity: `value` has sign and scale applied.

    Attributes:
        unit: a currency code, `percent`, `points` (of percentage), `basis points`, `times`, or
            empty.
        scaled: a scale word stood with the number, so no table caption may scale it again.
        worded: written out, such as "two", "doubled" or "a third".
    """

    start: int
    end: int
    text: str
    value: Decimal
    unit: str = ""
    scaled: bool = False
    worded: bool = False

    @property
    def step(self) -> Decimal:
        """What one more in its last written digit would add: 100,000 for "$1.2 million"."""
        written = _DIGITS.search(self.text)
        if written is None:
            return Decimal("0.1") * abs(self.value)
        unscaled = Decimal(written.group().replace(",", ""))
        scale = abs(self.value) / unscaled if unscaled else Decimal(1)
        return scale.scaleb(-len(written[1] or ""))

    @property
    def measure(self) -> tuple[Decimal, str]:
        """Value and unit, alike for 50 basis points and half a percentage point."""
        if self.unit == "basis points":
            return self.value / 100, "points"
        return self.value, self.unit


@dataclass(frozen=True, slots=True)
class Label:
    """A name that holds digits: 10-Q, H20, 2nd."""

    start: int
    end: int
    text: str

    @property
    def name(self) -> str:
        """The label without regard to case."""
        return self.text.casefold()


type Mention = Amount | Period | Label

_PATTERN = re.compile(
    rf"""{periods.PATTERN}
  | (?P<name>\b\d+-[A-Z]{{1,2}}\b|\b[A-Za-z][A-Za-z&]*-?\d[\w.-]*\w|\b[A-Za-z]+\d\b
      |\b\d+(?:st|nd|rd|th)\b
      |\b\d+(?!(?:(?i:mm?|mn|bn?|tn|k|x|pp|ppts?|bps?)\b))[A-Za-z]\w*)
  | (?P<word>{words.PATTERN})
  | (?P<number>\d{{1,3}}(?:,\d{{3}})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)
    """,
    re.VERBOSE,
)
_SYMBOL = rf"(?:US\$|HK\$|C\$|A\$|[$€£¥₹]|(?:{_CODES})\b)"
_LEFT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>(?<![\w)])[-\u2212\u2013+])?\s*"
    rf"(?:(?P<symbol>(?<![A-Za-z]){_SYMBOL})\s*(?P<inner>\(\s*)?(?P<minus>[-\u2212])?\s*)?$"
)
_SCALE = re.compile(
    r"(?:\s*-?\s*(?P<word>(?i:thousand|million|billion|trillion))s?\b"
    r"|\s?(?P<short>(?i:mm|mn|bn|tn)|[kKmMbB])(?![\w-])"
    r"|\s*\(in\s+(?P<noted>(?i:thousand|million|billion))s\))"
)
_UNIT = re.compile(
    r"\s*-?\s*(?:(?P<points>(?i:percentage[\s-]points?|pp\b|ppts?\b))"
    r"|(?P<percent>%|(?i:percent|per\s+cent|pct)\b)"
    r"|(?P<basis>(?i:basis[\s-]points?|bps?\b))"
    r"|(?P<times>[x\u00d7](?!\w))"
    r"|(?:(?i:u\.?s\.?)\s+)?(?P<currency>(?i:dollar|euro|pound)s?\b|(?i:yen)\b"
    rf"|(?:{_CODES})\b))"
)
_CLOSE = re.compile(r"\s?\)")
_RANGE = re.compile(r"\s*(?:to|through|-|\u2013|\u2014|\u2212)\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"\bbetween\s*$", re.IGNORECASE)


def mentions(text: str) -> list[Mention]:
    """Every number, date, period and numbered name of a text, in order."""
    return _join_ranges(text, list(_scan(text)))


def _scan(text: str) -> Iterator[Mention]:
    position = 0
    while match := _PATTERN.search(text, position):
        found = _mention(text, match)
        position = found.end
        yield found


def _mention(text: str, match: re.Match[str]) -> Mention:
    form = match.lastgroup or ""
    if form == "number":
        return _number(text, match)
    if form == "word":
        return _worded(text, match)
    period = periods.read_period(form, match) if form != "name" else None
    return period or Label(match.start(), match.end(), match.group())


def _number(text: str, match: re.Match[str]) -> Mention:
    """An amount with the sign, currency, scale and unit around it, or a bare year."""
    raw, end = match.group(), match.end()
    left = _LEFT.search(text[max(0, match.start() - 16) : match.start()])
    assert left is not None  # noqa: S101 - every part of the pattern is optional
    opened = left["open"] or left["inner"]
    before_scale = _CLOSE.match(text, end) if opened else None
    end = before_scale.end() if before_scale else end
    scale = _SCALE.match(text, end)
    end = scale.end() if scale else end
    unit = _UNIT.match(text, end)
    end = unit.end() if unit else end
    after_unit = _CLOSE.match(text, end) if opened and not before_scale else None
    end = after_unit.end() if after_unit else end
    in_brackets = bool(before_scale or after_unit)
    signed = bool(left["minus"] or (left["sign"] and left["sign"] != "+"))
    if _is_year(raw) and not (left["symbol"] or unit or scale or signed):
        return Period(match.start(), match.end(), raw, year=int(raw))
    value = Decimal(raw.replace(",", ""))
    if scale:
        word = scale["word"] or scale["short"] or scale["noted"]
        value = value.scaleb(SCALES[word.lower()])
    outside = left.group().lstrip()
    if left["open"] and not in_brackets:
        outside = outside[1:].lstrip()
    start = match.start() - len(outside)
    return Amount(
        start,
        end,
        text[start:end],
        -value if signed or in_brackets else value,
        _unit_of(unit, left["symbol"]),
        bool(scale),
    )


def _worded(text: str, match: re.Match[str]) -> Amount:
    """Such as "two million dollars" or "doubled"; only what counts takes a scale and a unit."""
    value, unit = words.meaning(match.group())
    end = match.end()
    scale = None if unit else _SCALE.match(text, end)
    end = scale.end() if scale else end
    told = None if unit else _UNIT.match(text, end)
    end = told.end() if told else end
    if scale:
        value = value.scaleb(SCALES[(scale["word"] or scale["short"] or scale["noted"]).lower()])
    return Amount(
        match.start(),
        end,
        text[match.start() : end],
        value,
        unit or _unit_of(told, None),
        bool(scale),
        worded=True,
    )


def _is_year(raw: str) -> bool:
    return len(raw) == 4 and raw.isdigit() and 1900 <= int(raw) <= 2100  # noqa: PLR2004


def _unit_of(match: re.Match[str] | None, symbol: str | None) -> str:
    if match:
        for name, unit in (
            ("points", "points"),
            ("percent", "percent"),
            ("basis", "basis points"),
            ("times", "times"),
        ):
            if match[name]:
                return unit
        return _CURRENCIES[match["currency"].lower().rstrip("s")]
    return _CURRENCIES[symbol.lower()] if symbol else ""


def _join_ranges(text: str, found: list[Mention]) -> list[Mention]:
    """In "$10 to 12 million" both ends are millions of dollars."""
    for index in range(len(found) - 1):
        low, high = found[index], found[index + 1]
        if not (isinstance(low, Amount) and isinstance(high, Amount)):
            continue
        between = text[low.end : high.start]
        paired = between.strip().lower() == "and" and _BETWEEN.search(text[: low.start])
        if not (_RANGE.fullmatch(between) or paired):
            continue
        found[index], found[index + 1] = _share(low, high)
    return found


def _share(low: Amount, high: Amount) -> tuple[Amount, Amount]:
    if not low.unit and high.unit:
        low = replace(low, unit=high.unit)
    elif not high.unit and low.unit:
        high = replace(high, unit=low.unit)
    if high.scaled and not low.scaled and low.unit == high.unit:
        power = _power(high)
        low = replace(low, value=low.value.scaleb(power), scaled=True)
    return low, high


def _power(amount: Amount) -> int:
    """The power of ten that the amount's own scale word stands for."""
    match = re.search(r"(?i)(thousand|million|billion|trillion|mm|mn|bn|tn|[kmb])\W*", amount.text)
    return SCALES[match.group(1).lower()] if match else 0
