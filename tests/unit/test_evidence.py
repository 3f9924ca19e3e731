import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source, text_hash
from researcher.verify.check import Verdict, check, states_figures
from researcher.verify.draft import Claim, Quote
from tests.support.pages import OUTLOOK, RESULTS

HEADLINE = (
    "Northwind Instruments reported revenue of $412.6 million for the second quarter of 2026, up 9%"
    " from\n$378.5 million a year earlier."
)
REVENUE_ROW = "| Revenue | $412.6 | $378.5 |"
INTEREST_ROW = "| Interest expense | (4.2) | (5.0) |"
DILUTED_ROW = "| Diluted | $1.18 | $0.98 |"


def indexed_source(
    text: str, key: str = "S1", title: str = "Northwind Instruments 10-Q"
) -> IndexedSource:
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


SOURCES = {"S1": indexed_source(RESULTS), "S2": indexed_source(OUTLOOK, "S2", "Outlook")}


def checked(text: str, *quotes: str, source: str = "S1") -> Verdict:
    return check(Claim(text=text, quotes=[Quote(source=source, text=q) for q in quotes]), SOURCES)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Revenue was $412.6 million in the second quarter of 2026.", HEADLINE),
        ("Revenue rose 9% to $412,600 thousand.", HEADLINE),
        ("Revenue was $0.4126 billion, up from $378.5 million.", HEADLINE),
        ("Revenue was $412.6 million in the three months ended June 30, 2026.", REVENUE_ROW),
        ("Revenue in the 2025 quarter was $378.5 million.", REVENUE_ROW),
        ("Diluted net income per share was $1.18.", DILUTED_ROW),
        ("Interest expense: -$4.2 million.", INTEREST_ROW),
        ("Interest expense was $4.2 million.", INTEREST_ROW),
        ("Northwind's 10-Q shows revenue of $412.6 million.", REVENUE_ROW),
    ],
)
def test_a_proven_claim_passes(claim: str, quote: str) -> None:
    assert checked(claim, quote).reasons == ()


@pytest.mark.parametrize(
    ("claim", "quote", "why"),
    [
        ("Revenue was $412.7 million.", HEADLINE, "412.7"),
        ("Revenue was $412.6 billion.", HEADLINE, "412.6"),
        ("Revenue was $412.6.", HEADLINE, "412.6"),
        ("Revenue was €412.6 million.", HEADLINE, "412.6"),
        ("Revenue rose 9 percentage points.", HEADLINE, "9"),
        ("Revenue rose by 9.", HEADLINE, "9"),
        ("Revenue was $412.6 million in the third quarter of 2026.", HEADLINE, "third quarter"),
        ("Revenue was $412.6 million in 2024.", HEADLINE, "2024"),
        ("Revenue was $412.6.", REVENUE_ROW, "412.6"),
        ("Revenue in 2025 was $412.6 million.", REVENUE_ROW, "2025"),
        ("Revenue in the six months ended June 30, 2026 was $412.6 million.", REVENUE_ROW, "six"),
        ("Net income per share was $1.18 million.", DILUTED_ROW, "1.18"),
        ("Interest income was $4.2 million.", INTEREST_ROW, "4.2"),
        ("The 20-F shows revenue of $412.6 million.", HEADLINE, "20-F"),
        ("Revenue fell 9% to $412.6 million.", HEADLINE, "direction"),
        ("Vessels in Rotterdam unloaded 412.6 tons.", HEADLINE, "412.6"),
        ("Vessels in Rotterdam unloaded grain.", HEADLINE, "something else"),
    ],
)
def test_a_claim_its_quote_does_not_bear_fails(claim: str, quote: str, why: str) -> None:
    assert why in " ".join(checked(claim, quote).reasons)


@pytest.mark.parametrize(
    ("quote", "why"),
    [
        ("Northwind Instruments reported revenue of $999.9 million", "is not in S1"),
        ("revenue", "too short"),
        ("| | | | | | | |", "too short"),
        ("revenue of $412.6 million for the sec", "is not in S1"),
        (RESULTS * 2, "longer than"),
    ],
)
def test_a_quote_must_stand_in_its_source(quote: str, why: str) -> None:
    [reason] = checked("Revenue was reported.", quote).reasons
    assert why in reason


def test_a_claim_without_a_quote_fails() -> None:
    assert checked("Northwind Instruments makes sensors.").reasons == ("it has no quote",)


def test_a_source_that_was_not_read_proves_nothing() -> None:
    [reason] = checked("Revenue was reported.", HEADLINE, source="S9").reasons
    assert "S9" in reason


def test_one_false_quote_spoils_a_proven_claim() -> None:
    claim = "Revenue was $412.6 million."
    assert checked(claim, HEADLINE).passed
    assert not checked(claim, HEADLINE, "Nobody has ever written this sentence.").passed


