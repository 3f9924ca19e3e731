"""What a site's robots.txt lets a robot read, and how fast (RFC 9309)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from protego import Protego

from researcher.sources.web.extraction import decode
from researcher.sources.web.guard import AddressRefused, BadUrl, Guard, Target
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure

_KEPT_SECONDS = 3600.0
_LONGEST = 512_000
"""Bytes of a robots.txt that are read, at least what RFC 9309 demands."""

_POLITE_SECONDS = 1.0
_LONGEST_DELAY = 10.0
"""A longer crawl delay is shortened to this: a run reads a few pages of a site, not all."""

type Fetch = Callable[[str], Awaitable[PageResponse]]


@dataclass(frozen=True, slots=True)
class _Rules:
    """A site's rules; `rules` None: it could not be asked, so nothing may be read."""

    rules: Protego | None
    read_at: float


@dataclass(slots=True)
class _Visits:
    """When a site may be visited next."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_at: float = 0.0


class RobotsPolicy:
    """Asks before each visit: the guard, the site's robots.txt, and the clock.

    Args:
        guard: refuses addresses that need no look-up to be refused.
        fetch: reads a robots.txt through the guarded proxy.
        user_agent: whose rules apply.
        clock: seconds that only grow.
        sleep: waits.
    """

    def __init__(
        self,
        guard: Guard,
        fetch: Fetch,
        user_agent: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._guard = guard
        self._fetch = fetch
        self._user_agent = user_agent
        self._clock = clock
        self._sleep = sleep
        self._rules: dict[str, _Rules] = {}
        self._visits: dict[str, _Visits] = {}

    async def ask(self, url: str) -> None:
        """Return when the URL may be read, after a wait where the site was visited just now.

        Raises:
            PageUnreadable: it may not be read.
        """
        target = self.admit(url)
        visits = self._visits.setdefault(target.authority, _Visits())
        async with visits.lock:
            rules = await self._rules_of(target, url)
            self._demand(rules, url)
            wait = visits.next_at - self._clock()
            if wait > 0:
                await self._sleep(wait)
            visits.next_at = self._clock() + self._delay(target, rules)

    def admit(self, url: str) -> Target:
        """Where a URL points, if the guard lets it pass as far as can be told without a look-up.

        Raises:
            PageUnreadable: it is no web address, or one that may not be reached.
        """
        try:
            return self._guard.check_url(url)
        except BadUrl as bad:
            raise PageUnreadable(
                url, ReadFailure.BAD_URL, f"Not a web address: {bad.reason}."
            ) from bad
        except AddressRefused as refused:
            raise PageUnreadable(
                url,
                ReadFailure.BLOCKED_ADDRESS,
                f"The address may not be reached: {refused.reason}.",
            ) from refused

    async def check_robots(self, url: str) -> None:
        """Whether the site lets the URL be read, without waiting; for where a page ended up.

        Raises:
            PageUnreadable: it does not.
        """
        self._demand(await self._rules_of(self.admit(url), url), url)

    def _demand(self, rules: Protego | None, url: str) -> None:
        if rules is None:
            raise PageUnreadable(
                url, ReadFailure.ROBOTS, "The site's robots.txt could not be read."
            )
        if not rules.can_fetch(url, self._user_agent):
            raise PageUnreadable(url, ReadFailure.ROBOTS, "The site's robots.txt forbids it.")

    async def _rules_of(self, target: Target, url: str) -> Protego | None:
        site = f"{target.scheme}://{target.authority}"
        kept = self._rules.get(site)
        if kept is None or self._clock() - kept.read_at > _KEPT_SECONDS:
            try:
                kept = _Rules(await self._read_rules(f"{site}/robots.txt"), self._clock())
            except PageUnreadable as failure:
                raise PageUnreadable(url, failure.failure, failure.detail) from failure
            self._rules[site] = kept
        return kept.rules

    async def _read_rules(self, url: str) -> Protego | None:
        """The rules; empty where the site has none; None where it cannot be told."""
        try:
            response = await self._fetch(url)
        except PageUnreadable as failure:
            if failure.failure in {ReadFailure.BLOCKED_ADDRESS, ReadFailure.NETWORK}:
                raise  # the page itself cannot be reached, either
            return None
        if response.status >= 500 or response.status == 429:  # noqa: PLR2004 - HTTP statuses
            return None
        if response.status >= 400:  # noqa: PLR2004 - HTTP status
            return Protego.parse("")
        return Protego.parse(decode(response.body[:_LONGEST], response.content_type))

    def _delay(self, target: Target, rules: Protego | None) -> float:
        if target.address is not None and self._guard.allows(target.address, target.port):
            return 0.0
        stated = rules.crawl_delay(self._user_agent) if rules is not None else None
        return min(max(float(stated or 0), _POLITE_SECONDS), _LONGEST_DELAY)
