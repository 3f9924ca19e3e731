"""Changes on the year, calculated: of a key figure whose earlier period stands in the same row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from researcher.facts.bindings import Time, time_of
from researcher.facts.numbers import CURRENCY_CODES, Amount, mentions
from researcher.llm.offline.key_figures import when
from researcher.verify.draft import Calculation, Claim, KeyFigure, Operand

FORMULA = "(a - b) / b"
_MOST_SHOWN = Decimal(1000)
"""Per cent; a larger change says that the figure before was next to nothing."""


@dataclass(frozen=True, slots=True)
class _Point:
    figure: KeyFigure
    amount: Amount
    time: Time


def changes(figures: Sequence[KeyFigure]) -> list[Claim]:
    """A claim for each row with a year's change in it, in the order of the rows."""
    rows: dict[tuple[str, str], list[_Point]] = {}
    for figure in figures:
        point = _point(figure)
        if point:
            key = (figure.name, figure.quotes[0].text)
            rows.setdefault(key, []).append(point)
    return [claim for points in rows.values() for claim in _changes(points)]


def _changes(points: Sequence[_Point]) -> Iterator[Claim]:
    """The change to the row's first figure, where the row has the year before."""
    new = points[0]
    old = next((point for point in points[1:] if _year_before(point.time, new.time)), None)
    if old is None or old.amount.value <= 0 or old.amount.unit != new.amount.unit:
        return
    change = 100 * (new.amount.value - old.amount.value) / old.amount.value
    size = abs(change).quantize(Decimal("0.1"), ROUND_HALF_UP)
    if size and size <= _MOST_SHOWN and new.amount.value > 0:
        yield _change_claim(new.figure, old.figure, f"{size}%", rises=change > 0)


def _change_claim(new: KeyFigure, old: KeyFigure, size: str, *, rises: bool) -> Claim:
    verb = "rose" if rises else "fell"
    text = (
        f"{new.name} {verb} {size} to {new.value}{when(new.period)},"
        f" from {old.value}{when(old.period)}."
    )
    operands = [
        Operand(name=name, value=figure.value, quote=figure.quotes[0])
        for name, figure in (("a", new), ("b", old))
    ]
    calculation = Calculation(result=size, formula=FORMULA, operands=operands)
    return Claim(text=text, quotes=new.quotes, calculations=[calculation])


def _point(figure: KeyFigure) -> _Point | None:
    """A sum of money with its period; shares of something have no rate of change worth telling."""
    found = [mention for mention in mentions(figure.value) if isinstance(mention, Amount)]
    if len(found) != 1 or found[0].unit not in CURRENCY_CODES or not figure.quotes:
        return None
    time = time_of(figure.period)
    return _Point(figure, found[0], time) if time.years else None


def _year_before(old: Time, new: Time) -> bool:
    """Whether it is the same stretch of the year before; 52-week years end a few days apart."""
    return (
        len(old.years) == len(new.years) == 1
        and max(new.years) - max(old.years) == 1
        and (old.lengths, old.quarters) == (new.lengths, new.quarters)
        and _months_apart(old, new) <= 1
    )


def _months_apart(old: Time, new: Time) -> int:
    if not (old.months and new.months):
        return 0 if old.months == new.months else 12
    apart = abs(max(new.months) - max(old.months))
    return min(apart, 12 - apart)
