from datetime import UTC, date, datetime

import pytest

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import Source, text_hash
from researcher.sources.web.extraction import extract_html
from researcher.verify.bundle import Bundle, Contradiction, record
from researcher.verify.check import check
from researcher.verify.contradictions import find
from researcher.verify.draft import Claim, Quote
from tests.support.needs import SHARED_DATA, needs_shared_data
from tests.support.pages import RESULTS

TITLE = "Northwind Instruments 10-Q"


def source(key: str, text: str, **more: object) -> Source:
    values: dict[str, object] = {
        "key": key,
        "url": f"http://site.test/{key}",
        "title": TITLE,
        "text": text,
        "sha256": text_hash(text),
        "text_sha256": text_hash(text),
        "retrieved": datetime(2026, 8, 3, tzinfo=UTC),
        "via": "http",
        "published": date(2026, 8, 2),
    }
    return Source.model_validate(values | more)


FIRST = source("S1", RESULTS)


def told(found: Contradiction) -> tuple[str, str, list[str]]:
    return found.measure, found.period, [value.value for value in found.values]


def test_two_values_of_one_row_and_period_contradict() -> None:
    other = source("S2", RESULTS.replace("| Net income | $47.3 |", "| Net income | $46.1 |"))
    [found] = find([FIRST, other])
    assert told(found) == (
        "Net income",
        "Three Months Ended June 30, 2026",
        ["$47.3 million", "$46.1 million"],
    )
    assert [value.source for value in found.values] == ["S1", "S2"]
    assert "| Net income | $46.1 | $39.6 |" in found.values[1].quote
    assert found.restated == ""


def test_a_row_that_is_no_headline_is_compared_where_its_table_agrees_otherwise() -> None:
    other = source(
        "S2", RESULTS.replace("| Cost of revenue | 231.1 |", "| Cost of revenue | 238.1 |")
    )
    [found] = find([FIRST, other])
    assert told(found)[2] == ["$231.1 million", "$238.1 million"]


@pytest.mark.parametrize(("equal", "contradictions"), [(0, 0), (1, 0), (2, 1), (3, 1)])
def test_two_equal_figures_make_two_tables_one_statement(equal: int, contradictions: int) -> None:
    head = "(In millions)\n\n|  | Three Months Ended June 30, 2026 |\n"
    shared = ["| Marketing | $41.5 |", "| Warranty | $3.9 |", "| Travel | $2.2 |"][:equal]
    tables = [[f"| Cost of revenue | ${cost} |", *shared] for cost in ("231.1", "238.1")]
    sources = [source(f"S{n}", head + "\n".join(rows) + "\n") for n, rows in enumerate(tables)]
    assert len(find(sources)) == contradictions


def test_contradictions_come_in_the_order_of_the_text() -> None:
    """A run that died in between finds the same ones, and of many keeps the same few."""
    changed = {"412.6": "411.6", "378.5": "377.5", "61.9": "60.9", "52.3": "51.3", "47.3": "46.3"}
    first = RESULTS[RESULTS.index("## Consolidated") :]
    second = first
    for old, new in changed.items():
        second = second.replace(old, new)
    found = find([source("S1", first), source("S2", second)])
    assert [told(contradiction)[2][0] for contradiction in found] == [
        f"${figure} million" for figure in changed
    ]


def test_the_newer_source_comes_last_and_may_explain() -> None:
    text = RESULTS.replace("$39.6", "$38.2") + (
        "\nNet income of the prior year was restated to correct the timing of warranty costs.\n"
    )
    newer = source("S2", text, published=date(2026, 11, 2))
    [found] = find([newer, FIRST])
    assert [value.value for value in found.values] == ["$39.6 million", "$38.2 million"]
    assert found.restated.startswith("Net income of the prior year was restated")


