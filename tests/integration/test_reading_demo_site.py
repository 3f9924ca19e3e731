"""The demo site, read by both readers: what the demo's report will be made of."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from alex.settings import Settings
from laptop.site.server import RunningSite, running_site
from researcher.sources.web.browser import OVERRIDE
from researcher.sources.web.browser_reader import BrowserReader
from researcher.sources.web.client import GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageReader, PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.proxy import GuardedProxy
from researcher.sources.web.reader import open_reader
from tests.support.needs import needs_browser

STATEMENT_HEADER = (
    "| (In millions, except per-share amounts; unaudited)"
    " | Three months ended September 30, 2026 | Three months ended September 30, 2025 |"
)
STATIC = ("/", "/results.html", "/outlook.html", "/news.html", "/letter-2025.pdf")


@pytest.fixture(scope="module")
def site() -> Iterator[RunningSite]:
    with running_site() as running:
        yield running


def read_all(reader: PageReader, site: RunningSite, *paths: str) -> dict[str, WebPage]:
    async def main() -> dict[str, WebPage]:
        try:
            return {path: await reader.read(site.url(path)) for path in paths}
        finally:
            await reader.close()

    return asyncio.run(main())


def http_reader(site: RunningSite) -> HttpReader:
    return HttpReader(GuardedProxy(Guard.allowing([site.authority])), GuardedClient("AlexTest/1"))


def found_reader(site: RunningSite) -> PageReader:
    return open_reader(replace(Settings.from_env({}), allow_hosts=(site.authority,)))


@pytest.fixture(scope="module")
def pages(site: RunningSite) -> dict[str, WebPage]:
    return read_all(http_reader(site), site, *STATIC)


def test_the_results_are_read_with_every_figure_in_its_row(pages: dict[str, WebPage]) -> None:
    page = pages["/results.html"]
    assert page.title == "Larkspur Instruments Reports Third Quarter 2026 Results"
    assert page.published == date(2026, 10, 29)
    for line in (
        "| Segment | Q3 2026 | Q3 2025 | Change |",
        "| Field Sensors | 118.4 | 98.7 | 20.0% |",
        "| Total revenue | 232.4 | 205.0 | 13.4% |",
        STATEMENT_HEADER,
        "| Revenue | $ 232.4 | $ 205.0 |",
        "| Provision for income taxes | (10.4) | (7.8) |",
        "| Net income | $ 39.2 | $ 27.8 |",
        "## Revenue by segment",
    ):
        assert line in page.text.splitlines()


@pytest.mark.parametrize("path", STATIC)
def test_no_page_brings_its_furniture(pages: dict[str, WebPage], path: str) -> None:
    text = pages[path].text
    for furniture in ("Terms of use", "214 partners", "Accept all", "Careers", "More news"):
        assert furniture not in text


def test_the_pdf_is_read_with_its_paragraphs_whole(pages: dict[str, WebPage]) -> None:
    page = pages["/letter-2025.pdf"]
    assert page.media_type == "application/pdf"
    assert "an increase of 9.1% from $744.8 million in 2024. Net income" in page.text
    assert "Revenue 812.6 744.8" in page.text.splitlines()
    assert "3,600 customers in 41 countries" in page.text


def test_dates_and_links_are_the_pages_own(pages: dict[str, WebPage], site: RunningSite) -> None:
    assert pages["/news.html"].published == date(2026, 9, 14)
    assert pages["/"].published is None
    links = [link.url for link in pages["/"].links]
    assert site.url("/results.html") in links
    assert len(links) == len(set(links))


def test_the_members_page_is_left_alone(site: RunningSite) -> None:
    with pytest.raises(PageUnreadable) as caught:
        read_all(http_reader(site), site, "/members/briefing.html")
    assert caught.value.failure is ReadFailure.ROBOTS


def test_without_a_browser_the_page_made_by_a_script_is_said_to_be_empty(
    site: RunningSite,
) -> None:
    with pytest.raises(PageUnreadable) as caught:
        read_all(http_reader(site), site, "/orders.html")
    assert caught.value.failure is ReadFailure.EMPTY


@pytest.mark.parametrize("path", ["/../server.py", "/%2e%2e/server.py", "/..%5cserver.py", "/x"])
def test_the_server_serves_its_pages_only(site: RunningSite, path: str) -> None:
    with pytest.raises(PageUnreadable) as caught:
        read_all(http_reader(site), site, path)
    assert caught.value.failure is ReadFailure.HTTP_STATUS


@needs_browser
def test_the_browser_reads_the_same_and_what_scripts_make(
    site: RunningSite, pages: dict[str, WebPage]
) -> None:
    reader = found_reader(site)
    assert isinstance(reader, BrowserReader)
    read = read_all(reader, site, *STATIC, "/orders.html")
    for path in STATIC:
        assert read[path].text == pages[path].text
        assert read[path].published == pages[path].published
        assert [link.url for link in read[path].links] == [link.url for link in pages[path].links]
    orders = read["/orders.html"]
    assert orders.via == "browser"
    assert "backlog of Larkspur Instruments was $361.7 million" in orders.text
    assert "| Q3 2026 | 259.2 | 361.7 |" in orders.text.splitlines()


def figure(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, pattern
    return float(found.group(1).replace(",", ""))


def test_the_sites_figures_agree_with_each_other(pages: dict[str, WebPage]) -> None:
    text = pages["/results.html"].text

    def row(label: str) -> tuple[float, float]:
        first = rf"^\| {label} \| [$( ]*([\d.]+)"
        second = rf"^\| {label} \| [^|]* \| [$( ]*([\d.]+)"
        return figure(f"(?m){first}", text), figure(f"(?m){second}", text)

    for year in (0, 1):
        revenue, gross = row("Revenue")[year], row("Gross profit")[year]
        operating = row("Operating income")[year]
        segments = sum(row(s)[year] for s in ("Field Sensors", "Laboratory Systems", "Services"))
        before_tax = row("Income before income taxes")[year]
        assert segments == pytest.approx(revenue)
        assert revenue - row("Cost of revenue")[year] == pytest.approx(gross)
        assert gross - row("Total operating expenses")[year] == pytest.approx(operating)
        assert operating + row("Interest income, net")[year] == pytest.approx(before_tax)
        assert before_tax - row("Provision for income taxes")[year] == pytest.approx(
            row("Net income")[year]
        )
    now, before = row("Revenue")
    assert round((now / before - 1) * 100, 1) == 13.4
    assert 212.7 + 224.1 + now == pytest.approx(669.2)
    assert "$669.2 million" in pages["/outlook.html"].text


@pytest.mark.parametrize("browser", ["", "/nowhere/chromium"], ids=["none", "missing"])
def test_without_a_browser_pages_are_read_over_http(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch, browser: str
) -> None:
    monkeypatch.setenv(OVERRIDE, browser)
    reader = found_reader(site)
    assert reader.via == "http"
    assert read_all(reader, site, "/")["/"].via == "http"
