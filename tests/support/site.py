"""An internet of our own on loopback: public and private servers that behave badly on purpose.

Names and addresses exist only in `PretendInternet`; every connection ends at a server of the test,
so no request can leave the machine whatever the guard does.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

from researcher.sources.web.guard import Address
from researcher.sources.web.relay import Streams

ARTICLE = "".join(
    f"<p>Paragraph {number}: tea needs acid soil and {1000 + number} mm of rain a year.</p>"
    for number in range(12)
)


@dataclass(frozen=True)
class Request:
    """What a server was asked: `query` has the first value of each parameter."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """What it answers.

    Attributes:
        stall: the connection stays open after the body until the site closes.
        repeat: how often the body is sent; `pause` seconds lie between.
    """

    body: bytes | str = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    stall: bool = False
    repeat: int = 1
    pause: float = 0.0

    @property
    def data(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else self.body


type Route = Reply | Callable[[Request], Reply]


@dataclass
class Site:
    """A server of the test, and every path it was asked for; `received` has all it was sent."""

    port: int
    hits: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    agents: list[str] = field(default_factory=list)
    hit: Event = field(default_factory=Event)
    closing: Event = field(default_factory=Event)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def serving(routes: Mapping[str, Route]) -> Iterator[Site]:
    """Serve the routes on a free port of loopback; unknown paths are 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            site.hits.append(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.received.append(f"{self.path}\n{self.headers}\n{body.decode('latin-1')}")
            site.agents.append(self.headers.get("User-Agent", ""))
            site.hit.set()
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            route = routes.get(parts.path, Reply("Not found", 404))
            request = Request(parts.path, query, dict(self.headers))
            self.answer(route if isinstance(route, Reply) else route(request))

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the base class's names

        def answer(self, reply: Reply) -> None:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not reply.stall:
                self.send_header("Content-Length", str(len(reply.data) * reply.repeat))
            self.end_headers()
            try:
                for _ in range(reply.repeat):
                    self.wfile.write(reply.data)
                    if reply.pause and site.closing.wait(reply.pause):
                        return
                if reply.stall:
                    self.wfile.flush()
                    site.closing.wait()
            except OSError:
                return  # the reader had enough

        def log_message(self, *args: object) -> None:
            """Keep the test's output to itself."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Site(server.server_address[1])
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


class PretendInternet:
    """A `Network` whose every address is a server of the test.

    Args:
        names: for each name its answers, one look-up after the other; the last one stays.
        servers: for each `(address, port)` the loopback port that plays it.
    """

    def __init__(
        self,
        names: Mapping[str, Sequence[Sequence[str]]],
        servers: Mapping[tuple[str, int], int],
    ) -> None:
        self._answers = {name: list(answers) for name, answers in names.items()}
        self._servers = servers
        self.lookups: list[str] = []
        self.connections: list[tuple[str, int]] = []

    async def resolve(self, host: str) -> Sequence[Address]:
        self.lookups.append(host)
        answers = self._answers.get(host)
        if not answers:
            raise OSError(f"no such name: {host}")
        current = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(text) for text in current]

    async def connect(self, address: Address, port: int) -> Streams:
        self.connections.append((str(address), port))
        local = self._servers.get((str(address), port))
        if local is None:
            raise ConnectionRefusedError(f"nobody listens at {address}:{port}")
        return await asyncio.open_connection("127.0.0.1", local)


def page(body: str, head: str = "") -> str:
    """A whole page with navigation, an article and a footer."""
    menu = "".join(f'<a href="/menu/{number}">Menu item {number}</a>' for number in range(30))
    return (
        f"<!doctype html><html lang=en><head><title>All about tea</title>{head}</head><body>"
        f"<nav>{menu}</nav><main><article><h1>All about tea</h1>{body}</article></main>"
        "<footer>Terms. Privacy. Subscribe!</footer></body></html>"
    )


def nasty_routes(private: str) -> dict[str, Route]:
    """Pages that try to reach `private`, a base URL, and pages that try to wear a reader out."""
    return {
        "/": Reply(page(ARTICLE)),
        "/redirect": Reply(status=302, headers={"Location": f"{private}/secret?via=redirect"}),
        "/redirect-to-file": Reply(status=302, headers={"Location": "file:///etc/passwd"}),
        "/refresh": Reply(
            f'<meta http-equiv=refresh content="0;url={private}/secret?via=refresh">'
            + page(ARTICLE)
        ),
        "/script-to-private": Reply(
            page(ARTICLE + f"<script>location.href='{private}/secret?via=location'</script>")
        ),
        "/attack": Reply(page(ARTICLE + _attack(private))),
        "/redirected-resource": Reply(
            status=302, headers={"Location": f"{private}/secret?via=subresource-redirect"}
        ),
        "/worker.js": Reply(
            f"self.addEventListener('install', () => fetch('{private}/secret?via=service-worker',"
            " {mode: 'no-cors'}))",
            content_type="text/javascript",
        ),
        "/loop": lambda request: Reply(
            status=302,
            headers={"Location": f"/loop?n={int(request.query.get('n', '0')) + 1}"},
        ),
        "/script-loop": lambda request: Reply(
            page(
                "<p>Moving on.</p><script>location.href='/script-loop?n="
                f"{int(request.query.get('n', '0')) + 1}'</script>"
            )
        ),
        "/silent": Reply(stall=True),
        "/drip": Reply(page(ARTICLE).removesuffix("</body></html>"), stall=True),
        "/slow-resource": Reply(
            page(
                ARTICLE, '<link rel=stylesheet href="/silent"><script src="/silent" async></script>'
            )
        ),
        "/huge": Reply("<p>" + "tea " * 25_000 + "</p>\n", repeat=500),
        "/huge-dom": Reply(page("<div><span>x</span></div>" * 200_000)),
        "/deep": Reply("<div>" * 20_000 + "tea at the bottom of 20,000 boxes " * 3),
        "/spin": Reply(page(ARTICLE + "<script>setTimeout(() => {for (;;);}, 50)</script>")),
        "/spin-at-once": Reply(page("<script>for (;;);</script>" + ARTICLE)),
        "/alert": Reply(page("<script>alert(1); confirm(2); prompt(3)</script>" + ARTICLE)),
        "/popup": Reply(page("<script>open('/popped'); open('/popped')</script>" + ARTICLE)),
        "/popped": Reply(page("<p>popped up</p>")),
        "/leave": Reply(page(ARTICLE + "<script>onbeforeunload = () => 'stay'; print()</script>")),
        "/notice": Reply(
            page(
                ARTICLE
                + '<div style="position:fixed;inset:0">Cookies: accept all 842 partners</div>'
            )
        ),
        "/late": Reply(
            "<!doctype html><title>Late</title><div id=root>Loading…</div><script>"
            "setTimeout(async () => { root.innerHTML = await (await fetch('/article')).text() },"
            " 900)</script>"
        ),
        "/article": Reply(f"<article><h1>Late tea</h1>{ARTICLE}</article>"),
        "/download": Reply(
            b"\0" * 5_000,
            content_type="application/octet-stream",
            headers={"Content-Disposition": "attachment; filename=a.bin"},
        ),
        "/text": Reply("Plain text about tea.\n" * 10, content_type="text/plain"),
        "/captcha": Reply(
            "<title>Just a moment...</title><p>Verify you are human by completing the action"
            " below.</p><div class=g-recaptcha></div>",
            403,
        ),
        "/forbidden": Reply("<h1>Forbidden</h1>", 403),
        "/broken": Reply("<h1>Internal error</h1>", 500),
        "/login": Reply(
            "<title>Sign in</title><form><p>Please log in to continue.</p>"
            "<input type=password name=p></form>"
        ),
        "/subscribers": Reply(status=302, headers={"Location": "/login"}),
        "/empty": Reply("<html><body><script>1</script></body></html>"),
    }


def _attack(private: str) -> str:
    """Every way a page can fetch something, aimed at `private`."""
    websocket = private.replace("http", "ws")
    return f"""
<img src="{private}/secret?via=img"><iframe src="{private}/secret?via=iframe"></iframe>
<iframe src="file:///etc/passwd"></iframe><iframe src="chrome://version"></iframe>
<iframe src="data:text/html,<script>fetch('{private}/secret?via=data',{{mode:'no-cors'}})</script>">
</iframe>
<link rel=stylesheet href="{private}/secret?via=css"><link rel=prefetch href="{private}/secret">
<link rel=preconnect href="{private}"><link rel=dns-prefetch href="{private}">
<object data="{private}/secret?via=object"></object><video src="{private}/secret?via=video"></video>
<link rel=stylesheet href="/redirected-resource"><script src="{private}/secret?via=script"></script>
<form id=f method=post target=hidden action="{private}/secret?via=form"></form>
<iframe name=hidden></iframe>
<script>
const quiet = {{mode: 'no-cors'}};
fetch('{private}/secret?via=fetch', quiet).catch(() => 0);
fetch('/redirected-resource', quiet).catch(() => 0);
navigator.sendBeacon('{private}/secret?via=beacon', 'x');
new WebSocket('{websocket}/secret?via=websocket');
new EventSource('{private}/secret?via=events');
const code = "fetch('{private}/secret?via=worker', {{mode: 'no-cors'}})";
new Worker(URL.createObjectURL(new Blob([code])));
if (navigator.serviceWorker) navigator.serviceWorker.register('/worker.js').catch(() => 0);
open('{private}/secret?via=popup');
document.getElementById('f').submit();
try {{
  const peer = new RTCPeerConnection({{iceServers: [{{urls: 'stun:127.0.0.1:3478'}}]}});
  peer.createDataChannel('x');
  peer.createOffer().then((offer) => peer.setLocalDescription(offer));
}} catch (error) {{}}
</script>"""
