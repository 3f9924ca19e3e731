"""The commands over HTTP: what is repeated, what is refused, and the same answers as at home."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from alex.api.http import Problem
from alex.errors import (
    AlexError,
    Conflict,
    InvalidInput,
    Misconfigured,
    NotFound,
    TooLarge,
    Unavailable,
)
from alex.knowledge.documents import Filter, Submission
from alex.research.jobs import ResearchRequest
from laptop.remote import Endpoint, RemoteBackend
from laptop.responses import MAX_WAIT_SECONDS

EMPTY = {"results": [], "count": 0}


@dataclass
class Reply:
    """What the service says once; `body` as JSON, or as it is."""

    status: int
    body: object = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """A service that says what it was told to, and keeps what it was asked."""

    url: str
    replies: list[Reply]
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)


@contextmanager
def service(*replies: Reply) -> Iterator[Service]:
    script = Service("", list(replies))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            size = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(size)) if size else None
            script.asked.append((self.command, self.path, dict(self.headers), body))
            reply = script.replies.pop(0)
            data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self.answer()

        def do_POST(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def problem(error: AlexError) -> Reply:
    told = Problem.of(error)
    return Reply(told.status, told.body(), told.headers)


class Remote(RemoteBackend):
    """A backend that notes its waits instead of waiting."""

    def __init__(self, url: str) -> None:
        self.waits: list[float] = []
        self.notes: list[str] = []
        super().__init__(Endpoint(url, "the key"), note=self.notes.append, sleep=self.waits.append)

    def find(self) -> object:
        return self.search("cash", k=5, where=Filter(), group="document")


def test_the_key_goes_with_every_request() -> None:
    with service(Reply(200, EMPTY)) as there:
        Remote(there.url).find()
    [(method, path, headers, body)] = there.asked
    assert (method, path) == ("POST", "/search")
    assert headers["x-api-key"] == "the key"
    assert body == {
        "query": "cash",
        "k": 5,
        "group": "document",
        "filters": {"undated": True},
    }


def test_a_busy_service_is_asked_again_when_it_says() -> None:
    busy = Reply(503, {}, {"Retry-After": "7"})
    with service(busy, Reply(429, {"message": "Limit Exceeded"}), Reply(200, EMPTY)) as there:
        remote = Remote(there.url)
        remote.find()
    assert remote.waits == [7.0, 2.0]
    assert len(there.asked) == 3
    assert "busy" in remote.notes[0]


def test_a_date_to_come_back_at_is_understood() -> None:
    long_ago = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    with service(Reply(503, {}, long_ago), Reply(200, EMPTY)) as there:
        remote = Remote(there.url)
        remote.find()
    assert remote.waits == [1.0]


def test_patience_ends() -> None:
    replies = [Reply(503, {}, {"Retry-After": "50"})] * 10
    with service(*replies) as there:
        remote = Remote(there.url)
        with pytest.raises(Unavailable, match="stayed busy"):
            remote.find()
    assert sum(remote.waits) <= MAX_WAIT_SECONDS
    assert len(there.asked) == 3


def test_a_wrong_address_is_told_soon() -> None:
    with service() as gone:
        url = gone.url
    remote = Remote(url)
    with pytest.raises(Unavailable, match="ALEX_API_ENDPOINT"):
        remote.find()
    assert sum(remote.waits) < 10


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidInput.of("query", "Must not be blank"), InvalidInput),
        (TooLarge.of("text", "Must be shorter"), TooLarge),
        (NotFound("No such document."), NotFound),
        (Conflict("Others keep changing it."), Conflict),
    ],
)
def test_a_problem_is_the_error_it_was(error: AlexError, kind: type[AlexError]) -> None:
    with service(problem(error)) as there, pytest.raises(kind) as raised:
        Remote(there.url).find()
    assert raised.value.detail == error.detail
    assert type(raised.value) is kind
    if isinstance(error, InvalidInput):
        assert isinstance(raised.value, InvalidInput)
        assert raised.value.errors == error.errors


def test_a_refused_key_names_its_variable() -> None:
    refusal = Reply(403, {"message": "Forbidden"})
    with service(refusal) as there, pytest.raises(Misconfigured, match="ALEX_API_KEY"):
        Remote(there.url).find()


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, b"<html>A login page</html>"),
        Reply(200, {"hits": []}),
        Reply(404, b"not here"),
        Reply(200, ["a", "list"]),
    ],
)
def test_a_stranger_is_recognised(reply: Reply) -> None:
    with service(reply) as there, pytest.raises(AlexError, match="ALEX_API_ENDPOINT"):
        Remote(there.url).find()


def test_the_key_follows_no_redirect() -> None:
    with (
        service(Reply(200, EMPTY)) as elsewhere,
        service(Reply(307, {}, {"Location": elsewhere.url})) as there,
        pytest.raises(AlexError),
    ):
        Remote(there.url).find()
    assert elsewhere.asked == []


def test_research_repeated_keeps_its_key() -> None:
    with service(Reply(503, {}), problem(Conflict("used"))) as there, pytest.raises(Conflict):
        Remote(there.url).request(ResearchRequest(topic="cash"), "key-1")
    assert [headers["Idempotency-Key"] for _, _, headers, _ in there.asked] == ["key-1", "key-1"]


def test_a_delete_whose_answer_was_lost_is_done() -> None:
    with service(Reply(504, {}), problem(NotFound("gone"))) as there:
        Remote(there.url).delete("a/b")
    assert [path for _, path, _, _ in there.asked] == ["/documents/a%2Fb"] * 2


def test_a_delete_of_nothing_is_told() -> None:
    with service(problem(NotFound("No such document."))) as there, pytest.raises(NotFound):
        Remote(there.url).delete("a")


TAKEN = {
    "message": "The document was added.",
    "document_id": "d1",
    "created": True,
    "outcome": "created",
    "passages": 3,
    "status": 201,
}
BUSY = Problem.of(Unavailable("The embedding endpoint is waking up or busy.")).body()


def batch(*results: object) -> Reply:
    return Reply(207, {"results": results, "count": len(results)})


def test_each_document_of_a_batch_has_its_outcome() -> None:
    refused = Problem.of(InvalidInput.of("documents.1.text", "Must not be blank")).body()
    with service(batch(TAKEN, refused)) as there:
        first, second = Remote(there.url).ingest([Submission("one"), Submission(" ")])
    assert (first.outcome, first.document_id, first.passages) == ("created", "d1", 3)
    assert second.outcome == "failed"
    assert "Must not be blank" in second.reason


def test_what_a_batch_was_too_large_for_is_sent_again_in_halves() -> None:
    replies = [batch(BUSY, BUSY, TAKEN, BUSY), batch(BUSY, TAKEN), batch(TAKEN), batch(TAKEN)]
    with service(*replies) as there:
        remote = Remote(there.url)
        outcomes = remote.ingest([Submission(text) for text in "abcd"])
    sent = ["".join(d["text"] for d in body["documents"]) for _, _, _, body in there.asked]
    assert sent == ["abcd", "ab", "a", "d"]
    assert [outcome.outcome for outcome in outcomes] == ["created"] * 4
    assert remote.waits == [1, 1]


def test_a_service_too_busy_for_all_of_a_batch_is_down() -> None:
    with service(batch(BUSY, BUSY), *[batch(BUSY)] * 15) as there, pytest.raises(Unavailable):
        Remote(there.url).ingest([Submission("a"), Submission("b")])


def test_a_document_that_a_service_is_always_too_busy_for_fails_alone() -> None:
    with service(batch(TAKEN, BUSY), *[batch(BUSY)] * 15) as there:
        remote = Remote(there.url)
        first, second = remote.ingest([Submission("a"), Submission("b")])
    assert (first.outcome, second.outcome) == ("created", "failed")
    assert "busy" in second.reason
    assert sum(remote.waits) <= MAX_WAIT_SECONDS


@pytest.mark.parametrize(
    "url", ["http://example.com", "ftp://127.0.0.1", "example.com", "http://127.0.0.1.example.com"]
)
def test_the_key_never_travels_in_the_clear(url: str) -> None:
    with pytest.raises(Misconfigured, match="https://"):
        Endpoint.from_env({"ALEX_API_ENDPOINT": url, "ALEX_API_KEY": "k"})


@pytest.mark.parametrize(
    "url",
    [
        "https://abc.execute-api.eu-central-1.amazonaws.com/Prod/",
        "http://localhost:8000",
        "http://[::1]:8000",
        "http://127.0.0.1:8000",
    ],
)
def test_a_safe_address_is_taken(url: str) -> None:
    endpoint = Endpoint.from_env({"ALEX_API_ENDPOINT": url, "ALEX_API_KEY": "k"})
    assert endpoint == Endpoint(url.rstrip("/"), "k")


def test_a_missing_key_is_named_and_no_address_is_no_service() -> None:
    with pytest.raises(Misconfigured, match="ALEX_API_KEY"):
        Endpoint.from_env({"ALEX_API_ENDPOINT": "https://example.com"})
    assert Endpoint.from_env({"ALEX_API_KEY": "k"}) is None
