"""Reading pages with Chromium, on sites that attack it, stall it and kill it."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from researcher.sources.web.browser import find_browser
from researcher.sources.web.browser_reader import BrowserReader, PageTimeouts
from researcher.sources.web.client import Bounds, GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.pages import PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.proxy import GuardedProxy
from tests.support.needs import needs_browser
from tests.support.site import (
    ARTICLE,
    PretendInternet,
    Reply,
    Request,
    Site,
    nasty_routes,
    page,
    serving,
)

PUBLIC = "93.184.216.34"
PRIVATE = "10.0.0.7"
AGENT = "AlexTest/1.0 (tests)"


@dataclass
class World:
    """A browser, a public site named tea.example and a private server at 10.0.0.7."""

    public: Site
    private: Site
    internet: PretendInternet
    runner: asyncio.Runner
    reader: BrowserReader

    def read(self, path: str) -> WebPage:
        url = path if ":" in path else f"http://tea.example{path}"
        return self.runner.run(self.reader.read(url))

    def failure(self, path: str) -> ReadFailure:
        with pytest.raises(PageUnreadable) as caught:
            self.read(path)
        return caught.value.failure


PATIENCE = PageTimeouts(
    navigation=3.0, quiet=1.0, content=2.0, script=2.0, total=10.0, html=2_000_000
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    browser = find_browser()
    assert browser is not None
    with (
        serving({"/secret": Reply("secret")}) as private,
        serving(nasty_routes(f"http://{PRIVATE}")) as public,
        asyncio.Runner() as runner,
    ):
        names = {
            "tea.example": [[PUBLIC]],
            "inside.example": [[PRIVATE]],
            # A new address at each look-up: robots.txt, the page, and what the page asks for.
            "rebinding.example": [[PUBLIC], [PUBLIC], [PRIVATE]],
        }
        internet = PretendInternet(names, {(PUBLIC, 80): public.port, (PRIVATE, 80): private.port})
        # Allowed: without it, politeness would wait a second before each page of the tests.
        guard = Guard.allowing([f"{PUBLIC}:80"])
        reader = BrowserReader(
            GuardedProxy(guard, network=internet),
            GuardedClient(AGENT, Bounds(seconds=3.0)),
            browser,
            timeouts=PATIENCE,
        )
        yield World(public, private, internet, runner, reader)
        runner.run(reader.close())


@pytest.fixture(autouse=True)
def nothing_private_is_reached(world: World) -> Iterator[None]:
    yield
    assert world.private.hits == []
    assert {address for address, _ in world.internet.connections} <= {PUBLIC}


def processes(*words: str) -> list[psutil.Process]:
    """Our living children whose command line has one of the words."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            command = " ".join(child.cmdline())
        except psutil.NoSuchProcess:
            continue  # it ended while we looked
        if any(word in command for word in words):
            found.append(child)
    return found


@needs_browser
def test_a_page_is_read_under_our_own_name(world: World) -> None:
    read = world.read("/")
    assert read.text.startswith("# All about tea")
    assert read.text.count("Paragraph") == 12
    assert "Menu item" not in read.text
    assert read.via == "browser"
    assert not read.partial
    assert set(world.public.agents) == {AGENT}


@needs_browser
def test_what_scripts_build_is_read(world: World) -> None:
    read = world.read("/late")
    assert "# Late tea" in read.text
    assert "Paragraph 11" in read.text


@needs_browser
def test_notices_over_the_page_are_gone(world: World) -> None:
    read = world.read("/notice")
    assert "Paragraph 11" in read.text
    assert "partners" not in read.text


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/redirect", ReadFailure.BLOCKED_ADDRESS),
        ("/refresh", ReadFailure.BLOCKED_ADDRESS),
        ("/script-to-private", ReadFailure.BLOCKED_ADDRESS),
        ("http://inside.example/secret", ReadFailure.BLOCKED_ADDRESS),
        (f"http://{PRIVATE}/secret", ReadFailure.BLOCKED_ADDRESS),
        ("http://localhost/secret", ReadFailure.NETWORK),
        ("https://127.0.0.1/secret", ReadFailure.BLOCKED_ADDRESS),
        ("http://unknown.example/", ReadFailure.NETWORK),
        ("file:///etc/passwd", ReadFailure.BAD_URL),
        ("chrome://version", ReadFailure.BAD_URL),
        ("data:text/html,hello", ReadFailure.BAD_URL),
        ("/loop", ReadFailure.REDIRECTS),
        ("/script-loop", ReadFailure.REDIRECTS),
        ("/silent", ReadFailure.TIMEOUT),
        ("/captcha", ReadFailure.BOT_WALL),
        ("/broken", ReadFailure.HTTP_STATUS),
        ("/missing", ReadFailure.HTTP_STATUS),
        ("/login", ReadFailure.LOGIN_WALL),
        ("/subscribers", ReadFailure.LOGIN_WALL),
        ("/empty", ReadFailure.EMPTY),
        ("/download", ReadFailure.UNSUPPORTED),
    ],
)
def test_what_cannot_be_read_says_why(world: World, path: str, failure: ReadFailure) -> None:
    assert world.failure(path) is failure


