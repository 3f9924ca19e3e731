"""Plain HTTP through the guarded proxy: bounded in time, size and redirects."""

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

import certifi
import httpx2

from researcher.sources.web.decoding import ACCEPTED, Undecodable, Unpacker
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure
from researcher.sources.web.sessions import Refusal, Session

_ACCEPT = (
    "text/html,application/xhtml+xml,application/pdf,text/plain,application/json;q=0.9,*/*;q=0.1"
)
_REDIRECTS = 8


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one response may take."""

    bytes: int = 24_000_000
    seconds: float = 30.0


def _authorities() -> ssl.SSLContext:
    """A list of its own: the stores of Windows and macOS may fetch what a chain lacks.

    They would fetch it past the guarded proxy.
    """
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


@dataclass(frozen=True, slots=True)
class GuardedClient:
    """Fetches URLs; `user_agent` is how it names itself."""

    user_agent: str
    bounds: Bounds = field(default_factory=Bounds)
    _tls: ssl.SSLContext = field(default_factory=_authorities, repr=False)

    async def get(
        self, session: Session, url: str, *, ask: Callable[[str], Awaitable[None]]
    ) -> PageResponse:
        """Fetch a URL; `ask` is asked before each hop, and may refuse by raising.

        Raises:
            PageUnreadable: no response came; an error status is a response.
        """
        proxy = httpx2.Proxy(session.server, auth=(session.username, session.password))
        headers = {
            "User-Agent": self.user_agent,
            "Accept": _ACCEPT,
            "Accept-Language": "en",
            "Accept-Encoding": ACCEPTED,
        }
        async with httpx2.AsyncClient(
            proxy=proxy,
            headers=headers,
            verify=self._tls,
            trust_env=False,
            timeout=self.bounds.seconds,
        ) as http:
            here = url
            for _ in range(_REDIRECTS + 1):
                await ask(here)
                response, location = await self._hop(http, session, here)
                if location is None:
                    return response
                here = urljoin(here, location)
        raise PageUnreadable(url, ReadFailure.REDIRECTS, "The page redirects without end.")

    async def _hop(
        self, http: httpx2.AsyncClient, session: Session, url: str
    ) -> tuple[PageResponse, str | None]:
        """One response, and where it redirects to."""
        body = bytearray()
        head: httpx2.Response | None = None
        try:
            async with asyncio.timeout(self.bounds.seconds), http.stream("GET", url) as head:
                if not head.has_redirect_location:
                    await self._fill(body, head)
        except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
            if head is None or not body:
                raise self._failure(url, session, error) from error
            return _response(head, body, partial=True), None
        demand_server(url, head.status_code, head.headers, session)
        location = head.headers["location"] if head.has_redirect_location else None
        partial = len(body) >= self.bounds.bytes or session.exhausted
        return _response(head, body, partial=partial), location

    async def _fill(self, body: bytearray, head: httpx2.Response) -> None:
        """Read the body, up to the limit: packed, it could be a million times what was sent."""
        unpacker = Unpacker(head.headers.get("content-encoding", ""))
        async for chunk in head.aiter_raw():
            body += unpacker.feed(chunk, self.bounds.bytes - len(body))
            if len(body) >= self.bounds.bytes:
                return

    def _failure(self, url: str, session: Session, error: Exception) -> PageUnreadable:
        if isinstance(error, Undecodable):
            return PageUnreadable(url, ReadFailure.UNSUPPORTED, f"It cannot be unpacked: {error}.")
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            return PageUnreadable(
                url, ReadFailure.TIMEOUT, f"No answer within {self.bounds.seconds:g} seconds."
            )
        return network_failure(url, session.refusal_of(url))


def _response(head: httpx2.Response, body: bytearray, *, partial: bool = False) -> PageResponse:
    return PageResponse(
        url=str(head.url),
        status=head.status_code,
        content_type=head.headers.get("content-type", ""),
        body=bytes(body),
        partial=partial,
        retry_after=head.headers.get("retry-after", ""),
    )


def demand_server(url: str, status: int, headers: Mapping[str, str], session: Session) -> None:
    """Tell the proxy's own answers from a server's.

    Raises:
        PageUnreadable: the guard refused the URL's host, or it could not be reached.
    """
    if session.sealed(headers):
        refused = session.refusals[-1] if status == 403 else None  # noqa: PLR2004 - HTTP status
        raise network_failure(url, session.refusal_of(url) or refused)


def network_failure(url: str, refusal: Refusal | None) -> PageUnreadable:
    """Why no response came: the guard's refusal where it refused."""
    if refusal is not None:
        return PageUnreadable(
            url, ReadFailure.BLOCKED_ADDRESS, f"The address may not be reached: {refusal.reason}."
        )
    return PageUnreadable(url, ReadFailure.NETWORK, "The server could not be reached.")
