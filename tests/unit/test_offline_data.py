"""How the offline model asks for primary data: companies, figures, filings, then their pages."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from agents import ModelSettings, ModelTracing
from agents.items import TResponseInputItem

from researcher.llm.offline.model import OfflineModel
from researcher.prompts import ReadingPrompt
from researcher.tools.reading import TOOLS
from researcher.tools.sec import SEC_TOOLS
from tests.support.stores import WordEmbedder

type Call = tuple[str, dict[str, Any]]

ANNUAL, QUARTERLY, RESULTS, NEWS = "http://a/10k", "http://a/10q", "http://a/results", "http://a/8k"


def filing(form: str, filed: str, url: str, items: str = "") -> dict[str, Any]:
    return {"form": form, "filed": filed, "url": url, "items": items}


FILINGS = [
    filing("8-K", "2026-09-10", NEWS, "5.02"),
    filing("10-Q", "2026-09-04", QUARTERLY),
    filing("8-K", "2026-09-03", RESULTS, "2.02,9.01"),
    filing("10-K", "2026-03-20", ANNUAL),
    filing("10-Q", "2025-12-04", "http://a/older"),
]


def page(url: str, *links: tuple[str, str, float]) -> dict[str, Any]:
    shown = [{"url": link, "text": text, "score": score} for link, text, score in links]
    return {"source": "S2", "url": url, "links": shown}


def turns(answers: Mapping[str, Any], prompt: ReadingPrompt, most: int = 12) -> list[list[Call]]:
    """What the model calls turn by turn; a call is answered by its first argument."""
    items: list[Any] = [{"role": "user", "content": prompt.render()}]
    told: list[list[Call]] = []
    for _ in range(most):
        calls = asyncio.run(_next(items))
        if not calls:
            return told
        told.append([(call["name"], json.loads(call["arguments"])) for call in calls])
        items += calls
        for call in calls:
            first = str(next(iter(json.loads(call["arguments"]).values())))
            answer = answers.get(f"{call['name']} {first}", {"error": "none"})
            output = {"call_id": call["call_id"], "output": json.dumps(answer)}
            items.append({"type": "function_call_output", **output})
    raise AssertionError("the model does not end")


async def _next(items: Sequence[TResponseInputItem]) -> list[dict[str, Any]]:
    response = await OfflineModel(WordEmbedder()).get_response(
        None,
        list(items),
        ModelSettings(),
        [*TOOLS, *SEC_TOOLS],
        None,
        [],
        ModelTracing.DISABLED,
        previous_response_id=None,
        conversation_id=None,
        prompt=None,
    )
    return [item.model_dump() for item in response.output if item.type == "function_call"]


KNOWN = {"company EXA": {"cik": 7, "name": "Example"}, "filings 7": {"filings": FILINGS}}


def test_a_company_then_its_data_then_its_newest_reports() -> None:
    first, second, third = turns(KNOWN, ReadingPrompt("EXA", ("http://b/start",), 9, ("EXA",)))
    assert first == [
        ("recall", {"query": "EXA"}),
        ("company", {"ticker_or_cik": "EXA"}),
        ("read_page", {"url": "http://b/start"}),
    ]
    assert second == [("facts", {"ticker_or_cik": "7"}), ("filings", {"ticker_or_cik": "7"})]
    assert third == [("read_page", {"url": url}) for url in (QUARTERLY, RESULTS, ANNUAL)]


def test_the_page_budget_holds_for_filings() -> None:
    *_, last = turns(KNOWN, ReadingPrompt("EXA", ("http://b/start",), 2, ("EXA",)))
    assert last == [("read_page", {"url": QUARTERLY})]


def test_of_a_filings_links_only_what_it_told_the_press_is_followed() -> None:
    links = (
        ("http://a/ex311.htm", "Certification of the Chief Executive", 0.9),
        ("http://a/d1dex991.htm", "99.1", 0.0),
        ("http://a/letter.htm", "Shareholder letter", 0.1),
    )
    answers = KNOWN | {f"read_page {RESULTS}": page(RESULTS, *links)}
    *_, last = turns(answers, ReadingPrompt("EXA", (), 9, ("EXA",)))
    assert last == [
        ("read_page", {"url": url}) for url in ("http://a/letter.htm", "http://a/d1dex991.htm")
    ]


def test_two_tickers_of_one_company_are_asked_about_once() -> None:
    answers = KNOWN | {"company EXB": {"cik": 7, "name": "Example"}}
    _, second, *_ = turns(answers, ReadingPrompt("EXA", (), 9, ("EXA", "EXB")))
    assert [name for name, _ in second] == ["facts", "filings"]


def test_an_unknown_company_is_let_be() -> None:
    [only] = turns({}, ReadingPrompt("EXA", (), 9, ("EXA",)))
    assert [name for name, _ in only] == ["recall", "company"]


def test_a_brief_with_tickers_is_read_back() -> None:
    prompt = ReadingPrompt("Results", ("http://b/start",), 5, ("EXA", "BRK-B"))
    assert ReadingPrompt.parse(prompt.render()) == prompt
