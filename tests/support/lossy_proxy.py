"""A proxy that carries requests out and forgets to answer some of them, or refuses them."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


class LossyProxy(ThreadingHTTPServer):
    """Passes requests on to one address.

    Attributes:
        forget: answers still to be lost, by the operation's name in `X-Amz-Target`, or by path.
        refuse: DynamoDB's codes that operations are still to be refused with, in order.
        carried: the operations passed on, in order.
    """

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Carrier)
        parts = urlsplit(target)
        self.target = parts.hostname or "", parts.port or 80
        self.forget: dict[str, int] = {}
        self.refuse: dict[str, list[str]] = {}
        self.carried: list[str] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def refuses(self, operation: str) -> str | None:
        """What this request is refused with, if it is."""
        with self.lock:
            codes = self.refuse.get(operation)
            return codes.pop(0) if codes else None

    def forgets(self, operation: str) -> bool:
        """Whether this answer is one to lose."""
        with self.lock:
            self.carried.append(operation)
            left = self.forget.get(operation, 0)
            self.forget[operation] = max(left - 1, 0)
            return left > 0


class _Carrier(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: LossyProxy

    def _carry(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", self.path).rsplit(".", 1)[-1]
        if code := self.server.refuses(operation):
            self._answer(400, [], json.dumps({"__type": f"aws#{code}"}).encode())
            return
        upstream = http.client.HTTPConnection(*self.server.target, timeout=30)
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        answer = upstream.getresponse()
        content = answer.read()
        upstream.close()
        if self.server.forgets(operation):
            self.close_connection = True
            return
        self._answer(answer.status, answer.getheaders(), content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_DELETE = _carry  # noqa: N815 - names that http.server asks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
        """Nothing: tests are quiet."""


@contextmanager
def forgetful_proxy(target: str) -> Iterator[LossyProxy]:
    """A proxy in front of an address until the block ends."""
    proxy = LossyProxy(target)
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
