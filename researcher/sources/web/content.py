"""From a response to a page: walls told from content, text taken, evidence dated and hashed."""

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import Literal

from alex.errors import InvalidInput
from researcher.sources.web.extraction import Extracted, decode, extract, media_type_of
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.walls import check_content, check_status

HTML = frozenset({"text/html", "application/xhtml+xml"})
_EXTRACTION_SECONDS = 60.0
_MARKUP = 200_000
"""Characters of HTML that are searched for signs of a wall."""


async def page_of(
    requested_url: str, response: PageResponse, via: Literal["browser", "http"]
) -> WebPage:
    """The page a response holds.

    Raises:
        PageUnreadable: it holds none.
    """
    media_type = media_type_of(response.content_type, response.body)
    markup = ""
    if media_type in HTML:
        markup = decode(response.body[:_MARKUP], response.content_type)
    check_status(response.url, response.status, markup)
    content = await _extracted(response, media_type)
    check_content(response.url, requested_url, content, markup)
    return WebPage(
        url=response.url,
        requested_url=requested_url,
        title=content.title,
        text=content.text,
        sha256=hashlib.sha256(response.body).hexdigest(),
        retrieved=datetime.now(UTC),
        media_type=media_type,
        via=via,
        published=content.published,
        links=content.links,
        partial=response.partial or content.partial,
        size=len(response.body),
    )


async def _extracted(response: PageResponse, media_type: str) -> Extracted:
    if response.partial and media_type == "application/pdf":
        raise PageUnreadable(response.url, ReadFailure.TOO_LARGE, "The PDF is too large to read.")
    try:
        # In a thread: a long filing takes a tenth of a second, a long PDF several.
        async with asyncio.timeout(_EXTRACTION_SECONDS):
            return await asyncio.to_thread(
                extract, response.body, response.content_type, response.url, seen=response.seen
            )
    except InvalidInput as error:
        raise PageUnreadable(response.url, ReadFailure.UNSUPPORTED, error.detail) from error
    except TimeoutError as error:
        raise PageUnreadable(
            response.url, ReadFailure.TIMEOUT, "Taking the text out took too long."
        ) from error
