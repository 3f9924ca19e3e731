"""Robots policy: robots.txt and the pace, with a clock of the test's own."""

import asyncio
from collections.abc import Mapping

import pytest

from researcher.sources.web.guard import Guard
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure
from researcher.sources.web.robots import RobotsPolicy

ALLOWED = "127.0.0.1:4711"
AGENT = "Alex/0.1 (research agent)"


class Web:
    """Sites that have only a robots.txt, and time that passes only by waiting."""

    def __init__(self, robots: Mapping[str, str | int | ReadFailure]) -> None:
        self.robots = robots
        self.asked: list[str] = []
        self.now = 1_000.0
        self.waits: list[float] = []

    async def fetch(self, url: str) -> PageResponse:
        self.asked.append(url)
        answer = self.robots.get(url, 404)
        if isinstance(answer, ReadFailure):
            raise PageUnreadable(url, answer, "As the test wants it.")
        if isinstance(answer, int):
            return PageResponse(url, answer, "text/plain", b"")
        return PageResponse(url, 200, "text/plain", answer.encode())

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def robots_policy(self) -> RobotsPolicy:
        guard = Guard.allowing([ALLOWED])
        return RobotsPolicy(guard, self.fetch, AGENT, clock=lambda: self.now, sleep=self.sleep)


def ask(web: Web, *urls: str) -> None:
    async def main() -> None:
        robots_policy = web.robots_policy()
        for url in urls:
            await robots_policy.ask(url)

    asyncio.run(main())


def refused(web: Web, url: str) -> PageUnreadable:
    with pytest.raises(PageUnreadable) as caught:
        ask(web, url)
    assert caught.value.url == url
    return caught.value


def test_a_site_is_asked_once_and_visited_a_second_apart() -> None:
    web = Web({})
    ask(web, "https://a.example/1", "https://a.example/2", "https://a.example/3")
    assert web.asked == ["https://a.example:443/robots.txt"]
    assert web.waits == [1.0, 1.0]


def test_other_sites_need_not_wait() -> None:
    web = Web({})
    ask(web, "https://a.example/", "https://b.example/", "http://a.example/")
    assert web.waits == []
    assert len(web.asked) == 3


def test_allowed_servers_of_our_own_are_visited_without_a_wait_but_are_asked() -> None:
    web = Web({f"http://{ALLOWED}/robots.txt": "User-agent: *\nDisallow: /members/"})
    ask(web, f"http://{ALLOWED}/1", f"http://{ALLOWED}/2")
    assert web.waits == []
    assert refused(web, f"http://{ALLOWED}/members/x").failure is ReadFailure.ROBOTS


@pytest.mark.parametrize(("stated", "waited"), [("0.1", 1.0), ("4", 4.0), ("3600", 10.0)])
def test_a_crawl_delay_is_kept_within_reason(stated: str, waited: float) -> None:
    web = Web({"https://a.example:443/robots.txt": f"User-agent: *\nCrawl-delay: {stated}"})
    ask(web, "https://a.example/1", "https://a.example/2")
    assert web.waits == [waited]


def test_time_spent_elsewhere_counts() -> None:
    web = Web({})

    async def main() -> None:
        robots_policy = web.robots_policy()
        await robots_policy.ask("https://a.example/1")
        web.now += 0.75
        await robots_policy.ask("https://a.example/2")

    asyncio.run(main())
    assert web.waits == [0.25]


def test_visits_at_once_queue_up() -> None:
    web = Web({})

    async def main() -> None:
        robots_policy = web.robots_policy()
        await asyncio.gather(*(robots_policy.ask(f"https://a.example/{n}") for n in range(4)))

    asyncio.run(main())
    assert web.waits == [1.0] * 3
    assert len(web.asked) == 1


def test_rules_are_read_again_after_an_hour() -> None:
    web = Web({})

    async def main() -> None:
        robots_policy = web.robots_policy()
        await robots_policy.ask("https://a.example/")
        web.now += 3_601
        await robots_policy.ask("https://a.example/")

    asyncio.run(main())
    assert len(web.asked) == 2


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ("User-agent: *\nDisallow: /", ReadFailure.ROBOTS),
        ("User-agent: Alex\nDisallow: /\n\nUser-agent: *\nAllow: /", ReadFailure.ROBOTS),
        (500, ReadFailure.ROBOTS),
        (503, ReadFailure.ROBOTS),
        (429, ReadFailure.ROBOTS),
        (ReadFailure.TIMEOUT, ReadFailure.ROBOTS),
        (ReadFailure.NETWORK, ReadFailure.NETWORK),
        (ReadFailure.BLOCKED_ADDRESS, ReadFailure.BLOCKED_ADDRESS),
    ],
)
def test_what_forbids_or_cannot_be_asked_is_not_read(
    answer: str | int | ReadFailure, failure: ReadFailure
) -> None:
    web = Web({"https://a.example:443/robots.txt": answer})
    assert refused(web, "https://a.example/page").failure is failure


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>not robots at all</html>",
        "User-agent: *\nDisallow: /other",
        "User-agent: Alex\nAllow: /\n\nUser-agent: *\nDisallow: /",
        401,
        403,
        404,
        410,
    ],
)
def test_what_does_not_forbid_is_read(answer: str | int) -> None:
    ask(Web({"https://a.example:443/robots.txt": answer}), "https://a.example/page")


def test_addresses_the_guard_refuses_are_not_even_asked() -> None:
    web = Web({})
    assert refused(web, "http://10.0.0.1/").failure is ReadFailure.BLOCKED_ADDRESS
    assert refused(web, "file:///etc/passwd").failure is ReadFailure.BAD_URL
    assert web.asked == []
