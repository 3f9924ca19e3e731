from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source, text_hash
from researcher.verify.check import Verdict, check
from researcher.verify.draft import Calculation, Claim, Operand, Quote
from tests.support.pages import RESULTS

REVENUE = "| Revenue | $412.6 | $378.5 |"
OPERATING = "| Operating income | 61.9 | 52.3 |"
COST = "| Cost of revenue | 231.1 | 217.9 |"
INTEREST = "| Interest expense | (4.2) | (5.0) |"
HEADLINE = (
    "Northwind Instruments reported revenue of $412.6 million for the second quarter of 2026, up 9%"
    " from\n$378.5 million a year earlier."
)
HALF = """
## Half year

(In millions)

|  | Six Months Ended June 30, 2026 | Six Months Ended June 30, 2025 |
| Revenue | $801.2 | $745.0 |
| Margin | 15.0% | 13.8% |
"""
EUROS = """
Sales in Europe (in millions)

|  | Three Months Ended June 30, 2026 |
| Sales | \u20ac 50.0 |
"""


def indexed_source(text: str, key: str, title: str = "Northwind Instruments 10-Q") -> IndexedSource:
    return IndexedSource(
        Source(
            key=key,
            url=f"http://site.test/{key}",
            title=title,
            text=text,
            sha256=text_hash(text),
            text_sha256=text_hash(text),
            retrieved=datetime(2026, 8, 3, tzinfo=UTC),
            via="http",
        )
    )


SOURCES = {
    "S1": indexed_source(RESULTS + HALF, "S1"),
    "S2": indexed_source(EUROS, "S2"),
    "S3": indexed_source(RESULTS, "S3", "Southwind Motors 10-Q"),
}


def calculated(
    text: str, result: str, formula: str, *operands: tuple[str, str, str], source: str = "S1"
) -> Verdict:
    given_ = [
        Operand(name=name, value=value, quote=Quote(source=source, text=row))
        for name, value, row in operands
    ]
    calculation = Calculation(result=result, formula=formula, operands=given_)
    return check(
        Claim(text=text, quotes=[o.quote for o in given_], calculations=[calculation]), SOURCES
    )


NEW, OLD = ("a", "$412.6 million", REVENUE), ("b", "$378.5 million", REVENUE)


@pytest.mark.parametrize(
    ("text", "result", "formula", "operands"),
    [
        ("Revenue rose 9.0% to $412.6 million.", "9.0%", "(a - b) / b", (NEW, OLD)),
        ("Revenue rose 9% to $412.6 million.", "9%", "a / b - 1", (NEW, OLD)),
        ("Revenue grew by $34.1 million.", "$34.1 million", "a - b", (NEW, OLD)),
        ("Revenue was 1.09 times that of the year before.", "1.09 times", "a / b", (NEW, OLD)),
        (
            "The operating margin was 15.0%.",
            "15.0%",
            "a / b",
            (("a", "$61.9 million", OPERATING), ("b", "$412.6 million", REVENUE)),
        ),
        (
            "Cost of revenue fell to 56.0% of revenue.",
            "56.0%",
            "a / b",
            (("a", "$231.1 million", COST), ("b", "$412.6 million", REVENUE)),
        ),
        (
            "Revenue less its cost was $181.5 million.",
            "$181.5 million",
            "a - b",
            (("a", "$412.6 million", REVENUE), ("b", "$231.1 million", COST)),
        ),
        (
            "Northwind's revenue rose 9.0%.",
            "9.0%",
            "(a - b) / b",
            (("a", "$412.6 million", HEADLINE), ("b", "$378.5 million", HEADLINE)),
        ),
    ],
)
def test_a_calculation_that_holds_passes(
    text: str, result: str, formula: str, operands: tuple[tuple[str, str, str], ...]
) -> None:
    verdict = calculated(text, result, formula, *operands)
    assert verdict.reasons == ()
    shown = next(figure for figure in verdict.figures if figure.formula)
    assert shown.formula == formula
    assert shown.text.startswith(result.partition(" ")[0])
    assert [operand.name for operand in shown.operands] == [name for name, _, _ in operands]


