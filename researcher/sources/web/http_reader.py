"""Reading pages over plain HTTP, for where no browser is installed."""

from dataclasses import replace
from typing import Literal

from researcher.sources.web.client import Bounds, GuardedClient
from researcher.sources.web.content import page_of
from researcher.sources.web.pages import PageResponse, WebPage
from researcher.sources.web.proxy import GuardedProxy
from researcher.sources.web.robots import RobotsPolicy

_DATA_SECONDS = 60.0
"""Data files are larger than pages."""


class HttpReader:
    """A `PageReader` without JavaScript."""

    def __init__(self, proxy: GuardedProxy, client: GuardedClient) -> None:
        self.proxy = proxy
        self._client = client
        self.robots_policy = RobotsPolicy(proxy.guard, self._fetch_unasked, client.user_agent)

    @property
    def via(self) -> Literal["http"]:
        """Plain HTTP."""
        return "http"

    async def read(self, url: str) -> WebPage:
        """Read one page.

        Raises:
            PageUnreadable: with the reason.
        """
        return await page_of(url, await self.fetch(url), "http")

    async def fetch(self, url: str) -> PageResponse:
        """The response behind a URL, with leave of the guard and of each site on the way.

        Raises:
            PageUnreadable: none came.
        """
        async with self.proxy.session() as session:
            return await self._client.get(session, url, ask=self.robots_policy.ask)

    async def fetch_data(self, url: str, most: int) -> PageResponse:
        """The response of a service for programs; robots.txt speaks of a site's pages, not of it.

        Raises:
            PageUnreadable: none came.
        """
        client = replace(self._client, bounds=Bounds(most, _DATA_SECONDS))
        async with self.proxy.session() as session:
            return await client.get(session, url, ask=self._admit)

    async def close(self) -> None:
        """Stop the guarded proxy."""
        await self.proxy.close()

    async def _fetch_unasked(self, url: str) -> PageResponse:
        """A robots.txt: it needs nobody's leave but the guard's."""
        async with self.proxy.session() as session:
            return await self._client.get(session, url, ask=self._admit)

    async def _admit(self, url: str) -> None:
        self.robots_policy.admit(url)
