"""Companies, filings and facts as a run asks for them, and what of it becomes a source."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from agents import Usage
from agents.tool_context import ToolContext

from alex.errors import InvalidInput
from alex.knowledge.search import Search
from researcher.sources.collector import SourceCollector
from researcher.sources.relevance import Ranker
from researcher.sources.sec.client import SecClient
from researcher.sources.sec.companies import Companies
from researcher.sources.sec.model import Company
from researcher.sources.source import CollectedSources
from researcher.sources.web.pages import PageUnreadable, ReadFailure
from researcher.tools.reading import ReaderContext
from researcher.tools.sec import SEC_TOOLS
from researcher.tools.sec_data import MOST_CONCEPTS, MOST_FILINGS, SecData
from tests.support.pages import Pages
from tests.support.sec_data import (
    DATA,
    EXAMPLE,
    FOREIGN,
    K8,
    K10,
    Q10,
    WEB,
    document_url,
    sec_files,
    submissions,
    tickers,
)
from tests.support.stores import WordEmbedder

FACTS = f"{DATA}/api/xbrl/companyfacts/{EXAMPLE.key}.json"


def run[T](
    ask: Callable[[SecData], Awaitable[T]],
    files: Mapping[str, bytes] | None = None,
    collected: CollectedSources | None = None,
) -> tuple[T, SourceCollector]:
    """What the SEC data answer, and what was collected meanwhile."""

    async def main() -> tuple[T, SourceCollector]:
        collector = _collector(collected, sec_files() if files is None else files)
        return await ask(_sec_data(collector, sec_files() if files is None else files)), collector

    return asyncio.run(main())


def _collector(collected: CollectedSources | None, files: Mapping[str, bytes]) -> SourceCollector:
    return SourceCollector(
        Pages({}, data=files),
        Ranker(WordEmbedder(), "results"),
        size=1_000_000,
        pages=5,
        deadline=float("inf"),
        note=lambda _: None,
        keep=lambda _: None,
        collected=collected,
    )


def _sec_data(collector: SourceCollector, files: Mapping[str, bytes]) -> SecData:
    client = SecClient(
        Pages({}, data=files).fetch_data,
        web_url=WEB,
        data_url=DATA,
        user_agent="Example Research research@example.com",
    )
    return SecData(client, collector, ["exa", "NOPE"])


@pytest.mark.parametrize("name", ["EXA", "exa", " $exa", "EXA.B", "exa/b", "9999901", "CIK9999901"])
def test_a_company_is_found_by_any_spelling(name: str) -> None:
    profile, _ = run(lambda sec: sec.company(name))
    assert profile.company == EXAMPLE
    assert (profile.industry, profile.year_end) == ("Services-Prepackaged Software", "0131")


def test_an_unknown_ticker_comes_with_likely_ones() -> None:
    with pytest.raises(PageUnreadable, match=r"'EXAA'\. Did you mean EXA \(Example Analytics"):
        run(lambda sec: sec.company("EXAA"))
    with pytest.raises(PageUnreadable, match=r"'BEISPIEL'\. Did you mean BSPL"):
        run(lambda sec: sec.facts("beispiel"))


def test_only_a_ticker_of_the_request_is_reported_as_unknown() -> None:
    async def ask(sec: SecData) -> None:
        for name in ("NOPE", "MADEUP", "nope"):
            with pytest.raises(PageUnreadable):
                await sec.company(name)

    _, collector = run(ask)
    [unread] = collector.collected.unread
    assert (unread.url, unread.failure) == ("ticker:NOPE", "not_listed")


def test_a_company_is_known_even_where_its_index_cannot_be_read() -> None:
    files = sec_files()
    del files[f"{DATA}/submissions/{EXAMPLE.key}.json"]
    profile, collector = run(lambda sec: sec.company("EXA"), files)
    assert profile.company == EXAMPLE
    assert [unread.failure for unread in collector.collected.unread] == ["network"]


def test_filings_come_newest_first_with_addresses_that_may_be_read() -> None:
    found, collector = run(lambda sec: sec.filings("EXA"))
    assert [filing.form for filing in found.filings] == ["10-Q", "8-K", "10-K"]
    assert [filing.url for filing in found.filings] == [document_url(f) for f in (Q10, K8, K10)]
    for filing in found.filings:  # a test server knows none of them, so they are asked for
        with pytest.raises(PageUnreadable, match="404"):
            asyncio.run(collector.read(filing.url))


def test_filings_are_chosen_by_form_and_day() -> None:
    found, _ = run(lambda sec: sec.filings("EXA", ["10-q", "10-K"], "2026-06-01"))
    assert [filing.form for filing in found.filings] == ["10-Q"]
    nothing, _ = run(lambda sec: sec.filings("EXA", ["S-1"]))
    assert nothing.filings == ()
    assert nothing.forms == ("10-Q", "8-K", "10-K")
    with pytest.raises(InvalidInput, match="since"):
        run(lambda sec: sec.filings("EXA", since="last year"))


def test_an_amendment_comes_with_its_form() -> None:
    amended = ("10-K/A", "2026-05-01", "0009999901-26-000020", 2026, "FY")
    files = sec_files()
    index = submissions(EXAMPLE, {K10: "a.htm", amended: "b.htm"})
    files[f"{DATA}/submissions/{EXAMPLE.key}.json"] = json.dumps(index).encode()
    found, _ = run(lambda sec: sec.filings("EXA", ["10-K"]), files)
    assert [filing.form for filing in found.filings] == ["10-K/A", "10-K"]


def test_older_filings_are_read_only_when_they_are_asked_for() -> None:
    older = [("8-K", str(date(2019, 1, 1) + timedelta(n)), f"{n:03}", 2019, "") for n in range(30)]
    files = sec_files()
    index = json.loads(files[f"{DATA}/submissions/{EXAMPLE.key}.json"])
    name = f"{EXAMPLE.key}-submissions-001.json"
    index["filings"]["files"] = [{"name": name}]
    files[f"{DATA}/submissions/{EXAMPLE.key}.json"] = json.dumps(index).encode()
    columns = submissions(EXAMPLE, dict.fromkeys(older, "old.htm"))["filings"]["recent"]
    with_older = files | {f"{DATA}/submissions/{name}": json.dumps(columns).encode()}
    recent, collector = run(lambda sec: sec.filings("EXA", since="2026-04-01"), files)
    assert len(recent.filings) == 2
    assert collector.collected.unread == []
    found, _ = run(lambda sec: sec.filings("EXA", since="2018-01-01"), with_older)
    assert (len(found.filings), found.left_out) == (MOST_FILINGS, 33 - MOST_FILINGS)


def test_facts_become_a_source_with_what_proves_it() -> None:
    answer, collector = run(lambda sec: sec.facts("EXA"))
    [source] = collector.sources
    assert answer.source == source
    assert (source.key, source.url, source.via) == ("S1", FACTS, "sec data")
    assert source.title == "Example Analytics Inc. (EXA): figures from its filings"
    assert source.published == date(2026, 9, 4)
    assert "| Revenue | $412.600 million | $378.500 million |" in source.text
    assert not source.is_page


def test_the_source_of_a_company_grows_and_keeps_its_key() -> None:
    async def ask(sec: SecData) -> None:
        await sec.facts("BSPL")
        await sec.facts("EXA")
        before = (await sec.facts("EXA", ["ResearchAndDevelopmentExpense"])).source
        assert (await sec.facts("9999901", ["assets"], 8)).source.key == before.key == "S2"

    _, collector = run(ask)
    assert [source.title.partition(" (")[0] for source in collector.sources] == [
        FOREIGN.name,
        EXAMPLE.name,
    ]
    assert "| Research and Development Expense | $61 million |" in collector.sources[1].text


def test_stored_figures_give_way_to_fresh_ones() -> None:
    _, first = run(lambda sec: sec.facts("EXA"))
    stored = first.sources[0].model_copy(update={"via": "knowledge base", "text": "old"})
    stored = stored.model_copy(update={"text_sha256": "old", "document_id": "d1"})
    _, second = run(lambda sec: sec.facts("EXA"), collected=CollectedSources(sources=[stored]))
    assert second.sources == first.sources or second.sources[0].text == first.sources[0].text
    assert second.sources[0].via == "sec data"
    assert second.sources[0].document_id is None


def test_unknown_concepts_come_with_likely_ones() -> None:
    answer, _ = run(lambda sec: sec.facts("EXA", ["ResearchExpense", "revenue", "Xyzzy"]))
    assert answer.unknown["Xyzzy"] == []
    assert "ResearchAndDevelopmentExpense" in answer.unknown["ResearchExpense"]
    assert "revenue" not in answer.unknown


def test_a_company_without_figures_has_no_source() -> None:
    files = sec_files() | {FACTS: b'{"facts": {"us-gaap": {}}, "entityName": "X"}'}
    with pytest.raises(PageUnreadable, match="holds none of the figures") as raised:
        run(lambda sec: sec.facts("EXA"), files)
    assert raised.value.failure is ReadFailure.EMPTY


def test_a_list_with_odd_entries_is_read_as_far_as_it_goes() -> None:
    listed: dict[str, Any] = {**tickers(EXAMPLE), "x": [], "y": {"cik_str": "1"}, "z": {}}
    companies = Companies(listed)
    assert companies.find("EXA") == EXAMPLE
    assert companies.find("1") is None
    assert companies.like("") == []
    assert companies.find("0") is None
    assert Companies(tickers(Company(5, "  Spaced   Name ", ("SN",)))).find("sn") == Company(
        5, "Spaced Name", ("SN",)
    )


def call(name: str, **arguments: object) -> dict[str, Any]:
    """A tool's answer, by way of the SDK."""

    async def main() -> dict[str, Any]:
        collector = _collector(None, sec_files())
        shared = ReaderContext(collector, _NO_SEARCH, _sec_data(collector, sec_files()))
        tool = next(tool for tool in SEC_TOOLS if tool.name == name)
        given = json.dumps(arguments)
        context = ToolContext(
            context=shared, usage=Usage(), tool_name=name, tool_call_id="1", tool_arguments=given
        )
        answer: dict[str, Any] = json.loads(str(await tool.on_invoke_tool(context, given)))
        return answer

    return asyncio.run(main())


