"""Lambda's Runtime API on loopback: hands events to a function's runtime and takes its answers."""

import json
import queue
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

type Json = dict[str, Any]

LONG_SECONDS = 240


class FunctionFailed(Exception):
    """The runtime reported an error instead of an answer; the message is the report."""


class RuntimeApi:
    """What a runtime polls; one event at a time, as Lambda does.

    Attributes:
        address: `host:port`, for AWS_LAMBDA_RUNTIME_API.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.events: queue.Queue[tuple[Json, float]] = queue.Queue()
        self.answers: queue.Queue[tuple[str, bytes]] = queue.Queue()

    def invoke(self, event: Json, seconds: float = 60) -> Any:  # noqa: ANN401 - any JSON
        """The function's answer to an event, which it must give within so many seconds.

        Raises:
            FunctionFailed: it raised.
        """
        self.events.put((event, seconds))
        kind, body = self.answers.get(timeout=LONG_SECONDS)
        if kind != "response":
            raise FunctionFailed(f"{kind}: {body.decode()}")
        return json.loads(body)


@contextmanager
def runtime_api() -> Iterator[RuntimeApi]:
    """Serve the API on a free port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    api = RuntimeApi(f"127.0.0.1:{server.server_address[1]}")
    server.RequestHandlerClass = _handler(api)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(api: RuntimeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            """The next event; waits until there is one."""
            event, seconds = api.events.get()
            body = json.dumps(event).encode()
            self.send_response(200)
            arn = "arn:aws:lambda:us-east-1:123456789012:function:researcher"
            for name, value in {
                "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": arn,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            """An answer (`…/response`) or an error (`…/error`)."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            api.answers.put((self.path.rsplit("/", 1)[1], body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
