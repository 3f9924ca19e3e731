"""Formulas over cited figures: parsed by a short whitelist, computed exactly, with units.

A formula may hold names, the numbers 1 and 100 (and 2, 3, 4 and 12 to divide by, for averages),
`+ - * /` and parentheses. Nothing else of Python is in reach.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext

from researcher.facts.numbers import CURRENCY_CODES

LONGEST = 200
"""Characters of a formula."""

RATIO = "ratio"
"""The unit of a figure divided by one of its own kind; 0.315 of it are 31.5 percent."""

_PRECISION = 40
_FACTORS = frozenset({1, 100})
_DIVISORS = frozenset({1, 2, 3, 4, 12, 100})
_PLAIN = ""


class BadFormula(ValueError):
    """The formula cannot be computed; the message says why, in words fit for a report."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with its unit: a currency code, `percent`, `points`, `times`, RATIO or empty."""

    value: Decimal
    unit: str
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """A parsed formula.

    Attributes:
        names: of its operands, in the order in which they first appear.
    """

    text: str
    tree: ast.expr
    names: tuple[str, ...]

    def compute(self, values: Mapping[str, Quantity]) -> Quantity:
        """Its result.

        Raises:
            BadFormula: an operand is missing, units do not go together, or it divides by zero.
        """
        with localcontext() as context:
            context.prec = _PRECISION
            return _compute(self.tree, values)

    @property
    def change(self) -> tuple[str, str] | None:
        """The new and the old operand, where it is a relative change: `(a - b) / b`, `a / b - 1`.

        `(a - b) / abs(b)` and the like are not known.
        """
        for pattern in _changes(self.names):
            if ast.dump(self.tree) == ast.dump(pattern[0]):
                return pattern[1], pattern[2]
        return None


def parse(text: str) -> Formula:
    """Read a formula.

    Raises:
        BadFormula: it holds anything but what this module's first lines allow.
    """
    if len(text) > LONGEST:
        raise BadFormula("the formula is too long")
    try:
        tree = ast.parse(_ascii(text), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BadFormula("the formula cannot be read") from error
    names: dict[str, None] = {}
    _walk(tree, names)
    if not names:
        raise BadFormula("the formula has no operand")
    return Formula(text, tree, tuple(names))


def _ascii(text: str) -> str:
    marks = {"\u2212": "-", "\u2013": "-", "\u00d7": "*", "\u00f7": "/"}
    return "".join(marks.get(character, character) for character in text).strip()


def _walk(node: ast.expr, names: dict[str, None]) -> None:
    match node:
        case ast.BinOp(left, ast.Add() | ast.Sub() | ast.Mult() | ast.Div(), right):
            _walk(left, names)
            _walk(right, names)
        case ast.UnaryOp(ast.USub(), operand):
            _walk(operand, names)
        case ast.Name(name):
            names[name] = None
        case ast.Constant(int() as value) if value in _DIVISORS and not isinstance(value, bool):
            pass
        case _:
            raise BadFormula("the formula holds something that is not allowed in one")


def _compute(node: ast.expr, values: Mapping[str, Quantity]) -> Quantity:
    match node:
        case ast.Name(name):
            if name not in values:
                raise BadFormula(f"the formula's operand {name} is not given")
            return values[name]
        case ast.Constant(int() as value):
            return Quantity(Decimal(value), _PLAIN, constant=True)
        case ast.UnaryOp(_, operand):
            inner = _compute(operand, values)
            return Quantity(-inner.value, inner.unit)
        case ast.BinOp(left, operator, right):
            one, other = _compute(left, values), _compute(right, values)
            return _combine(one, operator, other)
    raise BadFormula("the formula holds something that is not allowed in one")


def _combine(one: Quantity, operator: ast.operator, other: Quantity) -> Quantity:
    match operator:
        case ast.Add():
            return Quantity(one.value + other.value, _common(one, other))
        case ast.Sub():
            unit = _common(one, other)
            return Quantity(one.value - other.value, "points" if unit == "percent" else unit)
        case ast.Mult():
            return _product(one, other)
    return _quotient(one, other)


def _common(one: Quantity, other: Quantity) -> str:
    """The unit of a sum; 1 may be taken from a ratio."""
    for this, that in ((one, other), (other, one)):
        if this.unit == RATIO and that.constant and that.value == 1:
            return RATIO
    if one.constant or other.constant or one.unit != other.unit:
        raise BadFormula("the formula adds or subtracts figures of different units")
    return one.unit


def _product(one: Quantity, other: Quantity) -> Quantity:
    if other.constant:
        one, other = other, one
    if one.constant:
        if one.value not in _FACTORS:
            raise BadFormula("the formula multiplies by a number of its own")
        unit = "percent" if other.unit == RATIO and one.value != 1 else other.unit
        if one.value != 1 and other.unit != RATIO:
            raise BadFormula("only a ratio may be multiplied by 100")
        return Quantity(one.value * other.value, unit)
    for share, whole in ((one, other), (other, one)):
        if share.unit == "percent" and whole.unit in {*CURRENCY_CODES, _PLAIN}:
            return Quantity(share.value * whole.value / 100, whole.unit)
        if share.unit in {RATIO, _PLAIN, "times"} and whole.unit in CURRENCY_CODES:
            return Quantity(share.value * whole.value, whole.unit)
    raise BadFormula("the formula multiplies figures that cannot be multiplied")


def _quotient(one: Quantity, other: Quantity) -> Quantity:
    if not other.value:
        raise BadFormula("the formula divides by zero")
    value = one.value / other.value
    if other.constant:
        return Quantity(value, one.unit)
    if one.constant:
        raise BadFormula("the formula divides a number of its own")
    if one.unit == other.unit:
        return Quantity(value, RATIO)
    if one.unit in CURRENCY_CODES and other.unit == _PLAIN:
        return Quantity(value, one.unit)
    raise BadFormula("the formula divides figures of different units")


def _changes(names: tuple[str, ...]) -> list[tuple[ast.expr, str, str]]:
    """The ways to write a relative change from the second of two operands to the first."""
    if len(names) != 2:  # noqa: PLR2004 - new and old
        return []
    found: list[tuple[ast.expr, str, str]] = []
    for new, old in (names, names[::-1]):
        for text in ("({0} - {1}) / {1}", "{0} / {1} - 1"):
            for whole in (text, f"({text}) * 100", f"100 * ({text})"):
                tree = ast.parse(whole.format(new, old), mode="eval").body
                found.append((tree, new, old))
    return found