def test_a_figure_that_a_quote_cuts_is_not_borne() -> None:
    cut = "Northwind Instruments reported revenue of $412"
    assert "412" in checked("Revenue was $412.", cut).reasons[0]


def test_a_scale_that_a_quote_leaves_off_is_not_borne() -> None:
    cut = "Northwind Instruments reported revenue of $412.6"
    assert not checked("Northwind reported revenue of $412.6.", cut).passed


def test_quotes_may_differ_in_space_quotes_and_dashes() -> None:
    text = "The board\u2019s \u201cplan\u201d \u2013 approved in\n  2026 \u2013 costs $5 million."
    [span] = indexed_source(text).find('board\'s "plan" - approved in 2026 -')
    assert text[span.start : span.end] == text[4:-18]


def test_a_found_quote_has_its_place_in_the_text() -> None:
    verdict = checked("Revenue was $412.6 million.", REVENUE_ROW)
    [quote], [figure] = verdict.quotes, verdict.figures
    assert RESULTS[quote.span.start : quote.span.end] == REVENUE_ROW
    assert RESULTS[figure.span.start : figure.span.end] == "$412.6"
    assert (figure.row, figure.column) == ("Revenue", "Three Months Ended June 30, 2026")


def test_where_a_quote_stands_twice_the_place_that_fits_counts() -> None:
    text = (
        "(in millions)\n\n|  | 2025 |\n| Net income | $ 40 |\n\n"
        "(in thousands)\n\n|  | 2026 |\n| Net income | $ 40 |\n"
    )
    row = Quote(source="S1", text="| Net income | $ 40 |")
    indexed = {"S1": indexed_source(text)}
    for claim, passes in (
        ("Net income in 2026 was $40 thousand.", True),
        ("Net income in 2025 was $40 million.", True),
        ("Net income in 2025 was $40 thousand.", False),
    ):
        assert check(Claim(text=claim, quotes=[row]), indexed).passed is passes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Revenue up 9%", True),
        ("$5 million at risk", True),
        ("Second quarter of 2026", False),
        ("Proposal No. 3: Auditors", False),
        ("Risks in the 10-Q", False),
    ],
)
def test_figures_in_headings_are_noticed(text: str, expected: bool) -> None:
    assert states_figures(text) is expected


AMOUNTS = st.tuples(
    st.integers(1, 99_999).map(lambda n: f"{n / 10:,.1f}"),
    st.sampled_from(["", " thousand", " million", " billion"]),
)


@given(AMOUNTS, st.data())
def test_changing_any_digit_of_a_figure_is_caught(
    figure: tuple[str, str], data: st.DataObject
) -> None:
    digits, scale = figure
    sentence = f"The company reported quarterly turnover of ${digits}{scale} from sensors."
    indexed = {"S1": indexed_source(sentence)}
    quote = Quote(source="S1", text=sentence)
    assert check(Claim(text=sentence, quotes=[quote]), indexed).passed

    places = [match.start() for match in re.finditer(r"\d", digits)]
    place = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != digits[place]]))
    changed = digits[:place] + other + digits[place + 1 :]
    claim = sentence.replace(digits, changed)
    assert not check(Claim(text=claim, quotes=[quote]), indexed).passed


@given(AMOUNTS, st.sampled_from(["", " thousand", " million", " billion", " percent", "%"]))
def test_changing_the_scale_or_unit_is_caught(figure: tuple[str, str], other: str) -> None:
    digits, scale = figure
    sentence = f"The company reported quarterly turnover of {digits}{scale} from sensors."
    claim = sentence.replace(f"{digits}{scale}", f"{digits}{other}")
    quote = Quote(source="S1", text=sentence)
    verdict = check(Claim(text=claim, quotes=[quote]), {"S1": indexed_source(sentence)})
    assert verdict.passed is (other == scale)


@given(
    st.integers(1, 9_999),
    st.sampled_from(["thousand", "million", "billion"]),
    st.sampled_from(["thousand", "million", "billion"]),
)
def test_a_table_figure_passes_only_in_its_tables_scale(
    value: int, stated: str, claimed: str
) -> None:
    text = f"Results (in {stated}s)\n\n|  | 2026 |\n| Turnover | $ {value:,} |\n"
    row = Quote(source="S1", text=f"| Turnover | $ {value:,} |")
    claim = Claim(text=f"Turnover was ${value:,} {claimed} in 2026.", quotes=[row])
    assert check(claim, {"S1": indexed_source(text)}).passed is (claimed == stated)


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_claim_breaks_the_check(text: str, quote: str) -> None:
    verdict = check(Claim(text=text, quotes=[Quote(source="S1", text=quote)]), SOURCES)
    assert isinstance(verdict, Verdict)
