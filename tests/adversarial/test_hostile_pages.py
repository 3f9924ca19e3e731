"""Pages that break a reader, wear it out or lead it astray: what becomes of each, and what after.

The table says for each page what reading it over plain HTTP and in the browser comes to: the
reason why not, `READ`, or `PARTIAL` where a limit cut it. Each is followed by a good page, read by
the same reader; nothing private is reached by any. `test_reading_*.py` have the attacks on single
parts: the guard, the proxy, robots.txt, the browser's processes.
"""

import asyncio
import gzip
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from researcher.sources.web.browser import find_browser
from researcher.sources.web.browser_reader import BrowserReader, PageTimeouts
from researcher.sources.web.client import Bounds, GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageReader, PageUnreadable, ReadFailure, WebPage
from researcher.sources.web.proxy import GuardedProxy
from tests.support.needs import BROWSER
from tests.support.site import ARTICLE, PretendInternet, Reply, Request, Route, Site, page, serving

READ, PARTIAL = "read", "partial"
PUBLIC, PRIVATE = "93.184.216.34", "10.0.0.7"
SECRET = "secret of the private server"
PATIENCE = PageTimeouts(
    navigation=2.0,
    quiet=0.4,
    content=0.4,
    script=2.0,
    total=8.0,
    html=2_000_000,
    unpacked=9_000_000,
)


@dataclass(frozen=True)
class Attack:
    """A page, what it comes to over plain HTTP and in the browser, and its address if not ours."""

    name: str
    route: Route
    http: ReadFailure | str
    browser: ReadFailure | str
    url: str = ""


def scripted(name: str, script: str, browser: ReadFailure | str = READ) -> Attack:
    """A page with an article, and a script that spoils it."""
    return Attack(name, Reply(page(f"{ARTICLE}<script>{script}</script>")), READ, browser)


def redirect(name: str, to: str, http: ReadFailure, browser: ReadFailure | None = None) -> Attack:
    return Attack(name, Reply(status=302, headers={"Location": to}), http, browser or http)


def packed(data: bytes, encoding: str = "gzip") -> Reply:
    return Reply(data, headers={"Content-Encoding": encoding})


def again(request: Request) -> Reply:
    number = int(request.query.get("n", "0")) + 1
    return Reply(f'<meta http-equiv=refresh content="0;url=?n={number}">{page(ARTICLE)}')


BOMB = gzip.compress(page(ARTICLE).encode() + b"<p>tea</p>\n" * 4_000_000, 9)
BODY = page(ARTICLE).encode()
WITHIN = f"http://{PRIVATE}"
ODD_FORMS = (
    *("http://0x0a.0.0.7", "http://012.0.0.7", "http://10.7", "http://167772167"),
    *("http://[::ffff:10.0.0.7]", "http://[::ffff:a00:7]", "http://10.0.0.7."),
    *("http://tea.example@10.0.0.7", "http://0.0.0.0", "http://[::]", "http://127.1"),
    *(
        "http://inside.example",
        "http://inside.example.",
        "http://INSIDE.example",
        "http://①0.0.0.7",
    ),
    *("http://169.254.169.254", "http://[fd00:ec2::254]", "http://localhost", "https://10.0.0.7"),
    *("ws://10.0.0.7", "http://10.0.0.7:22", "http://10。0。0。7", "ftp://10.0.0.7"),
)
FETCHES = "".join(
    f"fetch('{form}/secret', {{mode: 'no-cors'}}).catch(() => 0);" for form in ODD_FORMS
)
OPENS = "".join(f"open('{form}/secret');" for form in ODD_FORMS)
RULES = f'{{"prerender": [{{"source": "list", "urls": ["{WITHIN}/secret"]}}]}}'

