"""Reading pages with a real browser: what scripts build is read as a person would see it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page
from playwright.async_api import Response as Answer
from playwright.async_api import TimeoutError as PlaywrightTimeout

from researcher.sources.web.chromium import BrowserGone, Chromium
from researcher.sources.web.client import GuardedClient, demand_server, network_failure
from researcher.sources.web.content import HTML, page_of
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.proxy import GuardedProxy
from researcher.sources.web.sessions import Session, cancel
from researcher.sources.web.visible import VisibilityScriptFailed, visible_html

_TABS = 2
_NAVIGATIONS = 8
"""A page that sends itself on more often than this goes nowhere."""

_SCARCE = 200
"""Characters: a page with less text is still being built."""

_TEXT_LENGTH = "() => document.body ? document.body.innerText.trim().length : 0"
_MOVED_ON = ("context", "navigat", "Frame with the given id")
"""What errors say when a page went on to another under our hands."""


@dataclass(frozen=True, slots=True)
class PageTimeouts:
    """How long each step of a read may take, in seconds, and how much HTML it may give.

    Attributes:
        navigation: until the document is there.
        quiet: after that, until the network is quiet.
        content: after that, until a page with hardly any text has some.
        script: for a script of ours to run in the page.
        total: for all of it.
        html: characters of HTML taken from the page.
        unpacked: bytes that its responses may come to, when unpacked.
    """

    navigation: float = 20.0
    quiet: float = 3.0
    content: float = 3.0
    script: float = 6.0
    total: float = 45.0
    html: int = 16_000_000
    unpacked: int = 40_000_000


class BrowserReader:
    """A `PageReader` that runs the page's scripts; documents other than HTML go over plain HTTP."""

    def __init__(
        self,
        proxy: GuardedProxy,
        client: GuardedClient,
        executable: Path,
        *,
        timeouts: PageTimeouts | None = None,
    ) -> None:
        self.proxy = proxy
        self._http_reader = HttpReader(proxy, client)
        self.robots_policy = self._http_reader.robots_policy
        self.chromium = Chromium(executable, client.user_agent)
        self._timeouts = timeouts or PageTimeouts()
        self._tabs = asyncio.Semaphore(_TABS)

    @property
    def via(self) -> Literal["browser"]:
        """A real browser."""
        return "browser"

    async def read(self, url: str) -> WebPage:
        """Read one page.

        Raises:
            PageUnreadable: with the reason.
        """
        if urlsplit(url).path.lower().endswith((".pdf", ".json", ".txt", ".xml", ".csv")):
            return await self._http_reader.read(url)
        await self.robots_policy.ask(url)
        async with self._tabs:
            loaded = await self._load_patiently(url)
        if loaded is None:
            page = await self._http_reader.read(url)
            return replace(page, partial=page.partial or page.media_type in HTML)
        if loaded.url != url:
            await self.robots_policy.check_robots(loaded.url)
        return await page_of(url, loaded, "browser")

    async def fetch_data(self, url: str, most: int) -> PageResponse:
        """The response of a service for programs, over plain HTTP.

        Raises:
            PageUnreadable: none came.
        """
        return await self._http_reader.fetch_data(url, most)

    async def close(self) -> None:
        """End the browser, then the guarded proxy."""
        await self.chromium.close()
        await self.proxy.close()

    async def _load_patiently(self, url: str) -> PageResponse | None:
        """Load a page, once more where the browser died; None where plain HTTP must do."""
        try:
            return await self._load(url)
        except BrowserGone:
            pass  # it may have been another page's doing
        try:
            return await self._load(url)
        except BrowserGone as error:
            raise PageUnreadable(
                url, ReadFailure.NETWORK, "The browser died over the page, twice."
            ) from error

    async def _load(self, url: str) -> PageResponse | None:
        async with self.proxy.session() as session:
            try:
                async with asyncio.timeout(self._timeouts.total), self.chromium.tab(session) as tab:
                    visit = _Visit(tab, session, url, self._timeouts)
                    try:
                        return await visit.response()
                    finally:
                        await visit.end()
            except TimeoutError as error:
                raise PageUnreadable(
                    url, ReadFailure.TIMEOUT, "The page did not come to rest in time."
                ) from error
            except PlaywrightError as error:
                raise _failure(url, session, error) from error


