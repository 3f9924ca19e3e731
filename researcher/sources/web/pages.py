"""What reading a page gives, and how it can fail."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal, Protocol

from alex.errors import AlexError


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: absolute http(s) URL and its text."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page as it was read: its text only, for text is all that leaves the reading layer.

    Attributes:
        url: where the content came from, after redirects.
        requested_url: what was asked for.
        text: Markdown-like text; headings as `# …`, tables as `| a | b |` rows, no navigation.
        sha256: of the bytes or the DOM the text was taken from.
        published: the page's own publication date, where it states one.
        via: whether a real browser or plain HTTP read it.
        partial: the page was cut at a size or time limit.
        size: bytes of the page as it came.
    """

    url: str
    requested_url: str
    title: str
    text: str
    sha256: str
    retrieved: datetime
    media_type: str
    via: Literal["browser", "http"]
    published: date | None = None
    links: tuple[Link, ...] = ()
    partial: bool = False
    size: int = 0


@dataclass(frozen=True, slots=True)
class PageResponse:
    """What a server sent.

    Attributes:
        url: where it came from, after redirects.
        content_type: the whole header.
        seen: it holds only what a browser painted.
        partial: the body was cut at the size or time limit.
        retry_after: the header, as sent; empty where there was none.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    seen: bool = False
    partial: bool = False
    retry_after: str = ""


class ReadFailure(StrEnum):
    """Why a page could not be read."""

    BLOCKED_ADDRESS = "blocked_address"
    BAD_URL = "bad_url"
    ROBOTS = "robots"
    BOT_WALL = "bot_wall"
    LOGIN_WALL = "login_wall"
    HTTP_STATUS = "http_status"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    UNSUPPORTED = "unsupported"
    EMPTY = "empty"
    NETWORK = "network"
    NO_CONTACT = "no_contact"
    NOT_LISTED = "not_listed"


class PageUnreadable(AlexError):
    """A page could not be read; `failure` says why, `detail` in words fit for a report."""

    def __init__(self, url: str, failure: ReadFailure, detail: str) -> None:
        super().__init__(detail)
        self.url = url
        self.failure = failure


class PageReader(Protocol):
    """Reads public pages and data through the egress guard."""

    @property
    def via(self) -> Literal["browser", "http"]:
        """How pages are read; a report says so."""
        ...

    async def read(self, url: str) -> WebPage:
        """Read one page.

        Raises:
            PageUnreadable: with the reason.
        """
        ...

    async def fetch_data(self, url: str, most: int) -> PageResponse:
        """The response of a service that is there for programs: whatever status, `most` bytes.

        Raises:
            PageUnreadable: no response came.
        """
        ...

    async def close(self) -> None:
        """Release the browser and the guard."""
        ...
