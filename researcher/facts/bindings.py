"""Which period each amount of a sentence belongs to, as far as its wording tells."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from researcher.facts.numbers import Amount, Mention, mentions
from researcher.facts.periods import Period

_ONE_PERIOD = re.compile(
    r"[\s,(]*(?:(?:ended|ending|of|in|for|the|and|fiscal|calendar|year|quarter|period|as)[\s,]*)*",
    re.IGNORECASE,
)
"""What stands between the parts of one period: "the three months ended June 30, 2026"."""

_LISTED = re.compile(r"\band\b|\bto\b", re.IGNORECASE)
_AFTER = re.compile(
    r"(?:\s+of\s+(?:net\s+|operating\s+|other\s+)?[a-z]+)?\s*\(?\s*(?:(?:in|for|during|at|on|as|of|the|its|our|ended|ending|end|close|fiscal|year|quarter"
    r"|first|second|third|fourth|full|period|sales|revenues?)\b\s*)*",
    re.IGNORECASE,
)
"""Between an amount and the period it is of: "$5 million in the", "$5 million ("."""

_COMPARED = re.compile(
    r"\b(?:from|against|versus|vs\.?|than|compared|prior|previous|earlier|last)\b", re.IGNORECASE
)
_ELSEWHERE = re.compile(
    r"[^.;]{0,40}\b(?:ago|earlier|(?:prior|previous|last|preceding|same)[\s-](?:year|quarter|period"
    r"|fiscal))",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:compared|versus|vs\.?|against|from|than)\b|^[\s,]*(?:and|or)?\s*$", re.IGNORECASE
)
_FISCAL = re.compile(r"\bfiscal\b|\bFY|\bQ[1-4]\b|\b[1-4]Q\b|\bquarter\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Time:
    """All that is said of one period, its parts put together.

    Attributes:
        fiscal: it is counted in fiscal years or quarters, which are not the calendar's.
    """

    years: frozenset[int]
    months: frozenset[int]
    days: frozenset[int]
    quarters: frozenset[int]
    lengths: frozenset[str]
    fiscal: bool = False

    @classmethod
    def of(cls, periods: Sequence[Period], *, fiscal: bool = False) -> "Time":
        """The parts' own parts."""
        return cls(
            years=frozenset(p.year for p in periods if p.year),
            months=frozenset(p.month for p in periods if p.month),
            days=frozenset(p.day for p in periods if p.day),
            quarters=frozenset(p.quarter for p in periods if p.quarter),
            lengths=frozenset(p.length for p in periods if p.length),
            fiscal=fiscal,
        )

    def conflicts(self, other: "Time") -> bool:
        """Whether both name a part of the same kind, and never the same one."""
        pairs = [
            (self.quarters, other.quarters),
            (self.lengths, other.lengths),
        ]
        if self.fiscal == other.fiscal:
            pairs.append((self.years, other.years))
        if not (self.fiscal or other.fiscal):
            pairs += [(self.months, other.months), (self.days, other.days)]
        return any(mine and theirs and not mine & theirs for mine, theirs in pairs)

    def same_as(self, other: "Time") -> bool:
        """Whether both are one period: all they name alike is the same, and they name something."""
        known = (self.years or self.quarters) and (other.years or other.quarters)
        return bool(known) and not self.conflicts(other) and self.lengths == other.lengths

    def after(self, other: "Time") -> bool:
        """Whether this one ends later."""
        return self.end > other.end

    @property
    def end(self) -> tuple[int, int, int, int]:
        """Year, quarter, month and day, each 0 where it is not named."""
        return (
            max(self.years, default=0),
            max(self.quarters, default=0),
            max(self.months, default=0),
            max(self.days, default=0),
        )


def time_of(text: str) -> Time:
    """All that a header or label says of its period."""
    found = [mention for mention in mentions(text) if isinstance(mention, Period)]
    return Time.of(found, fiscal=bool(_FISCAL.search(text)))


