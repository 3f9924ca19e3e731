"""The SEC's data of two made-up companies, in the SEC's own form: one American, one foreign.

Example Analytics has a fiscal year to January, a quarter and a half year of its own, a restated
year and a comparison; Beispiel AG reports in euros by IFRS.
"""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Company

WEB, DATA = "http://sec.test", "http://data.sec.test"
EXAMPLE = Company(9999901, "Example Analytics Inc.", ("EXA", "EXA-B"))
FOREIGN = Company(9999902, "Beispiel AG", ("BSPL",))

Q10 = ("10-Q", "2026-09-04", "0009999901-26-000030", 2027, "Q2")
Q10_BEFORE = ("10-Q", "2025-09-05", "0009999901-25-000030", 2026, "Q2")
K10 = ("10-K", "2026-03-20", "0009999901-26-000010", 2026, "FY")
K10_BEFORE = ("10-K", "2025-03-21", "0009999901-25-000010", 2025, "FY")
F20 = ("20-F", "2026-04-10", "0009999902-26-000004", 2025, "FY")

QUARTER, QUARTER_BEFORE = ("2026-05-01", "2026-07-31"), ("2025-05-01", "2025-07-31")
HALF, HALF_BEFORE = ("2026-02-01", "2026-07-31"), ("2025-02-01", "2025-07-31")
YEAR, YEAR_BEFORE = ("2025-02-01", "2026-01-31"), ("2024-02-01", "2025-01-31")

type Filed = tuple[str, str, str, int, str]
type Span = tuple[str | None, str]


def entry(value: float, span: Span, filed: Filed) -> dict[str, Any]:
    """A value as company facts have it."""
    form, day, accession, year, period = filed
    row = {"end": span[1], "val": value, "accn": accession, "fy": year, "fp": period}
    start = {"start": span[0]} if span[0] else {}
    return start | row | {"form": form, "filed": day}


def concept(label: str, unit: str, *entries: dict[str, Any]) -> dict[str, Any]:
    """A concept with values in one unit."""
    return {"label": label, "description": "", "units": {unit: list(entries)}}


def day(text: str) -> Span:
    """A day, as balances have it."""
    return None, text


def example_facts() -> dict[str, Any]:
    """Of Example Analytics, in thousands; the year's net income was restated by the next 10-K."""
    millions = 1_000_000
    return {
        "cik": EXAMPLE.cik,
        "entityName": "EXAMPLE ANALYTICS INC.",
        "facts": {
            "us-gaap": {
                "Revenues": concept(
                    "Revenues",
                    "USD",
                    entry(412.6 * millions, QUARTER, Q10),
                    entry(378.5 * millions, QUARTER_BEFORE, Q10),
                    entry(378.5 * millions, QUARTER_BEFORE, Q10_BEFORE),
                    entry(801.25 * millions, HALF, Q10),
                    entry(744.0 * millions, HALF_BEFORE, Q10),
                    entry(1_533.75 * millions, YEAR, K10),
                    entry(1_390.5 * millions, YEAR_BEFORE, K10),
                    entry(1_390.5 * millions, YEAR_BEFORE, K10_BEFORE),
                ),
                "SalesRevenueNet": concept(
                    "Sales Revenue, Net",
                    "USD",
                    entry(9.9 * millions, ("2015-02-01", "2016-01-31"), K10_BEFORE),
                ),
                "NetIncomeLoss": concept(
                    "Net Income (Loss)",
                    "USD",
                    entry(-12.3 * millions, QUARTER, Q10),
                    entry(39.6 * millions, QUARTER_BEFORE, Q10),
                    entry(20.0 * millions, HALF, Q10),
                    entry(71.5 * millions, HALF_BEFORE, Q10),
                    entry(151.2 * millions, YEAR, K10),
                    entry(118.4 * millions, YEAR_BEFORE, K10),
                    entry(125.9 * millions, YEAR_BEFORE, K10_BEFORE),
                ),
                "EarningsPerShareDiluted": concept(
                    "Earnings Per Share, Diluted",
                    "USD/shares",
                    entry(-0.31, QUARTER, Q10),
                    entry(0.98, QUARTER_BEFORE, Q10),
                    entry(3.7, YEAR, K10),
                    entry(2.9, YEAR_BEFORE, K10),
                ),
                "Assets": concept(
                    "Assets",
                    "USD",
                    entry(2_250.0 * millions, day("2026-07-31"), Q10),
                    entry(2_104.125 * millions, day("2026-01-31"), Q10),
                    entry(1_998.0 * millions, day("2025-07-31"), Q10_BEFORE),
                ),
                "Liabilities": concept(
                    "Liabilities",
                    "USD",
                    entry(1_105.5 * millions, day("2026-07-31"), Q10),
                    entry(1_010.0 * millions, day("2026-01-31"), Q10),
                    entry(990.0 * millions, day("2025-07-31"), Q10_BEFORE),
                ),
                "ResearchAndDevelopmentExpense": concept(
                    "Research and Development Expense",
                    "USD",
                    entry(61.0 * millions, QUARTER, Q10),
                    entry(58.0 * millions, QUARTER_BEFORE, Q10),
                ),
                "WeightedAverageNumberOfDilutedSharesOutstanding": concept(
                    "Weighted Average Number of Shares Outstanding, Diluted",
                    "shares",
                    entry(39_677_419, QUARTER, Q10),
                    entry(40_408_163, QUARTER_BEFORE, Q10),
                ),
            },
            "dei": {
                "EntityCommonStockSharesOutstanding": concept(
                    "Entity Common Stock, Shares Outstanding",
                    "shares",
                    entry(39_812_006, day("2026-08-28"), Q10),
                )
            },
        },
    }


