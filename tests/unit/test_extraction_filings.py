"""Real filings: every visible figure and word is in the text, to the last page."""

import re
from collections import Counter
from pathlib import Path

import pytest
from lxml import html

from researcher.sources.web.extraction import extract_html
from researcher.sources.web.hidden import drop_hidden
from tests.support.needs import SHARED_DATA, needs_shared_data

FOLDER = SHARED_DATA / "sec" / "pages"
FILINGS = sorted(FOLDER.glob("*.html")) if FOLDER.is_dir() else [FOLDER / "missing.html"]
FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
APPLE_HEADER = (
    "|  | Three Months Ended June 28, 2025 | Three Months Ended June 29, 2024"
    " | Nine Months Ended June 28, 2025 | Nine Months Ended June 29, 2024 |"
)
WORD = re.compile(r"[A-Za-z]{3,}")


@needs_shared_data
@pytest.mark.parametrize("path", FILINGS, ids=lambda path: path.stem)
def test_every_visible_figure_and_word_is_kept(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    text = extract_html(source, "https://www.sec.gov/Archives/filing.htm").text
    body = html.document_fromstring(source.encode()).find(".//body")
    assert body is not None
    drop_hidden(body)
    # Runs are joined by a space here, so words that markup splits differ; figures do not.
    visible = " ".join(str(run) for run in body.itertext())
    assert not Counter(FIGURE.findall(visible)) - Counter(FIGURE.findall(text))
    missing = (Counter(WORD.findall(visible)) - Counter(WORD.findall(text))).total()
    assert missing <= 5


@needs_shared_data
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        (
            "aapl-10-q-2025-08-01",
            [
                APPLE_HEADER,
                "| Total net sales | 94,036 | 85,777 | 313,695 | 296,105 |",
                "| Other income/(expense), net | (171) | 142 | (698) | 250 |",
                "| Diluted | $ 1.57 | $ 1.40 | $ 5.62 | $ 5.11 |",
            ],
        ),
        (
            "bke-8-k-ex99-1",
            [
                "| NET INCOME | $ 44,172 | $ 51,762 | $ 118,270 | $ 140,338 |",
                "| Accounts payable | $ 67,701 | $ 45,958 | $ 63,320 |",
            ],
        ),
        (
            "tsla-10-q-2025-07-24",
            ["| Net investment in sales-type leases | $ 351 | $ 440 |"],
        ),
    ],
)
def test_statements_are_read_row_by_row(name: str, rows: list[str]) -> None:
    source = (FOLDER / f"{name}.html").read_text(encoding="utf-8")
    found = extract_html(source, "https://www.sec.gov/Archives/filing.htm").text.splitlines()
    assert [row for row in rows if row not in found] == []