def bound(text: str, said: Sequence[Mention]) -> dict[int, Time]:
    """The period of each amount, by where the amount starts; those left open are missing."""
    items = list(_items(text, [m for m in said if not _is_name(m)]))
    amounts = [item for item in items if isinstance(item, Amount)]
    groups = [item for item in items if not isinstance(item, Amount)]
    if re.search(r"\brespectively\b", text, re.IGNORECASE):
        if len(amounts) != len(groups):
            return {}
        return {a.start: _time(text, g) for a, g in zip(amounts, groups, strict=True)}
    found: dict[int, Time] = {}
    for place, item in enumerate(items):
        if isinstance(item, Amount) and (group := _group_of(text, items, place)):
            found[item.start] = _time(text, group)
    return found


def compares_with_itself(text: str) -> bool:
    """Whether a text sets a period against the same one: "in 2025 compared with 2025"."""
    said = [mention for mention in mentions(text) if not _is_name(mention)]
    groups = [item for item in _items(text, said) if not isinstance(item, Amount)]
    for one, other in pairwise(groups):
        between = text[one[-1].end : other[0].start]
        set_against = _AGAINST.search(between) and not re.search(r"[.;]\s", between)
        mine, theirs = _time(text, one), _time(text, other)
        named = mine.years and theirs.years
        apart = (mine.lengths and theirs.lengths and mine.lengths != theirs.lengths) or (
            mine.quarters and theirs.quarters and mine.quarters != theirs.quarters
        )
        alike = (mine.years, mine.months, mine.days) == (theirs.years, theirs.months, theirs.days)
        if set_against and named and alike and not apart:
            return True
    return False


type _Group = list[Period]


def _is_name(mention: Mention) -> bool:
    return not isinstance(mention, Amount | Period)


def _items(text: str, said: Sequence[Mention]) -> Iterator[Amount | _Group]:
    """Amounts, and periods with their parts together."""
    group: _Group = []
    for mention in said:
        if isinstance(mention, Period):
            if group and not _goes_on(text, group[-1], mention):
                yield group
                group = []
            group.append(mention)
        elif isinstance(mention, Amount):
            if group:
                yield group
                group = []
            yield mention
    if group:
        yield group


def _goes_on(text: str, one: Period, next_: Period) -> bool:
    between = text[one.end : next_.start]
    if _LISTED.search(between) or not _ONE_PERIOD.fullmatch(between):
        return False
    return not any(
        mine is not None and theirs is not None
        for mine, theirs in (
            (one.year, next_.year),
            (one.month, next_.month),
            (one.quarter, next_.quarter),
            (one.length, next_.length),
        )
    )


def _group_of(text: str, items: Sequence[Amount | _Group], place: int) -> _Group | None:
    """The period right after the amount, else the one it stands under."""
    amount = items[place]
    assert isinstance(amount, Amount)  # noqa: S101 - the caller's choice
    after = items[place + 1] if place + 1 < len(items) else None
    if isinstance(after, list) and _AFTER.fullmatch(text[amount.end : after[0].start]):
        return None if _neighbours(items, place + 1) else after
    before = next((i for i in reversed(items[:place]) if isinstance(i, list)), None)
    if before is None or _neighbours(items, items.index(before)):
        return None
    between = text[before[-1].end : amount.start]
    ending = text[amount.end : amount.end + 60]
    open_ = _COMPARED.search(between) or _ELSEWHERE.match(ending) or ";" in between
    taken = any(
        isinstance(other, Amount) and _AFTER.fullmatch(text[other.end : before[0].start])
        for other in items[max(0, items.index(before) - 1) : items.index(before)]
    )
    return None if open_ or taken else before


def _neighbours(items: Sequence[Amount | _Group], place: int) -> bool:
    """Whether another period stands beside this one with no amount between: "2026 and 2025"."""
    beside = [*items[max(0, place - 1) : place], *items[place + 1 : place + 2]]
    return any(isinstance(item, list) for item in beside)


def _time(text: str, group: _Group) -> Time:
    around = text[max(0, group[0].start - 24) : group[-1].end]
    return Time.of(group, fiscal=bool(_FISCAL.search(around)))