F = ReadFailure
ATTACKS = (
    # Led astray
    redirect("redirect to a private address", f"{WITHIN}/secret", F.BLOCKED_ADDRESS),
    redirect("redirect to the metadata service", "http://169.254.169.254/", F.BLOCKED_ADDRESS),
    redirect("redirect to an odd form", "http://0x0a.7/secret", F.BLOCKED_ADDRESS),
    redirect("redirect to a name that lies inside", "http://inside.example/", F.BLOCKED_ADDRESS),
    redirect("redirect to a file", "file:///etc/passwd", F.BAD_URL, F.NETWORK),
    redirect("redirect to a script", "javascript:alert(1)", F.BAD_URL),
    redirect("redirect to itself", "?", F.REDIRECTS),
    Attack("refresh without end", again, READ, F.REDIRECTS),
    Attack(
        "refresh header to a private address",
        Reply(page(ARTICLE), headers={"Refresh": f"0;url={WITHIN}/secret"}),
        READ,
        F.BLOCKED_ADDRESS,
    ),
    Attack(
        "preload header to a private address",
        Reply(page(ARTICLE), headers={"Link": f"<{WITHIN}/secret>; rel=preload; as=fetch"}),
        READ,
        READ,
    ),
    scripted("fetches of odd address forms", FETCHES),
    scripted("windows of odd address forms", OPENS),
    Attack(
        "speculation rules",
        Reply(page(f"{ARTICLE}<script type=speculationrules>{RULES}</script>")),
        READ,
        READ,
    ),
    scripted("navigation to data", "location='data:text/html,gone'"),
    scripted("navigation to a file", "location='file:///etc/passwd'"),
    scripted("navigation to chrome", "location='chrome://settings'"),
    scripted("navigation to a crash", "location='chrome://crash'"),
    scripted("navigation to about", "location='about:blank'", F.NETWORK),
    scripted("navigation to a blob", "location=URL.createObjectURL(new Blob(['x']))", F.NETWORK),
    scripted("navigation by a script address", "location='javascript:\"gone\"'", F.EMPTY),
    # Worn out
    Attack("bomb", packed(BOMB), PARTIAL, PARTIAL),
    Attack("bomb in a bomb", packed(gzip.compress(BOMB), "gzip, gzip"), *[F.UNSUPPORTED] * 2),
    Attack("broken packing", packed(BODY), F.UNSUPPORTED, F.TIMEOUT),
    Attack("unknown packing", packed(BODY, "tea"), F.UNSUPPORTED, READ),
    Attack("drip", Reply(BODY[:-14], repeat=10_000, pause=0.2), PARTIAL, PARTIAL),
    Attack("20 MB", Reply("<p>" + "tea " * 5_000 + "</p>\n", repeat=1_000), PARTIAL, PARTIAL),
    Attack("headers without end", Reply(BODY, headers={"X": "x" * 300_000}), F.NETWORK, F.NETWORK),
    scripted("endless loop", "for (;;);", PARTIAL),
    scripted("endless loop, later", "setTimeout(() => {for (;;);}, 300)", PARTIAL),
    scripted("endless promises", "(function f() {Promise.resolve().then(f)})()", PARTIAL),
    scripted("dialogs without end", "setInterval(() => {alert(1); confirm(2)}, 1)"),
    scripted("dialogs that never stop", "for (;;) alert(1)", PARTIAL),
    scripted("windows without end", "setInterval(() => open('/popped'), 5)"),
    scripted(
        "steps of history without end",
        "let n=0; setInterval(() => location.hash=n++, 5)",
        F.REDIRECTS,
    ),
    scripted("frames in frames", "document.body.innerHTML += '<iframe src=\"?\"></iframe>'"),
    scripted("requests without end", "setInterval(() => fetch('/popped?' + Math.random()), 1)"),
    scripted(
        "growth without end", "setInterval(() => document.body.append('tea '.repeat(999)), 1)"
    ),
    scripted(
        "objects without end", "const a=[]; for (;;) a.push(new Array(1e6).fill({}))", PARTIAL
    ),
    scripted("the document taken away", "document.documentElement.remove()", F.TIMEOUT),
    scripted("the document frozen", "document.open(); document.write('<p>Wait')"),
    scripted("functions replaced", "JSON.stringify = Object.keys = Array.from = () => {throw 1}"),
    scripted("leaving forbidden", "onbeforeunload = (e) => {e.preventDefault(); return 'stay'}"),
    scripted("a worker that spins", "new Worker(URL.createObjectURL(new Blob(['for(;;);'])))"),
    scripted(
        "a scroll without end",
        "onscroll = () => document.body.append('more tea '); setInterval(() => scrollBy(0, 99), 1)",
    ),
    # Broken
    Attack("empty", Reply(""), F.EMPTY, F.EMPTY),
    Attack("no content", Reply("", 204), F.EMPTY, F.EMPTY),
    Attack("only markup", Reply("<html><head></head><body><div></div>"), F.EMPTY, F.EMPTY),
    Attack(
        "unclosed tags",
        Reply(f"<div><p><b><ul><li><i><table><tr><td>{ARTICLE}</b></div>"),
        READ,
        READ,
    ),
    Attack("null bytes", Reply(BODY.replace(b"tea", b"t\0ea tea")), READ, READ),
    Attack("unknown charset", Reply(BODY, content_type="text/html; charset=tea"), READ, READ),
    Attack("HTML called a picture", Reply(BODY, content_type="image/png"), *[F.UNSUPPORTED] * 2),
    Attack("HTML called text", Reply(BODY, content_type="text/plain"), READ, PARTIAL),
    Attack("HTML called nothing", Reply(BODY, content_type=""), READ, READ),
    Attack("a picture called HTML", Reply(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), F.EMPTY, F.EMPTY),
    Attack(
        "HTML to be downloaded",
        Reply(BODY, headers={"Content-Disposition": "attachment; filename=tea.html"}),
        READ,
        PARTIAL,
    ),
    Attack("XML", Reply("<a><b>tea</b></a>" * 9, content_type="application/xml"), READ, READ),
    # Walls
    Attack("log-in asked by the browser", Reply("", 401), F.LOGIN_WALL, F.LOGIN_WALL),
    Attack(
        "robot check",
        Reply("<title>Just a moment...</title><p>Verify you are human.</p>"),
        F.BOT_WALL,
        F.BOT_WALL,
    ),
    Attack("too many requests", Reply("Slow down.", 429), F.HTTP_STATUS, F.HTTP_STATUS),
    # Addresses that are none
    *(
        Attack(url, Reply(), outcome, outcome, url)
        for url, outcome in (
            ("file:///etc/passwd", F.BAD_URL),
            ("chrome://crash", F.BAD_URL),
            ("data:text/html,tea", F.BAD_URL),
            ("javascript:alert(1)", F.BAD_URL),
            ("blob:http://tea.example/1", F.BAD_URL),
            ("view-source:http://tea.example/", F.BAD_URL),
            ("http://tea.example:secret@10.0.0.7/", F.BAD_URL),
            ("http://0x0a.0.0.7/secret", F.BLOCKED_ADDRESS),
            ("http://[::ffff:10.0.0.7]/secret", F.BLOCKED_ADDRESS),
            ("http://0.0.0.0/secret", F.BLOCKED_ADDRESS),
            ("http://10.0.0.7./secret", F.BLOCKED_ADDRESS),
            ("http://inside.example/secret", F.BLOCKED_ADDRESS),
            ("http://rebinding.example/secret", F.BLOCKED_ADDRESS),
            ("http://tea.example:22/", F.BLOCKED_ADDRESS),
        )
    ),
)


