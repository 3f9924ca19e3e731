from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.verify.formulas import RATIO, BadFormula, Quantity, parse

MONEY = st.decimals(min_value=1, max_value=10**12, places=2).map(lambda d: Quantity(d, "USD"))


def computed(text: str, **values: Quantity) -> Quantity:
    return parse(text).compute(values)


def usd(value: str) -> Quantity:
    return Quantity(Decimal(value), "USD")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("(a - b) / b", "0.25", RATIO),
        ("a / b - 1", "0.25", RATIO),
        ("(a \u2212 b) \u00f7 b * 100", "25", "percent"),
        ("a - b", "1", "USD"),
        ("a + b", "9", "USD"),
        ("(a + b) / 2", "4.5", "USD"),
        ("1 * a", "5", "USD"),
        ("a / n", "2.5", "USD"),
        ("p * a", "0.5", "USD"),
        ("p - q", "-2", "points"),
        ("-a", "-5", "USD"),
    ],
)
def test_a_formula_gives_a_value_with_its_unit(text: str, value: str, unit: str) -> None:
    given_ = {
        "a": usd("5"),
        "b": usd("4"),
        "n": Quantity(Decimal(2), ""),
        "p": Quantity(Decimal(10), "percent"),
        "q": Quantity(Decimal(12), "percent"),
    }
    result = parse(text).compute(given_)
    assert (result.value, result.unit) == (Decimal(value), unit)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "a ** b",
        "a // b",
        "a % b",
        "a if b else 1",
        "__import__('os')",
        "a.real",
        "a[0]",
        "f(a)",
        "lambda: a",
        "a and b",
        "a < b",
        "a * 1.07",
        "a + 'x'",
        "a * True",
        "[a]",
        "a; b",
        "a = b",
        "a := b",
        "(" * 300 + "a" + ")" * 300,
        "a\x00",
    ],
)
def test_anything_but_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(BadFormula):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "a + e",  # two currencies
        "a / e",
        "a + p",
        "a * b",
        "a + 1",
        "a * 100",
        "a * 2",
        "a / b * 2",
        "3 * (a / b)",
        "(a / b) * 4",
        "12 * (a / b)",
        "100 / a",
        "a / z",
        "a + missing",
    ],
)
def test_units_that_do_not_go_together_are_refused(text: str) -> None:
    values = {
        "a": usd("5"),
        "b": usd("4"),
        "e": Quantity(Decimal(3), "EUR"),
        "p": Quantity(Decimal(10), "percent"),
        "z": usd("0"),
    }
    with pytest.raises(BadFormula):
        parse(text).compute(values)


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("(a - b) / b", ("a", "b")),
        ("a / b - 1", ("a", "b")),
        ("(b - a) / a", ("b", "a")),
        ("((a - b) / b) * 100", ("a", "b")),
        ("(a - b) / a", None),
        ("a / b", None),
        ("a - b", None),
    ],
)
def test_a_relative_change_is_known_by_its_shape(text: str, change: tuple[str, str] | None) -> None:
    assert parse(text).change == change


@given(MONEY, MONEY)
def test_both_ways_to_write_a_change_agree(new: Quantity, old: Quantity) -> None:
    one = computed("(a - b) / b", a=new, b=old)
    other = computed("a / b - 1", a=new, b=old)
    assert abs(one.value - other.value) < Decimal("1e-20")


@given(MONEY, MONEY)
def test_a_difference_and_a_sum_undo_each_other(one: Quantity, other: Quantity) -> None:
    assert computed("a + b - b", a=one, b=other) == one


@given(st.text(alphabet="ab()+-*/ 12.", max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(BadFormula):
        formula = parse(text)
        result = formula.compute({name: usd("3") for name in formula.names})
        assert result.value.is_finite()
