"""The browser process: started when needed, started again when it died, closed with its reader."""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from researcher.sources.web.sessions import Session

_log = logging.getLogger(__name__)

_START_SECONDS = 30.0
_CLOSE_SECONDS = 5.0
_NO_BYPASS = "<-loopback>"
"""Chromium reaches loopback without the proxy unless told otherwise."""

_ARGUMENTS = (
    # All names are resolved by the proxy, or not at all; and nothing leaves by UDP.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    # Only text leaves the reading layer; blocked here, images cost 30 times less than in a route.
    "--blink-settings=imagesEnabled=false",
    "--disable-remote-fonts",
    "--mute-audio",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",
)
_UNSANDBOXED = ("--no-zygote",)

_INHERITED = frozenset(
    name.casefold()
    for name in (
        *("PATH", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "TZ", "LD_LIBRARY_PATH"),
        *("SYSTEMROOT", "WINDIR", "LOCALAPPDATA", "APPDATA", "USERPROFILE", "PROGRAMDATA"),
        *("FONTCONFIG_PATH", "FONTCONFIG_FILE", "__CF_USER_TEXT_ENCODING"),
    )
)


class BrowserGone(Exception):
    """The browser or its driver died, or would not start."""


class Chromium:
    """One headless browser, one event loop."""

    def __init__(self, executable: Path, user_agent: str) -> None:
        self.executable = executable
        self._user_agent = user_agent
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._lock = asyncio.Lock()
        self.launches = 0

    @asynccontextmanager
    async def tab(self, session: Session) -> AsyncIterator[Page]:
        """A page in a context of its own, whose every connection is the session's.

        Raises:
            BrowserGone: it died meanwhile; the next tab starts another.
        """
        browser = await self._running(session.server)
        try:
            context = await browser.new_context(
                proxy={
                    "server": session.server,
                    "username": session.username,
                    "password": session.password,
                    "bypass": _NO_BYPASS,
                },
                user_agent=self._user_agent,
                locale="en-US",
                accept_downloads=False,
                service_workers="block",
            )
            try:
                yield await context.new_page()
            finally:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await context.close()
        except PlaywrightError as error:
            if not _says_gone(error):
                raise
            await self._replace(browser)
            raise BrowserGone(str(error)) from error
        except TimeoutError:
            # Either the tab would not close, or its user ran out of time over a hung page.
            await self._replace(browser)
            raise

    async def close(self) -> None:
        """End the browser and its driver."""
        async with self._lock:
            await self._drop()

    async def _running(self, proxy_server: str) -> Browser:
        async with self._lock:
            # `is_connected` stays true when the driver dies; `tab` notices that.
            if self._browser is None or not self._browser.is_connected():
                await self._drop()
                self._browser = await self._start(proxy_server)
            return self._browser

    async def _start(self, proxy_server: str) -> Browser:
        try:
            async with asyncio.timeout(_START_SECONDS):
                self._playwright = await async_playwright().start()
                browser = await self._launch(self._playwright, proxy_server)
        except (PlaywrightError, OSError, TimeoutError) as error:
            await self._drop()
            raise BrowserGone(f"The browser does not start: {error}") from error
        self.launches += 1
        return browser

    async def _launch(self, playwright: Playwright, proxy_server: str) -> Browser:
        """Launch with Chromium's own sandbox where the system lets it have one."""
        if not _sandbox_is_hopeless():
            try:
                return await self._launch_with(playwright, proxy_server, sandbox=True)
            except PlaywrightError as error:
                _log.warning("Chromium runs without its sandbox: %s", str(error).partition("\n")[0])
        return await self._launch_with(playwright, proxy_server, sandbox=False)

    async def _launch_with(
        self, playwright: Playwright, proxy_server: str, *, sandbox: bool
    ) -> Browser:
        return await playwright.chromium.launch(
            executable_path=self.executable,
            headless=True,
            chromium_sandbox=sandbox,
            args=[*_ARGUMENTS, *(() if sandbox else _UNSANDBOXED)],
            env=browser_environment(os.environ),
            # Without a session's credentials the proxy lets nothing through: what the browser
            # itself would like to fetch goes nowhere.
            proxy={"server": proxy_server},
            timeout=_START_SECONDS * 1000,
            handle_sigint=False,
            handle_sigterm=False,
            handle_sighup=False,
        )

    async def _replace(self, gone: Browser) -> None:
        """Drop a browser that is of no use any more, unless another task already did."""
        async with self._lock:
            if self._browser is gone:
                await self._drop()

    async def _drop(self) -> None:
        browser, playwright = self._browser, self._playwright
        self._browser = self._playwright = None
        ends: list[Callable[[], Awaitable[object]]] = [browser.close] if browser else []
        ends += [playwright.stop] if playwright else []
        for end in ends:
            try:
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await end()
            except (PlaywrightError, TimeoutError, OSError) as error:
                _log.info("The browser was gone before it could be closed: %s", error)


def browser_environment(env: Mapping[str, str]) -> dict[str, str | float | bool]:
    """What the browser may know of our environment: no keys, and a home it can write to."""
    kept: dict[str, str | float | bool] = {
        name: value for name, value in env.items() if name.casefold() in _INHERITED
    }
    # In Lambda only the temporary folder is writable; macOS keeps its frameworks' caches at home.
    home = env.get("HOME", "") if sys.platform == "darwin" else tempfile.gettempdir()
    return kept | {"HOME": home}


def _sandbox_is_hopeless() -> bool:
    """As root and in Lambda Chromium cannot have a sandbox of its own; others run it in one."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return is_root or "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def _says_gone(error: PlaywrightError) -> bool:
    text = str(error).lower()
    return any(word in text for word in ("closed", "crash", "disconnected", "epipe"))
