"""A server that speaks chat completions over real HTTP, and fails in the ways servers do.

Its model reads the start pages it is told of, writes a draft with one proven and one unproven
claim, and mends the latter when asked.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from researcher.brief import ReadingBrief, WritingBrief

type Json = dict[str, Any]

MODEL = "fake-1"


class Fault(StrEnum):
    """What goes wrong; those with `_once` only at the first request that writes."""

    RATE_LIMITED_ONCE = "rate_limited_once"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR_ONCE = "server_error_once"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    HANGS = "hangs"
    HANGS_WRITING = "hangs_writing"
    DROPS_CONNECTION = "drops_connection"
    NOT_JSON_HTTP = "not_json_http"
    BAD_JSON_ONCE = "bad_json_once"
    BAD_JSON = "bad_json"
    WRONG_SHAPE = "wrong_shape"
    FENCED_JSON = "fenced_json"
    JSON_IN_WORDS = "json_in_words"
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    SCHEMA_REFUSED = "schema_refused"
    SCHEMA_IGNORED = "schema_ignored"
    NO_CHOICE = "no_choice"
    NO_CONTENT = "no_content"
    CUT_OFF = "cut_off"
    NEVER_STOPS_READING = "never_stops_reading"
    IGNORES_TOOLS = "ignores_tools"


@dataclass
class FakeModel:
    """What the server was asked, and how it answers."""

    base_url: str
    fault: Fault | None = None
    requests: list[Json] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def writings(self) -> list[Json]:
        """Requests without tools."""
        return [request for request in self.requests if not request.get("tools")]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; without a status the connection is dropped."""

    status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def fake_openai(fault: Fault | None = None) -> Iterator[FakeModel]:
    """The server, on a free loopback port."""
    model = FakeModel("", fault)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            answer = _answer(model, json.loads(self.rfile.read(length)))
            if answer.status is None:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Tests need no access log."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):  # the client has left, or was left
                self.close_connection = True

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield model
    finally:
        model.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(model: FakeModel, request: Json) -> Answer:
    model.requests.append(request)
    reading = bool(request.get("tools"))
    first_writing = not reading and len(model.writings) == 1
    if model.fault in _TRANSPORT:
        answer = _TRANSPORT[model.fault](model, reading, first_writing)
        if answer is not None:
            return answer
    if model.fault is Fault.SCHEMA_REFUSED and "response_format" in request:
        return _error(400, "response_format json_schema is not supported")
    message = _reading(model, request) if reading else _writing(model, request, first_writing)
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "tool_calls" if message.get("tool_calls") else "stop",
    }
    return _json(
        {
            "id": f"chat-{len(model.requests)}",
            "object": "chat.completion",
            "created": int(time.time()),
            "model": MODEL,
            "choices": [] if model.fault is Fault.NO_CHOICE and not reading else [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    )


def _hang(model: FakeModel) -> Answer:
    model.closing.wait(60)
    return Answer(None)


_TRANSPORT: dict[Fault, Callable[[FakeModel, bool, bool], Answer | None]] = {
    Fault.RATE_LIMITED_ONCE: lambda _m, _r, first: _limited() if first else None,
    Fault.RATE_LIMITED: lambda _m, _r, _f: _limited(),
    Fault.SERVER_ERROR_ONCE: lambda _m, _r, first: _error(500, "boom") if first else None,
    Fault.SERVER_ERROR: lambda _m, _r, _f: _error(500, "secret stack trace"),
    Fault.UNAUTHORIZED: lambda _m, _r, _f: _error(401, "bad key sk-secret"),
    Fault.HANGS: lambda m, _r, _f: _hang(m),
    Fault.HANGS_WRITING: lambda m, reading, _f: None if reading else _hang(m),
    Fault.DROPS_CONNECTION: lambda _m, _r, _f: Answer(None),
    Fault.NOT_JSON_HTTP: lambda _m, _r, _f: Answer(200, b"<html>gateway</html>"),
}


def _limited() -> Answer:
    body = json.dumps({"error": {"message": "slow down", "code": "rate_limit_exceeded"}}).encode()
    return Answer(429, body, (("retry-after-ms", "20"),))


def _error(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message}}).encode())


def _json(value: Json) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _reading(model: FakeModel, request: Json) -> Json:
    """Tool calls for the start pages, then a word of farewell."""
    messages = request["messages"]
    done = any(message["role"] == "tool" for message in messages)
    brief = ReadingBrief.parse(_user(messages))
    if model.fault is Fault.IGNORES_TOOLS or (
        done and model.fault is not Fault.NEVER_STOPS_READING
    ):
        return {"role": "assistant", "content": "I have read the pages."}
    name = "run_shell" if model.fault is Fault.UNKNOWN_TOOL else "read_page"
    calls = []
    for number, url in enumerate(brief.urls):
        arguments = '{"url": ' if model.fault is Fault.BAD_ARGUMENTS else json.dumps({"url": url})
        calls.append(
            {
                "id": f"call_{len(model.requests)}_{number}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
        )
    return {"role": "assistant", "content": None, "tool_calls": calls}


def _writing(model: FakeModel, request: Json, first: bool) -> Json:
    task = _user(request["messages"])
    value = _revision(task) if "Refused claims (JSON): " in task else _draft(task)
    return {"role": "assistant", "content": _worded(model.fault, value, request, first=first)}


def _worded(fault: Fault | None, value: Json, request: Json, *, first: bool) -> str | None:
    """The answer as a model with this fault gives it."""
    text = json.dumps(value)
    once = {Fault.BAD_JSON_ONCE: '{"title": '} if first else {}
    if first and "response_format" in request:
        once[Fault.SCHEMA_IGNORED] = "Revenue rose. That is my whole report."
    spoiled: dict[Fault, str | None] = {
        Fault.NO_CONTENT: None,
        Fault.BAD_JSON: '{"title": ',
        Fault.WRONG_SHAPE: '["a", "list"]',
        Fault.CUT_OFF: text[: len(text) // 2],
        Fault.FENCED_JSON: f"Here you are:\n```json\n{text}\n```\nAnything else?",
        Fault.JSON_IN_WORDS: f"Sure {{thinking}}! {text} Done.",
        **once,
    }
    return spoiled.get(fault, text) if fault else text


def _draft(task: str) -> Json:
    """One claim that its quote proves, one with a figure of the model's own."""
    brief = WritingBrief.parse(task)
    source = brief.sources[0]
    line = next(
        line.strip() for line in source.text.splitlines() if line.strip().endswith((".", "%"))
    )
    quotes = [{"source": source.key, "text": line}]
    return {
        "title": "A report by a model",
        "summary": [{"text": line, "quotes": quotes}],
        "key_figures": [],
        "sections": [
            {
                "heading": "Findings",
                "claims": [{"text": f"{line} That is 77% more.", "quotes": quotes}],
            }
        ],
        "open_questions": ["What comes next?"],
    }


def _revision(task: str) -> Json:
    refused, _ = json.JSONDecoder().raw_decode(task.split("Refused claims (JSON): ", 1)[1])
    return {
        "claims": [
            {
                "id": claim["id"],
                "text": claim["text"].replace(" That is 77% more.", ""),
                "quotes": claim["quotes"],
            }
            for claim in refused
        ]
    }


def _user(messages: list[Json]) -> str:
    content = next(message["content"] for message in messages if message["role"] == "user")
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