@dataclass
class World:
    """A reader that is used for all attacks, one after the other."""

    via: str
    runner: asyncio.Runner
    reader: PageReader
    private: Site

    def read(self, url: str) -> WebPage:
        return self.runner.run(self.reader.read(url))


@pytest.fixture(scope="module", params=["http", pytest.param("browser", marks=BROWSER)])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    routes: dict[str, Route] = {f"/{n}": attack.route for n, attack in enumerate(ATTACKS)}
    routes |= {"/good": Reply(page(ARTICLE)), "/popped": Reply("popped")}
    with (
        serving({"/secret": Reply(SECRET)}) as private,
        serving(routes) as public,
        asyncio.Runner() as runner,
    ):
        names = {
            "tea.example": [[PUBLIC]],
            "inside.example": [[PRIVATE]],
            "rebinding.example": [[PUBLIC], [PRIVATE]],
        }
        servers = {(PUBLIC, 80): public.port, (PRIVATE, 80): private.port}
        internet = PretendInternet(names, servers)
        proxy = GuardedProxy(Guard.allowing([f"{PUBLIC}:80"]), network=internet)
        client = GuardedClient("AlexTest/1.0 (tests)", Bounds(bytes=600_000, seconds=2.0))
        browser = find_browser()
        reader: PageReader = HttpReader(proxy, client)
        if request.param == "browser":
            assert browser is not None
            reader = BrowserReader(proxy, client, browser, timeouts=PATIENCE)
        yield World(request.param, runner, reader, private)
        runner.run(reader.close())


@pytest.mark.timeout(60)  # a reader that hangs is stopped
@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[a.name for a in ATTACKS])
def test_what_becomes_of(world: World, number: int) -> None:
    attack = ATTACKS[number]
    found: ReadFailure | str
    try:
        read = world.read(attack.url or f"http://{PUBLIC}/{number}")
    except PageUnreadable as unreadable:
        found = unreadable.failure
    else:
        found = PARTIAL if read.partial else READ
        assert "tea" in read.text
        assert SECRET not in read.text
        assert len(read.text) <= PATIENCE.html
    assert world.private.hits == []
    good = world.read(f"http://{PUBLIC}/good")
    assert good.text.count("Paragraph") == 12
    assert (good.via, good.partial) == (world.via, False)
    assert found == (attack.http if world.via == "http" else attack.browser)