@dataclass  # without slots: Playwright marks the objects whose methods listen to its events
class _Visit:
    """One page load: patient with slow pages, and with what has come of them."""

    tab: Page
    session: Session
    url: str
    timeouts: PageTimeouts
    _navigations: int = field(default=0, init=False)
    _partial: bool = field(default=False, init=False)
    _weight: int = field(default=0, init=False)
    _stopping: asyncio.Task[object] | None = field(default=None, init=False)

    async def response(self) -> PageResponse | None:
        """The page as a response; None where the browser has no HTML of it."""
        self.tab.on("framenavigated", self._count)
        await self._watch_weight()
        answer = await self._go()
        if answer is None and not self._partial:
            return None
        if answer is not None:
            headers = await answer.all_headers()
            demand_server(answer.url, answer.status, headers, self.session)
            if not _is_html(headers):
                return None
        await self._settle()
        self._end_of_the_line()
        html = await self._html()
        if html is None:
            return None
        if not html:
            raise PageUnreadable(
                self.url,
                ReadFailure.TIMEOUT,
                f"No page within {self.timeouts.navigation:g} seconds.",
            )
        body = html.encode("utf-8", "replace")
        return PageResponse(
            url=self.tab.url,
            status=answer.status if answer else 200,
            content_type="text/html; charset=utf-8",
            body=body,
            seen=True,
            partial=self._partial or len(html) >= self.timeouts.html or self.session.exhausted,
        )

    async def end(self) -> None:
        """Leave nothing waiting for the browser."""
        if self._stopping is not None:
            await cancel([self._stopping])

    async def _go(self) -> Answer | None:
        """Navigate; None for a download, and for a page that is slow but has begun."""
        try:
            return await self.tab.goto(
                self.url, wait_until="domcontentloaded", timeout=self.timeouts.navigation * 1000
            )
        except PlaywrightTimeout:
            self._partial = True
            return None
        except PlaywrightError as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return None
            raise

    async def _settle(self) -> None:
        """Wait for scripts to have built the page, within reason."""
        try:
            await self.tab.wait_for_load_state("networkidle", timeout=self.timeouts.quiet * 1000)
            await self.tab.wait_for_function(
                f"({_TEXT_LENGTH})() > {_SCARCE}", timeout=self.timeouts.content * 1000
            )
        except PlaywrightTimeout:
            return  # a page that never rests is read as it is

    async def _html(self) -> str | None:
        """What the page shows, as HTML; None where its scripts leave no room for ours."""
        for _ in range(_NAVIGATIONS):
            try:
                async with asyncio.timeout(self.timeouts.script):
                    return await visible_html(self.tab, self.timeouts.html)
            except (TimeoutError, VisibilityScriptFailed):
                return None
            except PlaywrightError as error:
                if not any(sign in str(error) for sign in _MOVED_ON):
                    raise
                self._end_of_the_line()
        return None

    async def _watch_weight(self) -> None:
        """Stop loading where packed responses unpack to more than a page can be."""
        browser = await self.tab.context.new_cdp_session(self.tab)

        def weigh(event: Mapping[str, int]) -> None:
            self._weight += event["dataLength"]
            if self._weight > self.timeouts.unpacked and self._stopping is None:
                self._partial = True
                self._stopping = asyncio.ensure_future(browser.send("Page.stopLoading"))

        browser.on("Network.dataReceived", weigh)
        await browser.send("Network.enable")

    def _count(self, frame: Frame) -> None:
        if frame == self.tab.main_frame:
            self._navigations += 1

    def _end_of_the_line(self) -> None:
        if self._navigations > _NAVIGATIONS:
            raise PageUnreadable(
                self.url, ReadFailure.REDIRECTS, "The page sends itself on without end."
            )
        if urlsplit(self.tab.url).scheme not in {"http", "https"} and not self._partial:
            raise network_failure(self.url, self.session.refusal_of(self.tab.url))


def _is_html(headers: Mapping[str, str]) -> bool:
    content_type = headers.get("content-type", "")
    return content_type.partition(";")[0].strip().lower() in {*HTML, ""}


def _failure(url: str, session: Session, error: PlaywrightError) -> PageUnreadable:
    text = str(error)
    if "ERR_TOO_MANY_REDIRECTS" in text:
        return PageUnreadable(url, ReadFailure.REDIRECTS, "The page redirects without end.")
    if "ERR_CERT" in text or "ERR_SSL" in text:
        return PageUnreadable(url, ReadFailure.NETWORK, "The site's certificate is not valid.")
    return network_failure(url, session.refusal_of(url) or next(iter(session.refusals), None))