@pytest.mark.parametrize(
    "text",
    [
        RESULTS,
        RESULTS.replace("(In millions", "(In thousands").replace(
            "| Revenue | $412.6 | $378.5 |", "| Revenue | $412,600 | $378,500 |"
        ),
        RESULTS.replace("$412.6 |", "$413 |"),
        RESULTS.replace("| Interest expense | (4.2) | (5.0) |", "| Interest expense | 4.2 | 5.0 |"),
        RESULTS.replace("June 30, 2026 |", "March 31, 2026 |").replace("$47.3", "$31.0"),
        RESULTS.replace("Three Months", "Six Months").replace("$47.3", "$90.0"),
        "# Outlook\n\nRevenue should grow next year.\n",
    ],
    ids=["same", "other scale", "rounded", "other sign", "other quarter", "half year", "no figure"],
)
def test_what_agrees_or_is_of_something_else_does_not_contradict(text: str) -> None:
    if "413" in text:
        text = text.replace("$412.6 million", "$413 million")
    elif "(In thousands" in text:
        text = text.split("| Cost of revenue")[0]
    assert find([FIRST, source("S2", text)]) == []


def test_another_companys_figures_do_not_contradict() -> None:
    text = RESULTS.replace("Northwind", "Southwind").replace("$47.3", "$99.9")
    assert find([FIRST, source("S2", text, title="Southwind Instruments 10-Q")]) == []


def test_sentences_are_held_against_each_other_and_against_tables() -> None:
    said = (
        "The company reported revenue of $410.2 million in the three months ended June 30, 2026.\n"
    )
    [found] = find([FIRST, source("S2", said)])
    assert told(found)[2] == ["$412.6 million", "$410.2 million"]
    segment = said.replace("reported revenue", "reported services revenue")
    assert find([FIRST, source("S2", segment)]) == []


def test_what_one_source_says_in_two_ways_is_left_alone() -> None:
    twice = RESULTS + "\n" + RESULTS.partition("## ")[2].replace("$47.3", "$12.0")
    assert find([FIRST, source("S2", twice)]) == []


def bundle_of(text: str, claim: str, row: str) -> Bundle:
    old = source("S1", text, url="http://site.test/old", published=date(2026, 5, 1))
    said = Claim(text=claim, quotes=[Quote(source="S1", text=row)])
    kept = record("summary", "C1", said, check(said, {"S1": IndexedSource(old)}))
    assert kept.kept
    return Bundle(
        job_id="job",
        report_id="report-old",
        subject="Northwind",
        tickers=[],
        title="Northwind",
        as_of=datetime(2026, 5, 1, tzinfo=UTC),
        provider="offline",
        model="offline",
        via="http",
        sources=[old],
        unread=[],
        claims=[kept],
    )


def test_an_earlier_reports_proven_figure_contradicts() -> None:
    text = RESULTS.replace("| Net income | $47.3 |", "| Net income | $46.1 |")
    row = "| Net income | $46.1 | $39.6 |"
    [found] = find([FIRST], [bundle_of(text, "Net income was $46.1 million.", row)])
    assert [(v.report, v.source, v.value) for v in found.values] == [
        ("report-old", "", "$46.1 million"),
        ("", "S1", "$47.3 million"),
    ]


def test_what_an_earlier_report_did_not_tell_is_not_held_against_anybody() -> None:
    text = RESULTS.replace("| Net income | $47.3 |", "| Net income | $46.1 |")
    row = "| Revenue | $412.6 | $378.5 |"
    assert find([FIRST], [bundle_of(text, "Revenue was $412.6 million.", row)]) == []


def test_a_page_that_is_the_same_now_has_no_quarrel_with_itself() -> None:
    row = "| Net income | $47.3 | $39.6 |"
    before = bundle_of(RESULTS, "Net income was $47.3 million.", row)
    now = source("S1", RESULTS, url="http://site.test/old")
    changed = source("S2", RESULTS.replace("$47.3", "$46.1"))
    assert len(find([now], [before])) == 0
    assert len(find([now, changed], [before])) == 1


@needs_shared_data
def test_filings_of_different_companies_raise_no_alarm() -> None:
    sources = []
    for number, path in enumerate(sorted((SHARED_DATA / "sec" / "pages").glob("*.html"))):
        page = extract_html(path.read_text(encoding="utf-8"), f"https://www.sec.gov/{path.name}")
        sources.append(source(f"S{number}", page.text, title=page.title))
        twin = source("S9", page.text, title=page.title)
        assert find([sources[-1], twin]) == []
    assert find(sources) == []
