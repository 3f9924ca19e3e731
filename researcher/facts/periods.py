"""Dates and periods as filings and news write them: July 27, 2025, Q2, FY26, thirteen weeks."""

import re
from dataclasses import dataclass, replace
from datetime import date

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
_ORDINALS = ("first", "second", "third", "fourth")
_CENTURY = 100

_NAMES = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
    "|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?"
)
_MONTH = rf"(?:{_NAMES}|{_NAMES.upper()})\b\.?"
"""With a capital, or in capitals as in some tables' headers: "may 3" and "mar 3" are no dates."""

PATTERN = rf"""
    (?P<iso>\b\d{{4}}-\d\d-\d\d)(?!\d)
  | (?P<slash>\b\d{{1,2}}/\d{{1,2}}/\d{{2,4}})\b
  | \b(?P<mdy>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?\b(?!,\d)(?:,?\s+(?:19|20)\d\d\b)?)
  | \b(?P<dmy>\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTH}(?:,?\s+(?:19|20)\d\d\b)?)
  | \b(?P<my>{_MONTH},?\s+(?:19|20)\d\d)\b
  | \b(?P<quarter>(?:Q[1-4]|[1-4]Q)(?:\s?(?:FY|fiscal)?\s?['\u2019]?(?:20)?\d\d)?)\b
  | \b(?P<ordinal>(?i:{"|".join(_ORDINALS)})[\s-]+(?:(?i:fiscal)\s+)?(?i:quarter))\b
  | \b(?P<fiscal>FY\s?['\u2019]?(?:20)?\d\d)\b
  | \b(?P<length>(?:(?i:{"|".join(_WORDS)})|\d+)(?:\s+|-)(?i:(?:month|week)s?))\b
"""
"""Of a verbose regular expression; each alternative is a group of its own."""


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


def read_period(form: str, match: re.Match[str]) -> Period | None:
    """What a match of PATTERN says, by the name of its group; None where it is no date at all."""
    raw = match.group()
    blank = Period(match.start(), match.end(), raw)
    match form:
        case "iso" | "slash":
            return _calendar_day(blank)
        case "mdy" | "dmy" | "my":
            return _named_date(blank)
        case "quarter":
            number = next(int(character) for character in raw if character in "1234")
            return replace(blank, quarter=number, year=_year(raw[2:]))
        case "ordinal":
            first = re.split(r"[\s-]", raw.lower())[0]
            return replace(blank, quarter=_ORDINALS.index(first) + 1)
        case "fiscal":
            return replace(blank, year=_year(raw))
        case _:
            return replace(blank, length=_length(raw))


def _calendar_day(blank: Period) -> Period | None:
    """A day written in digits: ISO, or month/day/year."""
    parts = [int(part) for part in re.split(r"[-/]", blank.text)]
    year, month, day = parts if "-" in blank.text else (parts[2], parts[0], parts[1])
    year += 2000 if year < _CENTURY else 0
    try:
        date(year, month, day)
    except ValueError:
        return None
    return replace(blank, year=year, month=month, day=day)


def _named_date(blank: Period) -> Period:
    words = re.sub(r"\d(?:st|nd|rd|th)", "0", blank.text)
    month = next(word[:3].lower() for word in re.findall(r"[A-Za-z]{3,}", words))
    year = re.search(r"\d{4}", blank.text)
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", blank.text)
    return replace(
        blank,
        year=int(year.group()) if year else None,
        month=_MONTHS.index(month) + 1,
        day=int(day.group()) if day else None,
    )


def _year(raw: str) -> int | None:
    digits = re.sub(r"\D", "", raw)
    return int(digits[-2:]) + 2000 if digits else None


def _length(raw: str) -> str:
    """`Thirty-Nine Weeks` as `39 week`."""
    count, unit = re.split(r"[\s-]+(?=[a-z]+$)", raw.lower(), maxsplit=1)
    return f"{_WORDS.get(count, count)} {unit.removesuffix('s')}"
