"""Exports: what a hostile text can do in one (nothing), and charts that tell the numbers."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from alex.api.documents import WholeDocument
from researcher.reports.charts import chart
from researcher.reports.page import html_page
from researcher.reports.series import ChartSeries, Point, find_series

SVG = "{http://www.w3.org/2000/svg}"
REPORT = """\
# Northwind results

*As of 3 August 2026*

## Summary

- Revenue was $412.6 million. [1]
- A page writes \\[2\\] and \\<b\\>, and that stays text. [2]

## Key figures

|  | Q1 2026 | Q2 2026 | Q3 2026 | Source |
| --- | ---: | ---: | ---: | --- |
| Revenue | $391.0 million | $412.6 million | $420.1 million | [1] |
| Net income | $-4.0 million | $2.5 million |  | [1] |

## Sources

1. Results. <http://site.test/results>. SHA-256 `abab`
2. Outlook. <http://site.test/outlook>. SHA-256 `cdcd`
"""


def document(text: str, *, kind: str | None = "report", title: str | None = "T") -> WholeDocument:
    at = datetime(2026, 8, 3, 10, tzinfo=UTC)
    return WholeDocument(
        document_id="report-1",
        title=title,
        source=None,
        published=None,
        undated=True,
        kind=kind,
        tickers=[],
        metadata={},
        passages=1,
        characters=len(text),
        ingested=at,
        updated=at,
        text=text,
    )


def parsed(text: str, **more: str | None) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html_page(document(text, **more)))


def test_citations_lead_to_their_sources_and_sources_lead_out() -> None:
    page = parsed(REPORT)
    cited = [a.get("href") for a in page.iter("a") if a.get("class") == "cite"]
    assert cited == ["#source-1", "#source-2", "#source-1", "#source-1"]
    sources = {li.get("id"): li for li in page.iter("li") if li.get("id")}
    assert set(sources) == {"source-1", "source-2"}
    [out] = sources["source-2"].iter("a")
    assert out.get("href") == "http://site.test/outlook"
    assert "noreferrer" in (out.get("rel") or "")


def test_a_pages_own_brackets_are_no_citation() -> None:
    [line] = [li for li in parsed(REPORT).iter("li") if "A page writes" in li.text_content()]
    assert "[2] and <b>" in line.text_content()
    assert len(list(line.iter("a"))) == 1


def test_only_reports_have_citations() -> None:
    assert not [a for a in parsed(REPORT, kind="page").iter("a") if a.get("class") == "cite"]


@pytest.mark.parametrize(
    "evil",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![x](http://evil.test/leak.png)",
        "[click](javascript:alert(1))",
        "[click](data:text/html,<script>alert(1)</script>)",
        "<javascript:alert(1)>",
        "</title><script>alert(1)</script>",
        "</style><iframe src=//evil.test>",
        "| a | b |\n| - | - |\n| <svg onload=alert(1)> | x |",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "# <b onmouseover=alert(1)>x</b>",
        '[x](http://a.test/"onmouseover="alert(1))',
    ],
)
@pytest.mark.parametrize("kind", ["report", "page"])
def test_whatever_a_text_says_it_stays_text(evil: str, kind: str) -> None:
    page = parsed(f"## Key figures\n\n{evil}\n", kind=kind, title=evil)
    assert _active(page) == []
    assert page.findtext(".//title") == " ".join(evil.split("\n")) or "\n" in evil


def _active(page: lxml_html.HtmlElement) -> list[str]:
    """Whatever could run, load or send something."""
    found = []
    for element in page.iter():
        tag = str(element.tag)
        if tag in {"script", "img", "iframe", "object", "embed", "form", "link", "base", "b"}:
            found.append(tag)
        found += [f"{tag} {name}" for name in element.keys() if name.startswith("on")]  # noqa: SIM118
        href = element.get("href", "")
        if href and not re.match(r"https?://|#", href):
            found.append(href)
    return found


def test_the_page_forbids_what_is_not_in_it() -> None:
    text = html_page(document(REPORT))
    assert "default-src 'none'" in text
    assert not re.search(r"(?:src=|@import|url\()", text)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_a_text_without_a_heading_gets_its_title() -> None:
    page = parsed("Only words.", kind="note", title="My <note>")
    assert [h.text_content() for h in page.iter("h1")] == ["My <note>"]


def test_figures_over_three_periods_become_a_chart() -> None:
    page = parsed(REPORT)
    assert [f.text_content().split("\n")[1] for f in page.iter("figure")] == ["Revenue $ million"]
    told = page.find(".//figure//desc")
    assert told is not None
    assert told.text_content() == "Q1 2026: 391.0; Q2 2026: 412.6; Q3 2026: 420.1"


DOWN = [
    ["", "Orders received", "Backlog at end", "Source"],
    ["Q4 2025", "227.4 million", "301.5 million", "[2]"],
    ["Q3 2025", "211.9 million", "", "[2]"],
    ["Q1 2026", "229.4 million", "318.2 million", "[2]"],
]


def test_periods_may_stand_in_rows_and_the_oldest_comes_first() -> None:
    [orders] = find_series(DOWN)
    assert (orders.name, orders.unit) == ("Orders received", "million")
    assert [(p.period, p.written) for p in orders.points] == [
        ("Q3 2025", "211.9"),
        ("Q4 2025", "227.4"),
        ("Q1 2026", "229.4"),
    ]


@pytest.mark.parametrize(
    ("heads", "cells"),
    [
        (["Q1 2026", "Q2 2026"], ["$1 million", "$2 million"]),
        (["Q1", "Q2", "Q3"], ["$1 million", "$2 million", "$3 million"]),
        (["Q1 2026", "Q2 2026", "Change"], ["$1 million", "$2 million", "100%"]),
        (["Q1 2026", "Q2 2026", "Q3 2026"], ["$1 million", "2%", "$3 million"]),
        (["Q1 2026", "Q1 2026", "Q3 2026"], ["$1 million", "$2 million", "$3 million"]),
        (["2024", "Q1 2025", "Q2 2025"], ["$1 million", "$2 million", "$3 million"]),
        (
            [
                "Three months ended June 30, 2026",
                "Six months ended June 30, 2026",
                "Three months ended June 30, 2025",
            ],
            ["$1 million", "$2 million", "$3 million"],
        ),
    ],
)
def test_what_is_not_one_measure_over_like_periods_is_no_series(
    heads: list[str], cells: list[str]
) -> None:
    assert find_series([["", *heads, "Source"], ["Revenue", *cells, "[1]"]]) == []


def test_other_tables_are_left_alone() -> None:
    assert find_series([]) == []
    assert find_series([["Year", "Value"], ["2024", "1"], ["2025", "2"], ["2026", "3"]]) == []


def test_mixed_scales_are_written_out_and_drawn_to_one_scale() -> None:
    heads = ["2023", "2024", "2025"]
    [series] = find_series(
        [["", *heads, "Source"], ["Revenue", "$900 million", "$1.2 billion", "$1.5 billion", "[1]"]]
    )
    assert series.unit == ""
    assert [p.written for p in series.points] == ["$900 million", "$1.2 billion", "$1.5 billion"]
    assert series.points[1].value == Decimal(1_200_000_000)


@given(st.lists(st.decimals(-(10**9), 10**9, places=1), min_size=3, max_size=14))
def test_bars_tell_the_proportions_of_the_numbers(values: list[Decimal]) -> None:
    points = tuple(Point(f"Q1 {2000 + n}", f"{v:,}", v) for n, v in enumerate(values))
    drawn = etree.fromstring(chart(ChartSeries("A <b>", "$ million", points), 1))
    width, height = (float(n) for n in drawn.attrib["viewBox"].split()[2:])
    bars = drawn.findall(f"{SVG}rect")
    assert len(bars) == len(values)
    heights = [float(bar.attrib["height"]) for bar in bars]
    for bar, tall in zip(bars, heights, strict=True):
        assert 0 <= float(bar.attrib["x"]) <= width
        assert 0 <= float(bar.attrib["y"]) <= float(bar.attrib["y"]) + tall <= height
    most = max(abs(v) for v in values)
    if most:
        unit = max(heights) / float(most)
        assert all(
            abs(tall - float(abs(v)) * unit) <= 0.11
            for tall, v in zip(heights, values, strict=True)
        )
    told = drawn.findtext(f"{SVG}desc") or ""
    assert all(f"{value:,}" in told for value in values)
    assert points[-1].written in {text.text for text in drawn.findall(f"{SVG}text")}
