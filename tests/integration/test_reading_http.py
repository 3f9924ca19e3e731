"""Reading pages over plain HTTP, on sites that behave badly."""

import asyncio
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from researcher.sources.web.client import Bounds, GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.proxy import GuardedProxy
from tests.support.site import ARTICLE, PretendInternet, Reply, Route, Site, nasty_routes, serving

AGENT = "AlexTest/1.0 (tests)"


@pytest.fixture
def private() -> Iterator[Site]:
    with serving({"/secret": Reply("secret")}) as site:
        yield site


@pytest.fixture
def site(private: Site) -> Iterator[Site]:
    routes = nasty_routes(private.url())
    pdf: dict[str, Route] = {
        "/broken.pdf": Reply(b"%PDF-1.7 nothing more", content_type="application/pdf"),
        "/huge.pdf": Reply(b"%PDF-1.7" + b"\0" * 100_000, content_type="application/pdf", repeat=9),
        "/latin": Reply(
            "<main><p>Umsatz: 12,5 Mio. € für Süßwaren im Jahr</p></main>".encode("cp1252"),
            content_type="text/html; charset=windows-1252",
        ),
    }
    with serving(routes | pdf) as running:
        yield running


def read(site: Site, path: str) -> WebPage:
    async def main() -> WebPage:
        reader = HttpReader(
            GuardedProxy(Guard.allowing([f"127.0.0.1:{site.port}"])),
            GuardedClient(AGENT, Bounds(bytes=600_000, seconds=1.0)),
        )
        try:
            return await reader.read(path if "//" in path else site.url(path))
        finally:
            await reader.close()

    return asyncio.run(main())


def test_a_page_is_read_with_what_proves_it(site: Site) -> None:
    before = datetime.now(UTC)
    page = read(site, "/")
    assert page.title == "All about tea"
    assert page.text.startswith("# All about tea\n\nParagraph 0: tea needs")
    assert "Menu item" not in page.text
    assert "Subscribe" not in page.text
    assert page.via == "http"
    assert page.media_type == "text/html"
    assert page.sha256 == hashlib.sha256(nasty_routes("")["/"].data).hexdigest()  # type: ignore[union-attr]
    assert before <= page.retrieved <= datetime.now(UTC)
    assert page.links[0].url == site.url("/menu/0")
    assert not page.partial
    assert set(site.agents) == {AGENT}


@pytest.mark.parametrize(
    ("path", "failure"),
    [
        ("/redirect", ReadFailure.BLOCKED_ADDRESS),
        ("/redirect-to-file", ReadFailure.BAD_URL),
        ("/loop", ReadFailure.REDIRECTS),
        ("/silent", ReadFailure.TIMEOUT),
        ("/captcha", ReadFailure.BOT_WALL),
        ("/forbidden", ReadFailure.HTTP_STATUS),
        ("/broken", ReadFailure.HTTP_STATUS),
        ("/missing", ReadFailure.HTTP_STATUS),
        ("/login", ReadFailure.LOGIN_WALL),
        ("/subscribers", ReadFailure.LOGIN_WALL),
        ("/empty", ReadFailure.EMPTY),
        ("/download", ReadFailure.UNSUPPORTED),
        ("/broken.pdf", ReadFailure.UNSUPPORTED),
        ("/huge.pdf", ReadFailure.TOO_LARGE),
        ("file:///etc/passwd", ReadFailure.BAD_URL),
        ("chrome://version", ReadFailure.BAD_URL),
        ("data:text/html,hello", ReadFailure.BAD_URL),
        ("http://127.0.0.1:1/", ReadFailure.BLOCKED_ADDRESS),
        ("http://169.254.169.254/latest/meta-data/", ReadFailure.BLOCKED_ADDRESS),
        ("http://[::1]/", ReadFailure.BLOCKED_ADDRESS),
    ],
)
def test_what_cannot_be_read_says_why(
    site: Site, private: Site, path: str, failure: ReadFailure
) -> None:
    with pytest.raises(PageUnreadable) as caught:
        read(site, path)
    assert caught.value.failure is failure
    assert caught.value.detail.endswith(".")
    assert private.hits == []


def test_a_page_that_never_ends_is_kept_as_far_as_it_came(site: Site) -> None:
    page = read(site, "/drip")
    assert page.partial
    assert "Paragraph 11" in page.text


def test_a_huge_page_is_cut_and_says_so(site: Site) -> None:
    page = read(site, "/huge")
    assert page.partial
    assert 0 < len(page.text) < 1_000_000


def test_a_page_nested_too_deeply_is_no_crash(site: Site) -> None:
    with pytest.raises(PageUnreadable) as caught:
        read(site, "/deep")
    assert caught.value.failure is ReadFailure.EMPTY


def test_plain_text_is_read_as_it_is(site: Site) -> None:
    page = read(site, "/text")
    assert page.text == "Plain text about tea.\n" * 10
    assert page.media_type == "text/plain"


def test_the_stated_encoding_is_used(site: Site) -> None:
    assert "12,5 Mio. € für Süßwaren" in read(site, "/latin").text


def robots_site(robots: Route, *paths: str) -> dict[str, Route]:
    return {"/robots.txt": robots} | {path: Reply(f"<main>{ARTICLE}</main>") for path in paths}


def test_robots_txt_is_obeyed_at_every_hop() -> None:
    routes = robots_site(Reply("User-agent: *\nDisallow: /closed/\n"), "/open", "/closed/page")
    routes["/door"] = Reply(status=302, headers={"Location": "/closed/page"})
    with serving(routes) as site:
        assert "acid soil" in read(site, "/open").text
        for path in ("/closed/page", "/door"):
            with pytest.raises(PageUnreadable) as caught:
                read(site, path)
            assert caught.value.failure is ReadFailure.ROBOTS
        assert "/closed/page" not in site.hits


@pytest.mark.parametrize(
    ("robots", "readable"),
    [
        (Reply("no", 404), True),
        (Reply("no", 403), True),
        (Reply("User-agent: AlexTest\nAllow: /\n\nUser-agent: *\nDisallow: /\n"), True),
        (Reply("User-agent: AlexTest\nDisallow: /\n\nUser-agent: *\nAllow: /\n"), False),
        (Reply("busy", 503), False),
        (Reply("slow down", 429), False),
        (Reply(stall=True), False),
    ],
)
def test_a_site_that_will_not_say_is_not_read(robots: Reply, *, readable: bool) -> None:
    with serving(robots_site(robots, "/page")) as site:
        if readable:
            assert "acid soil" in read(site, "/page").text
        else:
            with pytest.raises(PageUnreadable) as caught:
                read(site, "/page")
            assert caught.value.failure is ReadFailure.ROBOTS
            assert "/page" not in site.hits


def test_two_names_of_one_server_are_asked_separately() -> None:
    with serving(robots_site(Reply("User-agent: *\nDisallow:"), "/page")) as site:
        internet = PretendInternet(
            {"a.example": [["93.184.216.34"]], "b.example": [["93.184.216.34"]]},
            {("93.184.216.34", 80): site.port},
        )

        async def main() -> None:
            reader = HttpReader(GuardedProxy(Guard(), network=internet), GuardedClient(AGENT))
            for name in ("a", "b"):
                await reader.read(f"http://{name}.example/page")
            await reader.close()

        asyncio.run(main())
        assert site.hits == ["/robots.txt", "/page"] * 2
