"""Primary data for a reading agent: who a company is, what it filed, what figures it reported."""

import json
from typing import Any

from agents import FunctionTool, RunContextWrapper, function_tool

from researcher.sources.sec.model import Company
from researcher.tools.reading import ReaderContext, tool_error, tool_timeout

_SECONDS = 120.0
"""The facts of the largest companies are long files."""

_FIGURES = 12_000
"""Characters of a company's figures that a reader is shown; all of them are kept."""


@function_tool(
    failure_error_function=tool_error, timeout=_SECONDS, timeout_error_function=tool_timeout
)
async def company(context: RunContextWrapper[ReaderContext], ticker_or_cik: str) -> str:
    """Find a company that files with the SEC, US or foreign.

    Args:
        context: the run's, given by the SDK.
        ticker_or_cik: its ticker, such as SNOW, or its CIK.
    """
    profile = await context.context.sec.company(ticker_or_cik)
    answer = _about(profile.company)
    if profile.industry:
        answer["industry"] = profile.industry
    if profile.year_end:
        answer["fiscal_year_ends_month_day"] = f"{profile.year_end[:2]}-{profile.year_end[2:]}"
    return json.dumps(answer, ensure_ascii=False)


@function_tool(
    failure_error_function=tool_error, timeout=_SECONDS, timeout_error_function=tool_timeout
)
async def filings(
    context: RunContextWrapper[ReaderContext],
    ticker_or_cik: str,
    forms: list[str] | None = None,
    since: str | None = None,
) -> str:
    """List a company's filings with the SEC, newest first; `read_page` reads their addresses.

    Args:
        context: the run's, given by the SDK.
        ticker_or_cik: its ticker or CIK.
        forms: such as 10-K, 10-Q, 8-K, 20-F, 6-K; by default these.
        since: the first day, such as 2025-01-31.
    """
    found = await context.context.sec.filings(ticker_or_cik, forms or (), since)
    listed = [
        {
            "form": filing.form,
            "filed": filing.filed.isoformat(),
            "period": filing.period.isoformat() if filing.period else None,
            "items": filing.items,
            "description": filing.description[:100],
            "url": filing.url,
            "documents": filing.index,
        }
        for filing in found.filings
    ]
    answer: dict[str, Any] = {"company": _about(found.company), "filings": listed}
    if found.left_out:
        answer["older_ones_not_listed"] = found.left_out
    if found.forms:
        answer["forms_it_files"] = found.forms
    return json.dumps(answer, ensure_ascii=False)


@function_tool(
    failure_error_function=tool_error, timeout=_SECONDS, timeout_error_function=tool_timeout
)
async def facts(
    context: RunContextWrapper[ReaderContext],
    ticker_or_cik: str,
    concepts: list[str] | None = None,
    periods: int | None = None,
) -> str:
    """Get the figures a company reported to the SEC, with periods and filings, as a source.

    Revenue, profit, cash flow and balance sheet are always in it; ask for more by XBRL name.

    Args:
        context: the run's, given by the SDK.
        ticker_or_cik: its ticker or CIK.
        concepts: further XBRL concepts, such as us-gaap:ResearchAndDevelopmentExpense.
        periods: how many quarters and years, 12 at most; by default two and four.
    """
    answer = await context.context.sec.facts(ticker_or_cik, concepts or (), periods)
    source = answer.source
    shown = source.text[:_FIGURES]
    answer_json: dict[str, Any] = {
        "source": source.key,
        "title": source.title,
        "url": source.url,
        "published": source.published.isoformat() if source.published else None,
        "figures": shown if len(shown) == len(source.text) else shown.rpartition("\n")[0],
    }
    if answer.unknown:
        answer_json["not_reported"] = {
            name: f"perhaps {', '.join(like)}" if like else "nothing like it"
            for name, like in answer.unknown.items()
        }
    return json.dumps(answer_json, ensure_ascii=False)


SEC_TOOLS: list[FunctionTool] = [company, filings, facts]


def _about(found: Company) -> dict[str, Any]:
    return {"name": found.name, "cik": found.cik, "tickers": list(found.tickers[:6])}
