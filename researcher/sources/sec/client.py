"""Asks the SEC for its data over the run's guarded client: politely, and for each file once.

The SEC wants a program to name a contact and to ask at most ten times a second.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from researcher.sources.sec import companies
from researcher.sources.sec.companies import Companies
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.sec.model import Company, Filing
from researcher.sources.sec.submissions import Malformed, Submissions, older_filings
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure

_INDEX_BYTES, _FACTS_BYTES = 16_000_000, 64_000_000
"""The largest companies' facts take tens of megabytes."""

_WAITS = (1.0, 4.0)
_LONGEST_WAIT = 15.0
_OK, _FORBIDDEN, _NOT_FOUND = 200, 403, 404
_TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504})

type Fetch = Callable[[str, int], Awaitable[PageResponse]]
"""Gives the response behind a URL, of so many bytes at most; raises PageUnreadable."""


class Pace:
    """Lets one request through after another, so many a second at most.

    Args:
        per_second: the SEC asks for ten at most.
        clock: seconds that only grow.
        sleep: waits.
    """

    def __init__(
        self,
        per_second: float = 8.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._between = 1.0 / per_second
        self._clock = clock
        self.sleep = sleep
        self._next_at = 0.0
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Return when the next request may go out."""
        async with self._lock:
            wait = self._next_at - self._clock()
            if wait > 0:
                await self.sleep(wait)
            self._next_at = self._clock() + self._between


@dataclass(frozen=True, slots=True)
class DataFile[T]:
    """A file of the SEC's, read.

    Attributes:
        sha256: of the bytes that came.
    """

    url: str
    sha256: str
    retrieved: datetime
    content: T


class SecClient:
    """The SEC's files, each read once; what could not be read is not asked for again.

    Args:
        fetch: the run's one way to the network.
        web_url: where the ticker list and the documents are.
        data_url: where indexes and facts are.
        user_agent: as `fetch` gives it; the SEC wants an e-mail address in it.
        pace: shared by all that ask the SEC at once.
    """

    def __init__(
        self,
        fetch: Fetch,
        *,
        web_url: str,
        data_url: str,
        user_agent: str,
        pace: Pace | None = None,
    ) -> None:
        self._fetch = fetch
        self._web_url = web_url
        self._data_url = data_url
        self._named = "@" in user_agent
        self._pace = pace or Pace()
        self._lock = asyncio.Lock()
        self._files: dict[str, DataFile[Any] | PageUnreadable] = {}

    async def companies(self) -> Companies:
        """The ticker list.

        Raises:
            PageUnreadable: with the reason, as all of these.
        """
        url = f"{self._web_url}{companies.PATH}"
        return (await self._file(url, Companies, "The SEC's list of tickers is not there.")).content

    async def submissions(self, company: Company) -> Submissions:
        """A company's filing index."""
        url = f"{self._data_url}/submissions/{company.key}.json"
        nothing = f"The SEC has no filings of {company.titled}."
        file = await self._file(url, lambda data: Submissions(data, self._web_url), nothing)
        return file.content

    async def older(self, company: Company, name: str) -> list[Filing]:
        """The filings of one of the older files that an index names."""
        url = f"{self._data_url}/submissions/{name}"
        file = await self._file(
            url,
            lambda data: older_filings(data, company, self._web_url),
            f"The SEC has no file {name}.",
        )
        return file.content

    async def facts(self, company: Company) -> DataFile[CompanyFacts]:
        """Every figure of a company's filings."""
        return await self._file(
            self.facts_url(company),
            lambda data: CompanyFacts(data, company),
            f"The SEC has no XBRL figures of {company.titled}.",
            _FACTS_BYTES,
        )

    def facts_url(self, company: Company) -> str:
        """Where they are."""
        return f"{self._data_url}/api/xbrl/companyfacts/{company.key}.json"

    async def _file[T](
        self,
        url: str,
        read: Callable[[dict[str, Any]], T],
        when_missing: str,
        most: int = _INDEX_BYTES,
    ) -> DataFile[T]:
        async with self._lock:
            kept = self._files.get(url)
            if kept is None:
                try:
                    kept = await self._read(url, read, when_missing, most)
                except PageUnreadable as error:
                    kept = error
                self._files[url] = kept
        if isinstance(kept, PageUnreadable):
            raise PageUnreadable(kept.url, kept.failure, kept.detail) from kept
        return kept

    async def _read[T](
        self, url: str, read: Callable[[dict[str, Any]], T], when_missing: str, most: int
    ) -> DataFile[T]:
        if not self._named:
            raise PageUnreadable(
                url,
                ReadFailure.NO_CONTACT,
                "The SEC gives its data to programs that name a contact: put your e-mail address"
                " into ALEX_USER_AGENT.",
            )
        body = (await self._response(url, when_missing, most)).body
        try:
            # In a thread: a large company's facts take seconds.
            content = await asyncio.to_thread(lambda: read(_json_object(body)))
        except (ValueError, RecursionError) as error:
            raise PageUnreadable(
                url, ReadFailure.UNSUPPORTED, f"The SEC's answer cannot be used: {_fault(error)}."
            ) from error
        return DataFile(url, hashlib.sha256(body).hexdigest(), datetime.now(UTC), content)

    async def _response(self, url: str, when_missing: str, most: int) -> PageResponse:
        """The whole answer with status 200; asked for again where it may pass soon."""
        for wait in (*_WAITS, None):
            await self._pace.turn()
            response = await self._fetch(url, most)
            pause = _pause(response, wait)
            if pause is None:
                break
            await self._pace.sleep(pause)
        if response.status != _OK:
            raise _refusal(url, response.status, when_missing)
        if response.partial and len(response.body) >= most:
            raise PageUnreadable(
                url, ReadFailure.TOO_LARGE, f"The SEC's file is larger than {most:,} bytes."
            )
        if response.partial:
            raise PageUnreadable(url, ReadFailure.NETWORK, "The SEC's answer broke off.")
        return response


def _pause(response: PageResponse, usual: float | None) -> float | None:
    """Seconds until to ask again; None where that is no use, or too far off."""
    asked_for = _retry_after(response.retry_after)
    transient = response.status in _TRANSIENT_STATUSES
    if usual is None or not (
        transient or (response.status == _FORBIDDEN and asked_for is not None)
    ):
        return None
    pause = usual if asked_for is None else max(usual, asked_for)
    return pause if pause <= _LONGEST_WAIT else None


def _retry_after(header: str) -> float | None:
    """Seconds from now; None where it says nothing that makes sense."""
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
        return max((moment - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):  # no date; or one without zone
        return None


def _refusal(url: str, status: int, when_missing: str) -> PageUnreadable:
    if status == _NOT_FOUND:
        return PageUnreadable(url, ReadFailure.NOT_LISTED, when_missing)
    if status == _FORBIDDEN:
        return PageUnreadable(
            url,
            ReadFailure.BOT_WALL,
            "The SEC turns this program away (HTTP 403): it was asked too often, or the contact in"
            " ALEX_USER_AGENT does not suit it.",
        )
    if status in _TRANSIENT_STATUSES:
        return PageUnreadable(
            url, ReadFailure.HTTP_STATUS, f"The SEC cannot answer now (HTTP {status})."
        )
    return PageUnreadable(url, ReadFailure.HTTP_STATUS, f"The SEC's server answered {status}.")


def _json_object(body: bytes) -> dict[str, Any]:
    data = json.loads(body, parse_float=Decimal)
    if not isinstance(data, dict):
        raise Malformed("it is no JSON object")
    return data


def _fault(error: Exception) -> str:
    return str(error) if isinstance(error, Malformed) else "it is no JSON"
