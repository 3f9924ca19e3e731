"""What one run reads: every page kept whole as a source, every failure kept with its reason."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urldefrag, urlsplit

from alex.errors import AlexError
from researcher.sources.relevance import Ranker
from researcher.sources.source import CollectedSources, Source, Unread, text_hash
from researcher.sources.web.pages import (
    Link,
    PageReader,
    PageResponse,
    PageUnreadable,
    ReadFailure,
    WebPage,
)

EXCERPT = 6_000
"""Characters of a page that a reader is shown; all of it is kept."""


_WEB_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+")


_MOST_LINKS = 20


_ATTEMPTS_A_PAGE = 2


class ReadRefused(AlexError):
    """The page is not read: nobody offered it, a cap is reached, or the run is to stop."""


@dataclass(frozen=True, slots=True)
class RankedLink:
    """A link with its nearness to the subject."""

    url: str
    text: str
    score: float


class SourceCollector:
    """Reads pages for a run, one at a time, each URL once.

    Only addresses that were offered are read: start pages, links of pages that were read, and what
    the tools found. An address that a model composes could carry what it knows to a stranger.

    Args:
        note: told of every page; it raises to stop the run.
        keep: given all that was read so far, after each page.
        size: bytes of pages; no page is begun once so many are read.
        deadline: on the running loop's clock; no page is begun after it.
        offered: where reading may start.
        collected: what an earlier attempt at the same run has read already.
    """

    def __init__(
        self,
        reader: PageReader,
        ranker: Ranker,
        *,
        pages: int,
        size: int,
        deadline: float,
        note: Callable[[str], None],
        keep: Callable[[CollectedSources], None],
        offered: Iterable[str] = (),
        collected: CollectedSources | None = None,
    ) -> None:
        self._reader = reader
        self.ranker = ranker
        self._pages = pages
        self._size = size
        self._deadline = deadline
        self._note = note
        self._keep = keep
        self.collected = collected or CollectedSources()
        self._keys = {_address(s.url): s.key for s in self.collected.sources}
        self._offered: dict[str, str] = {}
        self.offer(offered)
        for links in self.collected.links.values():
            self.offer(url for url, _ in links)
        self._lock = asyncio.Lock()
        self.stopped: AlexError | None = None

    @property
    def sources(self) -> list[Source]:
        """What was read so far, `S1` first."""
        return self.collected.sources

    def source(self, key: str) -> Source:
        """A source by its key."""
        return next(source for source in self.sources if source.key == key)

    def add(self, source: Source) -> None:
        """Keep a source that needs no reading: a stored document."""
        self.collected.sources.append(source)
        self._keys[_address(source.url)] = source.key

    def put(self, source: Source) -> Source:
        """Keep a source made of data, in place of what is there of its address; with its key."""
        known = self._keys.get(_address(source.url))
        kept = source.model_copy(update={"key": known or f"S{len(self.sources) + 1}"})
        if known is None:
            self.add(kept)
        else:
            place = self.sources.index(self.source(known))
            if self.sources[place].text_sha256 == kept.text_sha256:
                return self.sources[place]
            self.collected.sources[place] = kept
        self._report(f"Read {kept.title} ({len(kept.text):,} characters)")
        return kept

    def add_unread(self, error: PageUnreadable) -> None:
        """Keep that something could not be read, once."""
        failed = Unread(url=error.url, failure=error.failure.value, detail=error.detail)
        if failed not in self.collected.unread:
            self.collected.unread.append(failed)
            self._report(f"Could not read {error.url}: {error.detail}")

    def offer(self, urls: Iterable[str]) -> None:
        """Let these addresses be read, exactly as they are."""
        for url in urls:
            self._offered.setdefault(_address(url), url)

    async def read(self, url: str) -> Source:
        """Read a page that was offered, or give what reading it gave before.

        Raises:
            PageUnreadable: with the reason, now as before.
            ReadRefused: it was not offered, a cap is reached, or the run was asked to stop.
        """
        async with self._lock:
            if known := self._keys.get(_address(url)):
                return self.source(known)
            for failed in self.collected.unread:
                if _address(failed.url) == _address(url):
                    raise ReadRefused(f"It could not be read before: {failed.detail}")
            self._check_caps()
            # As it was offered: a fragment or slashes of the model's own would reach the page.
            offered = self._offered.get(_address(url))
            if offered is None:
                raise ReadRefused(
                    "Only start pages, links of pages already read and addresses that the tools"
                    " gave are read, exactly as they stand there."
                )
            self.collected.attempts += 1
            return await self._read(offered)

    async def fetch_data(self, url: str, most: int) -> PageResponse:
        """The response of a service that is there for programs, within the run's bytes and time.

        Raises:
            PageUnreadable: no response came, or none is asked for any more.
        """
        room = self._size - self.collected.size
        try:
            self._check_stopped()
            self._check_bounds()
        except ReadRefused as cap:
            raise PageUnreadable(url, ReadFailure.TIMEOUT, cap.detail) from cap
        response = await self._reader.fetch_data(url, min(most, room))
        self.collected.size += len(response.body)
        if response.partial and len(response.body) >= room:
            reached = self._cap(f"The budget of {self._size:,} bytes is used up.")
            raise PageUnreadable(url, ReadFailure.TOO_LARGE, reached.detail)
        return response

    async def links(self, source: Source) -> list[RankedLink]:
        """Where a page leads on its own site, nearest to the subject first."""
        host = urlsplit(source.url).netloc
        offered = {
            _address(url): Link(urldefrag(url).url, text.strip())
            for url, text in self.collected.links.get(source.key, ())
            if urlsplit(url).netloc == host and text.strip() and _address(url) not in self._keys
        }
        links = list(offered.values())
        texts = [f"{link.text} {_words_of(link.url)}" for link in links]
        scores = await asyncio.to_thread(self.ranker.scores, texts)
        ranked = [
            RankedLink(link.url, link.text, round(score, 3))
            for link, score in zip(links, scores, strict=True)
        ]
        return sorted(ranked, key=lambda link: -link.score)[:_MOST_LINKS]

    def _check_stopped(self) -> None:
        if self.stopped:
            raise ReadRefused("The run is to stop.")

    def _check_caps(self) -> None:
        self._check_stopped()
        read = sum(source.is_page for source in self.sources)
        if read >= self._pages or self.collected.attempts >= _ATTEMPTS_A_PAGE * self._pages:
            raise self._cap(f"The budget of {self._pages} pages is used up.")
        self._check_bounds()

    def _check_bounds(self) -> None:
        if self.collected.size >= self._size:
            raise self._cap(f"The budget of {self._size:,} bytes of pages is used up.")
        if asyncio.get_running_loop().time() >= self._deadline:
            raise self._cap("The time for reading is used up.")

    def _cap(self, reached: str) -> ReadRefused:
        if reached not in self.collected.reached:
            self.collected.reached.append(reached)
        return ReadRefused(reached)

    async def _read(self, url: str) -> Source:
        try:
            page = await self._reader.read(url)
        except PageUnreadable as error:
            self.add_unread(PageUnreadable(url, error.failure, error.detail))
            raise
        self.collected.size += page.size
        if known := self._keys.get(_address(page.url)):  # a redirect to a page read before
            self._keys[_address(url)] = known
            return self.source(known)
        source = _source(f"S{len(self.sources) + 1}", page)
        self.add(source)
        self._keys[_address(url)] = source.key
        self.collected.links[source.key] = [(link.url, link.text) for link in page.links]
        self.offer(link.url for link in page.links)
        self._report(f"Read {source.title or source.url} ({len(source.text):,} characters)")
        return source

    def _report(self, message: str) -> None:
        """Keep and note progress; a wish to stop is kept, for a tool's errors go to the model."""
        self._keep(self.collected)
        try:
            self._note(message)
        except AlexError as error:
            self.stopped = error


def addresses_in(text: str) -> list[str]:
    """Web addresses that stand in a text, such as the one a question is about."""
    return [found.rstrip(".,;:!?") for found in _WEB_ADDRESS.findall(text)]


def _source(key: str, page: WebPage) -> Source:
    return Source(
        key=key,
        url=page.url,
        title=" ".join(page.title.split()),
        text=page.text,
        sha256=page.sha256,
        text_sha256=text_hash(page.text),
        retrieved=page.retrieved,
        via=page.via,
        published=page.published,
        media_type=page.media_type,
        partial=page.partial,
    )


def _address(url: str) -> str:
    """A URL without its fragment: two names of one page."""
    return urldefrag(url).url.rstrip("/")


def _words_of(url: str) -> str:
    path = urlsplit(url).path
    return " ".join(part for part in path.replace("-", " ").replace("_", " ").split("/") if part)