class _NoSearch(Search):
    """The SEC's tools look nothing up in the knowledge base."""

    def __init__(self) -> None:
        return


_NO_SEARCH = _NoSearch()


def test_the_tools_answer_in_json() -> None:
    assert call("company", ticker_or_cik="EXA") == {
        "name": EXAMPLE.name,
        "cik": EXAMPLE.cik,
        "tickers": ["EXA", "EXA-B"],
        "industry": "Services-Prepackaged Software",
        "fiscal_year_ends_month_day": "01-31",
    }
    listed = call("filings", ticker_or_cik="EXA", forms=["10-Q"], since=None)["filings"]
    assert [filing["url"] for filing in listed] == [document_url(Q10)]
    figures = call("facts", ticker_or_cik="EXA", concepts=["Nonsense"], periods=None)
    assert figures["source"] == "S1"
    assert "$412.600 million" in figures["figures"]
    assert figures["not_reported"] == {"Nonsense": "nothing like it"}


@pytest.mark.parametrize("name", ["company", "filings", "facts"])
def test_a_tool_tells_a_model_why_it_failed(name: str) -> None:
    error = call(name, ticker_or_cik="EXAA")["error"]
    assert "lists no company under 'EXAA'. Did you mean EXA" in error


def test_a_tools_answer_is_bounded() -> None:
    many = [f"Concept{number}" for number in range(10 * MOST_CONCEPTS)]
    answer = call("facts", ticker_or_cik="EXA", concepts=many, periods=10_000)
    assert len(json.dumps(answer)) < 20_000