def foreign_facts() -> dict[str, Any]:
    """Of Beispiel AG: two years, in full euros."""
    before = ("2024-01-01", "2024-12-31")
    year = ("2025-01-01", "2025-12-31")
    return {
        "cik": FOREIGN.cik,
        "entityName": FOREIGN.name,
        "facts": {
            "ifrs-full": {
                "Revenue": concept(
                    "Revenue", "EUR", entry(43_862_372, year, F20), entry(39_436_343, before, F20)
                ),
                "ProfitLoss": concept(
                    "Profit (loss)",
                    "EUR",
                    entry(-1_942_605, year, F20),
                    entry(7_156_005, before, F20),
                ),
            }
        },
    }


def submissions(company: Company, filed: Mapping[Filed, str]) -> dict[str, Any]:
    """A filing index: the filings, newest first, with their documents."""
    filings = sorted(filed, key=lambda filing: filing[1], reverse=True)
    return {
        "cik": str(company.cik),
        "name": company.name,
        "tickers": list(company.tickers),
        "sicDescription": "Services-Prepackaged Software",
        "fiscalYearEnd": "0131",
        "filings": {
            "recent": {
                "accessionNumber": [filing[2] for filing in filings],
                "filingDate": [filing[1] for filing in filings],
                "form": [filing[0] for filing in filings],
                "primaryDocument": [filed[filing] for filing in filings],
                "reportDate": ["" for _ in filings],
                "items": ["2.02,9.01" if filing[0] == "8-K" else "" for filing in filings],
                "primaryDocDescription": [filing[0] for filing in filings],
            },
            "files": [],
        },
    }


K8 = ("8-K", "2026-09-03", "0009999901-26-000029", 2027, "")
DOCUMENTS = {Q10: "exa-20260731.htm", K10: "exa-20260131.htm", K8: "exa-8k.htm"}


def tickers(*companies: Company) -> dict[str, Any]:
    """A ticker list, as the SEC's."""
    rows = [(c, ticker) for c in companies for ticker in c.tickers]
    return {
        str(place): {"cik_str": company.cik, "ticker": ticker, "title": company.name}
        for place, (company, ticker) in enumerate(rows)
    }


def sec_files(*, web: str = WEB, data: str = DATA) -> dict[str, bytes]:
    """Everything by address, but the documents."""
    files: dict[str, dict[str, Any]] = {
        f"{web}/files/company_tickers.json": tickers(EXAMPLE, FOREIGN),
        f"{data}/submissions/{EXAMPLE.key}.json": submissions(EXAMPLE, DOCUMENTS),
        f"{data}/submissions/{FOREIGN.key}.json": submissions(FOREIGN, {F20: "bspl-20f.htm"}),
        f"{data}/api/xbrl/companyfacts/{EXAMPLE.key}.json": example_facts(),
        f"{data}/api/xbrl/companyfacts/{FOREIGN.key}.json": foreign_facts(),
    }
    return {url: json.dumps(content).encode() for url, content in files.items()}


def document_url(filed: Filed, web: str = WEB) -> str:
    """Where a filing of Example Analytics is."""
    folder = f"{web}/Archives/edgar/data/{EXAMPLE.cik}/{filed[2].replace('-', '')}"
    return f"{folder}/{DOCUMENTS[filed]}"


QUARTERLY_TEXT = """\
# Example Analytics Inc. quarterly report

Revenue of Example Analytics increased 9% in the second quarter, driven by demand for its weather
analytics service. Research and development expense increased because the company hired engineers.

Two customers account for 38% of revenue, which the company calls a risk to its results.
"""


def example() -> CompanyFacts:
    """The facts of Example Analytics, read."""
    return CompanyFacts(example_facts(), EXAMPLE)


def iso(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