SIX = "| Revenue | $801.2 | $745.0 |"
MARGIN = "| Margin | 15.0% | 13.8% |"


@pytest.mark.parametrize(
    ("text", "result", "formula", "operands", "why"),
    [
        ("Revenue rose 9.1%.", "9.1%", "(a - b) / b", (NEW, OLD), "does not give"),
        ("Revenue rose 9.00%.", "9.00%", "(a - b) / b", (NEW, OLD), "does not give"),
        ("Revenue fell 9.0%.", "9.0%", "(a - b) / b", (NEW, OLD), "does not give"),
        ("Revenue rose -9.0%.", "-9.0%", "(a - b) / b", (NEW, OLD), "does not give"),
        ("Revenue rose 8.3%.", "8.3%", "(a - b) / a", (NEW, OLD), "told as a change"),
        ("Revenue rose 9.0%.", "9.0%", "(b - a) / a", (OLD, NEW), "not an earlier one"),
        ("Revenue rose 109.0%.", "109.0%", "a / b", (NEW, OLD), "told as a change"),
        ("Revenue rose 9.0 percentage points.", "9.0 points", "(a - b) / b", (NEW, OLD), ""),
        (
            "Revenue rose 9.0%.",
            "9.0%",
            "(a - b) / b",
            (NEW, ("b", "$378.6 million", REVENUE)),
            "operand",
        ),
        ("Revenue rose 9.0%.", "9.0%", "(a - b) / b", (NEW,), "names"),
        ("Revenue rose.", "9.0%", "(a - b) / b", (NEW, OLD), "not in the claim"),
        (
            "Revenue rose 94.2%.",
            "94.2%",
            "(a - b) / b",
            (("a", "$801.2 million", SIX), ("b", "$412.6 million", REVENUE)),
            "different length",
        ),
        (
            "Revenue fell 8.3%.",
            "8.3%",
            "(a - b) / b",
            (("a", "$378.5 million", REVENUE), ("b", "$412.6 million", REVENUE)),
            "not an earlier one",
        ),
        (
            "Revenue rose 566.6%.",
            "566.6%",
            "(a - b) / b",
            (("a", "$412.6 million", REVENUE), ("b", "$61.9 million", OPERATING)),
            "different measures",
        ),
        (
            "The operating margin was 13.8%.",
            "13.8%",
            "a / b",
            (("a", "$52.3 million", OPERATING), ("b", "$412.6 million", REVENUE)),
            "different periods",
        ),
        (
            "Interest expense fell 16.0%.",
            "16.0%",
            "(a - b) / b",
            (("a", "-$4.2 million", INTEREST), ("b", "-$5.0 million", INTEREST)),
            "not positive",
        ),
    ],
)
def test_a_calculation_that_does_not_hold_fails(
    text: str,
    result: str,
    formula: str,
    operands: tuple[tuple[str, str, str], ...],
    why: str,
) -> None:
    verdict = calculated(text, result, formula, *operands)
    assert not verdict.passed
    assert why in " ".join(verdict.reasons)


def test_a_change_of_percentages_is_in_points() -> None:
    operands = (("a", "15.0%", MARGIN), ("b", "13.8%", MARGIN))
    for text, result in (
        ("The margin rose 1.2 percentage points.", "1.2 percentage points"),
        ("The margin rose 120 basis points.", "120 basis points"),
    ):
        assert calculated(text, result, "a - b", *operands).reasons == ()
    assert not calculated("The margin rose 1.2%.", "1.2%", "a - b", *operands).passed


