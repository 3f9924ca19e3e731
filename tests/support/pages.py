"""Pages in memory: a page reader for tests of what happens after a page is read."""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from researcher.sources.web.pages import Link, PageResponse, PageUnreadable, ReadFailure, WebPage

SITE = "http://site.test"

RESULTS = """\
# Northwind Instruments reports second quarter results

Northwind Instruments reported revenue of $412.6 million for the second quarter of 2026, up 9% from
$378.5 million a year earlier. Operating income was $61.9 million, or 15% of revenue. The company
expects revenue of $1.62 billion to $1.66 billion for the full year.

## Consolidated statements of income

(In millions, except per share data)

|  | Three Months Ended June 30, 2026 | Three Months Ended June 30, 2025 |
| Revenue | $412.6 | $378.5 |
| Cost of revenue | 231.1 | 217.9 |
| Operating income | 61.9 | 52.3 |
| Interest expense | (4.2) | (5.0) |
| Net income | $47.3 | $39.6 |
| Net income per share: | | |
| Diluted | $1.18 | $0.98 |
"""

OUTLOOK = """\
# Outlook

Orders for laboratory sensors grew 14% in the quarter, led by customers in life sciences. Two
suppliers of optical parts account for 38% of purchases, which the company calls a risk to delivery.
"""


@dataclass
class Pages:
    """Reads what it was given; remembers what it was asked for.

    Attributes:
        broken: pages that cannot be read, with the reason.
        gate: reading waits for it, where there is one.
        data: what services for programs answer; anything else cannot be reached.
    """

    texts: Mapping[str, str]
    links: Mapping[str, tuple[Link, ...]] = field(default_factory=dict)
    broken: Mapping[str, ReadFailure] = field(default_factory=dict)
    via: Literal["browser", "http"] = "http"
    asked: list[str] = field(default_factory=list)
    closed: bool = False
    gate: asyncio.Event | None = None
    reached: asyncio.Event | None = None
    data: Mapping[str, bytes] = field(default_factory=dict)

    async def read(self, url: str) -> WebPage:
        self.asked.append(url)
        if self.reached:
            self.reached.set()
        if self.gate:
            await self.gate.wait()
        if url in self.broken:
            raise PageUnreadable(url, self.broken[url], "The site forbids robots to read it.")
        if url not in self.texts:
            raise PageUnreadable(url, ReadFailure.HTTP_STATUS, "The server answered 404.")
        text = self.texts[url]
        return WebPage(
            url=url,
            requested_url=url,
            title=text.split("\n", 1)[0].lstrip("# "),
            text=text,
            sha256=hashlib.sha256(text.encode()).hexdigest(),
            retrieved=datetime(2026, 8, 3, 9, 30, tzinfo=UTC),
            media_type="text/html",
            via=self.via,
            published=date(2026, 8, 2),
            links=self.links.get(url, ()),
            size=len(text.encode()),
        )

    async def fetch_data(self, url: str, most: int) -> PageResponse:
        if url not in self.data:
            raise PageUnreadable(url, ReadFailure.NETWORK, "The server could not be reached.")
        body = self.data[url]
        return PageResponse(url, 200, "application/json", body[:most], partial=len(body) > most)

    async def close(self) -> None:
        self.closed = True


def northwind() -> Pages:
    """Two linked pages about a made-up company."""
    results, outlook = f"{SITE}/results", f"{SITE}/outlook"
    return Pages(
        {results: RESULTS, outlook: OUTLOOK},
        links={results: (Link(outlook, "Northwind Instruments outlook and risks"),)},
    )
