"""The custom resource that switches full text on: CloudFormation always gets an answer."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from fulltext.app import handler
from rehearsal.process import StandIn
from tests.support.aws_stack import AwsStack

type Json = dict[str, object]


@dataclass
class Waiting:
    """Where CloudFormation waits for an answer."""

    url: str = ""
    answers: list[Json] = field(default_factory=list)


@pytest.fixture
def waiting() -> Iterator[Waiting]:
    found = Waiting()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.answers.append(json.loads(body) | {"type": self.headers["Content-Type"]})
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in http.server
            """Nothing: tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}/answer"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield found
        server.shutdown()
        thread.join()


@pytest.fixture
def in_lambda(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function makes its own clients, of what its environment says."""
    for name, value in stand_in.environment().items():
        monkeypatch.setenv(name, value)


def told(waiting: Waiting, kind: str, index: str) -> Json:
    """What the handler answers to an event."""
    ids = {name: f"the {name}" for name in ("StackId", "RequestId", "LogicalResourceId")}
    event = {"RequestType": kind, "ResponseURL": waiting.url, **ids}
    handler(event | {"ResourceProperties": {"IndexArn": index}}, LambdaContext())
    [answer] = waiting.answers
    assert answer.items() >= (ids | {"PhysicalResourceId": index, "type": ""}).items()
    return answer


@pytest.mark.usefixtures("in_lambda")
@pytest.mark.parametrize(
    ("kind", "data"),
    [("Create", {"Mode": "index"}), ("Update", {"Mode": "index"}), ("Delete", {})],
)
def test_the_answer_is_the_mode(
    waiting: Waiting, stack: AwsStack, kind: str, data: dict[str, str]
) -> None:
    answer = told(waiting, kind, stack.index)
    assert (answer["Status"], answer["Data"]) == ("SUCCESS", data)


@pytest.mark.usefixtures("in_lambda")
def test_what_fails_is_told(waiting: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nowhere")
    answer = told(waiting, "Create", "arn:aws:s3vectors:us-east-1:123456789012:bucket/b/index/i")
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == "ValueError: Invalid endpoint: nowhere"
