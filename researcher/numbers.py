"""The one place where numbers, dates and periods are read out of text.

Claims and evidence go through the same reader, so "$1.2 billion" and "1,200 million dollars" come
out equal, and "5%", "5 percentage points" and "5" do not. Every digit of a text lies in some
mention: a number nobody understood would be a number nobody checked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

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

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = {
    "three": 3,
    "six": 6,
    "nine": 9,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "twenty-six": 26,
    "thirty-nine": 39,
    "fifty-two": 52,
    "fifty-three": 53,
}
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
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
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A quantity: `value` has sign and scale applied.

    Attributes:
        unit: a currency code, `percent`, `points` (of percentage), `basis points`, `times`, or
            empty.
        scaled: a scale word stood with the number, so no table caption may scale it again.
    """

    start: int
    end: int
    text: str
    value: Decimal
    unit: str = ""
    scaled: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """A date or period, as far as it is given; `length` is such as `3 month` or `13 week`."""

    start: int
    end: int
    text: str
    year: int | None = None
    month: int | None = None
    day: int | None = None
    quarter: int | None = None
    length: str | None = None

    def borne_by(self, other: "Period") -> bool:
        """Whether everything this one says, the other says too."""
        return all(
            mine is None or mine == theirs
            for mine, theirs in (
                (self.year, other.year),
                (self.month, other.month),
                (self.day, other.day),
                (self.quarter, other.quarter),
                (self.length, other.length),
            )
        )


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

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
_PATTERN = re.compile(
    rf"""
    (?P<iso>\b\d{{4}}-\d\d-\d\d)(?!\d)
  | (?P<slash>\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}})\b
  | \b(?P<mdy>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!,\d)(?:,?\s+(?:19|20)\d\d\b)?)
  | \b(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+(?:19|20)\d\d\b)?)
  | \b(?P<my>{_MONTH},?\s+(?:19|20)\d\d)\b
  | \b(?P<quarter>(?:Q[1-4]|[1-4]Q)(?:\s?(?:FY|fiscal)?\s?['’]?(?:20)?\d\d)?)\b
  | \b(?P<ordinal>(?i:first|second|third|fourth)[\s-]+(?:(?i:fiscal)\s+)?(?i:quarter))\b
  | \b(?P<fiscal>FY\s?['’]?(?:20)?\d\d)\b
  | \b(?P<length>(?:(?i:{"|".join(_WORDS)})|\d+)(?:\s+|-)(?i:month|week))s?\b
  | (?P<name>\b\d+-[A-Z]{{1,2}}\b|\b[A-Za-z][A-Za-z&]*-?\d[\w.-]*\w|\b[A-Za-z]+\d\b
      |\b\d+(?:st|nd|rd|th)\b
      |\b\d+(?!(?:(?i:mm?|mn|bn?|tn|k|x|pp|ppts?|bps?)\b))[A-Za-z]\w*)
  | (?P<number>{_NUMBER})
    """,
    re.VERBOSE,
)
_SYMBOL = r"(?:US\$|HK\$|C\$|A\$|[$€£¥₹]|(?:USD|EUR|GBP|JPY|CHF|CNY|CAD|AUD|HKD|INR)\b)"
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
    r"|(?P<times>[x×](?!\w))"
    r"|(?:(?i:u\.?s\.?)\s+)?(?P<currency>(?i:dollar|euro|pound)s?\b|(?i:yen)\b"
    r"|(?:USD|EUR|GBP|JPY|CHF|CNY|CAD|AUD|HKD|INR)\b))"
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
        kind = match.lastgroup
        found = _number(text, match) if kind == "number" else _other(kind or "", match)
        position = found.end
        yield found


def _other(kind: str, match: re.Match[str]) -> Mention:
    """A date, period or name; one that makes no sense as a date is kept as a name."""
    raw, start, end = match.group(), match.start(), match.end()
    if kind == "name":
        return Label(start, end, raw)
    blank = Period(start, end, raw)
    if kind in {"iso", "slash"}:
        day = _calendar_day(raw)
        if day is None:
            return Label(start, end, raw)
        return replace(blank, year=day.year, month=day.month, day=day.day)
    if kind in {"mdy", "dmy", "my"}:
        return _named_date(blank)
    if kind == "quarter":
        number = next(int(c) for c in raw if c in "1234")
        rest = raw[2:]
        return replace(blank, quarter=number, year=_year(rest))
    if kind == "ordinal":
        return replace(blank, quarter=_ORDINALS[re.split(r"[\s-]", raw.lower())[0]])
    if kind == "fiscal":
        return replace(blank, year=_year(raw))
    return replace(blank, length=_length(raw))


def _calendar_day(raw: str) -> date | None:
    """A day written in digits: ISO, or month/day/year."""
    parts = [int(part) for part in re.split(r"[-/]", raw)]
    year, month, day = parts if "-" in raw else (parts[2], parts[0], parts[1])
    try:
        return date(year + 2000 if year < 100 else year, month, day)  # noqa: PLR2004 - '25 is 2025
    except ValueError:
        return None


def _named_date(blank: Period) -> Period:
    month_name = re.search(r"[A-Za-z]{3}", re.sub(r"\d(?:st|nd|rd|th)", "0", blank.text))
    month = _MONTHS.index(month_name.group().lower()) + 1 if month_name else None
    year = re.search(r"\d{4}", blank.text)
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", blank.text)
    return replace(
        blank,
        year=int(year.group()) if year else None,
        month=month,
        day=int(day.group()) if day else None,
    )


def _year(raw: str) -> int | None:
    digits = re.sub(r"\D", "", raw)
    return int(digits[-2:]) + 2000 if digits else None


def _length(raw: str) -> str:
    """`Thirty-Nine Weeks` as `39 week`."""
    count, unit = re.split(r"[\s-]+(?=[a-z]+$)", raw.lower(), maxsplit=1)
    return f"{_WORDS.get(count, count)} {unit.removesuffix('s')}"


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