def test_currencies_are_not_mixed() -> None:
    euros = Operand(
        name="b",
        value="\u20ac50.0 million",
        quote=Quote(source="S2", text="| Sales | \u20ac 50.0 |"),
    )
    dollars = Operand(name="a", value="$412.6 million", quote=Quote(source="S1", text=REVENUE))
    calculation = Calculation(result="$462.6 million", formula="a + b", operands=[dollars, euros])
    claim = Claim(
        text="Revenue and sales were $462.6 million.", quotes=[], calculations=[calculation]
    )
    assert "different units" in " ".join(check(claim, SOURCES).reasons)


def test_companies_are_not_mixed_in_a_change() -> None:
    new = Operand(name="a", value="$412.6 million", quote=Quote(source="S1", text=REVENUE))
    old = Operand(name="b", value="$378.5 million", quote=Quote(source="S3", text=REVENUE))
    calculation = Calculation(result="9.0%", formula="(a - b) / b", operands=[new, old])
    claim = Claim(text="Revenue rose 9.0%.", quotes=[], calculations=[calculation])
    assert "different measures" in " ".join(check(claim, SOURCES).reasons)


@pytest.mark.parametrize(
    ("source", "why"),
    [("S1", []), ("S3", ["a calculation fails: the formula mixes companies and measures"])],
)
def test_companies_are_not_mixed_in_a_ratio(source: str, why: list[str]) -> None:
    income = Operand(name="a", value="$61.9 million", quote=Quote(source="S1", text=OPERATING))
    revenue = Operand(name="b", value="$412.6 million", quote=Quote(source=source, text=REVENUE))
    calculation = Calculation(result="15.0%", formula="a / b", operands=[income, revenue])
    claim = Claim(text="The operating margin was 15.0%.", quotes=[], calculations=[calculation])
    assert [r for r in check(claim, SOURCES).reasons if "calculation" in r] == why


def test_words_for_multiples_are_calculated_too() -> None:
    text = (
        "(in millions)\n\n|  | Year Ended June 30, 2026 | Year Ended June 30, 2025 |\n"
        "| Orders | $ 81 | $ 40 |\n"
    )
    quote = Quote(source="S1", text="| Orders | $ 81 | $ 40 |")
    operands = [
        Operand(name="a", value="$81 million", quote=quote),
        Operand(name="b", value="$40 million", quote=quote),
    ]
    for word, passes in (("doubled", True), ("tripled", False), ("halved", False)):
        calculation = Calculation(result=word, formula="a / b", operands=operands)
        claim = Claim(text=f"Orders {word}.", quotes=[quote], calculations=[calculation])
        assert check(claim, {"S1": indexed_source(text, "S1")}).passed is passes


POSITIVE = st.integers(1, 99_999)


@given(new=POSITIVE, old=POSITIVE, data=st.data())
def test_only_the_right_growth_to_its_last_digit_passes(
    new: int, old: int, data: st.DataObject
) -> None:
    assume(new != old)
    text = (
        "(in millions)\n\n|  | Year Ended June 30, 2026 | Year Ended June 30, 2025 |\n"
        f"| Orders | $ {new:,} | $ {old:,} |\n"
    )
    row = Quote(source="S1", text=f"| Orders | $ {new:,} | $ {old:,} |")
    growth = (Decimal(100) * (new - old) / old).quantize(Decimal("0.1"), ROUND_HALF_UP)
    assume(growth)
    off = data.draw(st.sampled_from([Decimal(0), Decimal("0.1"), Decimal("-0.1"), Decimal(10)]))
    said = abs(growth) + off
    assume(said > 0)
    verb = "rose" if growth > 0 else "fell"
    calculation = Calculation(
        result=f"{said}%",
        formula="(a - b) / b",
        operands=[
            Operand(name="a", value=f"${new:,} million", quote=row),
            Operand(name="b", value=f"${old:,} million", quote=row),
        ],
    )
    claim = Claim(text=f"Orders {verb} {said}%.", quotes=[row], calculations=[calculation])
    right = abs(Decimal(100) * abs(new - old) / old - said) <= Decimal("0.05")
    assert check(claim, {"S1": indexed_source(text, "S1")}).passed is right
