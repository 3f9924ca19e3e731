"""The demo site: a fictional company's investor pages, served on loopback."""

import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

PAGES = Path(__file__).parent / "pages"
_POLL_SECONDS = 0.05
"""How soon the server notices that it is to stop."""


@dataclass(frozen=True, slots=True)
class RunningSite:
    """The site while it is served.

    Attributes:
        base_url: without a slash at its end.
        authority: the exact `ip:port`, as the egress guard's allow-list wants it.
    """

    base_url: str
    authority: str

    def url(self, path: str = "/") -> str:
        """The absolute URL of a page."""
        return self.base_url + path


@contextmanager
def running_site(port: int = 0) -> Iterator[RunningSite]:
    """Serve the site on loopback; port 0 takes a free one."""
    server = _Server(("127.0.0.1", port), _Handler)
    thread = Thread(
        target=server.serve_forever, args=(_POLL_SECONDS,), name="demo-site", daemon=True
    )
    thread.start()
    authority = f"127.0.0.1:{server.server_address[1]}"
    try:
        yield RunningSite(f"http://{authority}", authority)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    allow_reuse_address = os.name == "posix"  # elsewhere it would let two servers share a port


class _Handler(BaseHTTPRequestHandler):
    """Serves the files under `PAGES`, and nothing else."""

    protocol_version = "HTTP/1.1"
    server_version = "DemoSite"

    def do_GET(self) -> None:
        """Send a page."""
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        """Send a page's headers."""
        self._send(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the demo prints its own steps."""

    def _send(self, *, with_body: bool) -> None:
        page = _file(self.path)
        body = page.read_bytes() if page else b"<h1>Page not found</h1>"
        kind = mimetypes.guess_type(page.name)[0] if page else "text/html"
        charset = "" if kind == "application/pdf" else "; charset=utf-8"
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", f"{kind or 'application/octet-stream'}{charset}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)


def _file(target: str) -> Path | None:
    """The file behind a request target; None where there is none, or it lies outside `PAGES`."""
    path = unquote(urlsplit(target).path)
    page = (PAGES / path.lstrip("/")).resolve()
    if page.is_dir():
        page /= "index.html"
    return page if page.is_relative_to(PAGES.resolve()) and page.is_file() else None
