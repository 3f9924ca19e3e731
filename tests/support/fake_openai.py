"""A server that speaks chat completions and responses over real HTTP, and fails as servers do.

Its model reads the start pages it is told of, writes a draft with one proven and one unproven
claim, and mends the latter when asked.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from researcher.prompts import ReadingPrompt, WritingPrompt
from tests.support.responses_api import as_chat, as_response

type Json = dict[str, Any]

MODEL = "fake-1"
INPUT, CACHED, OUTPUT = 100, 60, 20
"""Tokens of every answer; the cached ones are of the input."""


class Fault(StrEnum):
    """What goes wrong; those with `_once` only at the first request that writes."""

    RATE_LIMITED_ONCE = "rate_limited_once"
    RATE_LIMITED_BARE_ONCE = "rate_limited_bare_once"
    RATE_LIMITED_FOR_AN_HOUR = "rate_limited_for_an_hour"
    OUT_OF_QUOTA = "out_of_quota"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR_ONCE = "server_error_once"
    SERVER_ERROR = "server_error"
    UNAUTHORIZED = "unauthorized"
    HANGS = "hangs"
    HANGS_ONCE = "hangs_once"
    DRIPS = "drips"
    HANGS_WRITING = "hangs_writing"
    DROPS_CONNECTION = "drops_connection"
    DROPS_CONNECTION_ONCE = "drops_connection_once"
    TRUNCATED_BODY = "truncated_body"
    TRUNCATED_BODY_ONCE = "truncated_body_once"
    TRUNCATED_JSON = "truncated_json"
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
    NO_CHOICE_READING = "no_choice_reading"
    NO_USAGE = "no_usage"
    MENDS_NOTHING = "mends_nothing"
    NO_CONTENT = "no_content"
    CUT_OFF = "cut_off"
    NEVER_STOPS_READING = "never_stops_reading"
    IGNORES_TOOLS = "ignores_tools"


@dataclass
class FakeModel:
    """What the server was asked, and how it answers."""

    base_url: str
    fault: Fault | None = None
    delay: float = 0.0
    one_page_a_turn: bool = False
    requests: list[Json] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def writings(self) -> list[Json]:
        """Requests without tools."""
        return [request for request in self.requests if not request.get("tools")]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; without a status the connection is dropped.

    Attributes:
        sent: how much of the body is sent before the connection is dropped.
        drips: seconds between two bytes of the body.
    """

    status: int | None
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    sent: int | None = None
    drips: float = 0.0


@contextmanager
def fake_openai(
    fault: Fault | None = None, *, delay: float = 0.0, one_page_a_turn: bool = False
) -> Iterator[FakeModel]:
    """The server, on a free loopback port; each answer takes `delay` seconds."""
    model = FakeModel("", fault, delay, one_page_a_turn)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
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