@needs_browser
def test_a_page_full_of_attacks_reaches_nothing_and_is_still_read(world: World) -> None:
    read = world.read("/attack")
    assert read.text.count("Paragraph") == 12
    assert "root:" not in read.text
    assert "/redirected-resource" in world.public.hits


@needs_browser
def test_a_name_that_moves_inside_is_refused(world: World) -> None:
    assert "acid soil" in world.read("http://rebinding.example/").text
    assert world.failure("http://rebinding.example/secret") is ReadFailure.BLOCKED_ADDRESS


@pytest.mark.slow
@needs_browser
@pytest.mark.parametrize(
    ("path", "partial"),
    [
        ("/drip", True),
        ("/slow-resource", False),
        ("/huge", True),
        ("/huge-dom", True),
        ("/spin", True),
        ("/alert", False),
        ("/popup", False),
        ("/leave", False),
        ("/deep", False),
        ("/text", False),
    ],
)
def test_pages_that_wear_a_reader_out_give_what_they_have(
    world: World, path: str, *, partial: bool
) -> None:
    read = world.read(path)
    assert "tea" in read.text
    assert read.partial is partial


@needs_browser
def test_pages_do_not_see_each_others_cookies(world: World) -> None:
    seen: list[str] = []

    def remember(request: Request) -> Reply:
        seen.append(request.headers.get("Cookie", ""))
        return Reply(page(ARTICLE), headers={"Set-Cookie": "visited=yes"})

    with serving({"/": remember}) as site:
        reader = BrowserReader(
            GuardedProxy(Guard.allowing([f"127.0.0.1:{site.port}"])),
            GuardedClient(AGENT),
            world.reader.chromium.executable,
        )
        for _ in range(2):
            world.runner.run(reader.read(site.url()))
        world.runner.run(reader.close())
    assert seen == ["", ""]


@needs_browser
def test_reading_in_parallel_gives_each_its_own_page(world: World) -> None:
    async def main() -> list[WebPage]:
        urls = [f"http://tea.example{path}" for path in ("/", "/late", "/article", "/notice")]
        return await asyncio.gather(*(world.reader.read(url) for url in urls))

    titles = [read.text.partition("\n")[0] for read in world.runner.run(main())]
    assert titles == ["# All about tea", "# Late tea", "# Late tea", "# All about tea"]


@pytest.mark.slow
@needs_browser
@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 is a POSIX signal")
@pytest.mark.parametrize("victim", ["--headless", "run-driver"], ids=["browser", "driver"])
def test_a_browser_killed_under_a_page_is_replaced(world: World, victim: str) -> None:
    world.read("/")
    before = world.reader.chromium.launches
    world.public.hit.clear()

    async def main() -> WebPage:
        reading = asyncio.create_task(world.reader.read("http://tea.example/late?killed"))
        await asyncio.to_thread(world.public.hit.wait, 10)
        processes(victim)[0].send_signal(signal.SIGKILL)
        return await reading

    read = world.runner.run(main())
    assert "# Late tea" in read.text
    assert world.reader.chromium.launches == before + 1
    assert "acid soil" in world.read("/").text


@needs_browser
def test_closing_leaves_no_process_and_the_reader_starts_again(world: World) -> None:
    world.read("/")
    assert processes("--headless")
    world.runner.run(world.reader.close())
    assert psutil.wait_procs(processes("--headless", "run-driver"), timeout=5)[1] == []
    assert "acid soil" in world.read("/").text