def _handler(model: FakeModel) -> type[BaseHTTPRequestHandler]:
    """Answers as the model does."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            model.paths.append(self.path)
            model.headers.append({name.lower(): value for name, value in self.headers.items()})
            request = json.loads(self.rfile.read(length))
            model.asked.set()
            model.closing.wait(model.delay)
            answer = _answer(model, request, responses=self.path.endswith("/responses"))
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
            _send_body(model, self, answer)

        def log_message(self, *_: object) -> None:
            """Tests need no access log."""

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except (ConnectionError, ValueError):  # the client has left, or was left
                self.close_connection = True

    return Handler


def _send_body(model: FakeModel, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """All of it, in drips, or its first part before the line goes dead."""
    if answer.drips:
        for byte in answer.body:
            handler.wfile.write(bytes([byte]))
            if model.closing.wait(answer.drips):
                return
        return
    handler.wfile.write(answer.body[: answer.sent])
    if answer.sent is not None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


def _answer(model: FakeModel, sent: Json, *, responses: bool) -> Answer:
    request = as_chat(sent) if responses else sent
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
    empty = model.fault is (Fault.NO_CHOICE_READING if reading else Fault.NO_CHOICE)
    usage = {
        "prompt_tokens": INPUT,
        "prompt_tokens_details": {"cached_tokens": CACHED},
        "completion_tokens": OUTPUT,
        "total_tokens": INPUT + OUTPUT,
    }
    completion = {
        "id": f"chat-{len(model.requests)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [] if empty else [choice],
        "usage": None if model.fault is Fault.NO_USAGE else usage,
    }
    return _sent(
        model.fault, _json(as_response(completion) if responses else completion), first_writing
    )


def _sent(fault: Fault | None, answer: Answer, first_writing: bool) -> Answer:
    """An answer as it goes over a bad line."""
    half = len(answer.body) // 2
    if fault is Fault.TRUNCATED_BODY or (fault is Fault.TRUNCATED_BODY_ONCE and first_writing):
        return replace(answer, sent=half)
    if fault is Fault.TRUNCATED_JSON:
        return replace(answer, body=answer.body[:half])
    if fault is Fault.DRIPS:
        return replace(answer, drips=0.05)
    return answer


def _hang(model: FakeModel) -> Answer:
    model.closing.wait()
    return Answer(None)


_TRANSPORT: dict[Fault, Callable[[FakeModel, bool, bool], Answer | None]] = {
    Fault.RATE_LIMITED_ONCE: lambda _m, _r, first: _limited() if first else None,
    Fault.RATE_LIMITED_BARE_ONCE: lambda _m, _r, first: _error(429, "slow") if first else None,
    Fault.RATE_LIMITED: lambda _m, _r, _f: _limited(),
    Fault.RATE_LIMITED_FOR_AN_HOUR: lambda _m, _r, _f: _limited(("retry-after", "3600")),
    Fault.OUT_OF_QUOTA: lambda _m, _r, _f: _error(429, "pay first", "insufficient_quota"),
    Fault.SERVER_ERROR_ONCE: lambda _m, _r, first: _error(500, "boom") if first else None,
    Fault.SERVER_ERROR: lambda _m, _r, _f: _error(500, "secret stack trace"),
    Fault.UNAUTHORIZED: lambda _m, _r, _f: _error(401, "bad key sk-secret"),
    Fault.HANGS: lambda m, _r, _f: _hang(m),
    Fault.HANGS_ONCE: lambda m, _r, first: _hang(m) if first else None,
    Fault.HANGS_WRITING: lambda m, reading, _f: None if reading else _hang(m),
    Fault.DROPS_CONNECTION_ONCE: lambda _m, _r, first: Answer(None) if first else None,
    Fault.DROPS_CONNECTION: lambda _m, _r, _f: Answer(None),
    Fault.NOT_JSON_HTTP: lambda _m, _r, _f: Answer(200, b"<html>gateway</html>"),
}


def _limited(header: tuple[str, str] = ("retry-after-ms", "20")) -> Answer:
    return replace(_error(429, "slow down", "rate_limit_exceeded"), headers=(header,))


def _error(status: int, message: str, code: str | None = None) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message, "code": code}}).encode())


def _json(value: Json) -> Answer:
    return Answer(200, json.dumps(value).encode())


def _reading(model: FakeModel, request: Json) -> Json:
    """Tool calls for the start pages, then a word of farewell."""
    messages = request["messages"]
    done = any(message["role"] == "tool" for message in messages)
    prompt = ReadingPrompt.parse(_user(messages))
    wanted = list(prompt.urls)
    if model.one_page_a_turn:
        read = sum(message["role"] == "tool" for message in messages)
        wanted, done = wanted[read : read + 1], read >= len(wanted)
    if model.fault is Fault.IGNORES_TOOLS or (
        done and model.fault is not Fault.NEVER_STOPS_READING
    ):
        return {"role": "assistant", "content": "I have read the pages."}
    name = "run_shell" if model.fault is Fault.UNKNOWN_TOOL else "read_page"
    calls = []
    for number, url in enumerate(wanted):
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
    if model.fault is Fault.MENDS_NOTHING and "Refused claims (JSON): " in task:
        return {"role": "assistant", "content": "I would rather not."}
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
    prompt = WritingPrompt.parse(task)
    source = prompt.sources[0]
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
