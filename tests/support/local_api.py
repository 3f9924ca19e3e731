"""The whole API over local services: handlers called with events, or over HTTP on loopback."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from alex.api.route import Route
from alex.api.routes import ROUTES
from alex.aws.api_gateway import Handler
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from ingest.app import make_handler as ingest_handler
from laptop.serve import RunningGateway, running_gateway
from researcher.handler import make_handler as researcher_handler
from search.app import make_handler as search_handler
from tests.support.lambda_context import LambdaContext

EVENTS = Path(__file__).parents[2] / "events"

type Json = dict[str, Any]


def event(name: str) -> Json:
    """One of the sample events of the project."""
    loaded: Json = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return loaded


def rest_event(
    method: str,
    path: str,
    body: object = None,
    query: Mapping[str, list[str]] | None = None,
    **more: object,
) -> Json:
    """An event as API Gateway sends it; a body that is no text is sent as JSON."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    return event("health") | {
        "httpMethod": method,
        "path": path,
        "resource": path,
        "multiValueQueryStringParameters": query,
        "body": text,
        **more,
    }


@dataclass(frozen=True)
class Answer:
    """What a handler answered."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Json:
        loaded: Json = json.loads(self.text)
        return loaded

    @property
    def bad_fields(self) -> list[str]:
        return [error["field"] for error in self.json.get("errors", [])]


def call(handler: Handler, event: Json) -> Answer:
    """Invoke a handler as Lambda would."""
    result = handler(event, LambdaContext())
    headers = {name.lower(): values[0] for name, values in result["multiValueHeaders"].items()}
    return Answer(result["statusCode"], headers, result["body"])


@contextmanager
def local_services(data_dir: Path, *, watch_minutes: int = 0) -> Iterator[Services]:
    """The laptop's services over a folder."""
    services = wire(Settings("local", data_dir, watch_minutes=watch_minutes))
    try:
        yield services
    finally:
        services.close()


_MAKERS: dict[str, Callable[[Callable[[], Services]], Handler]] = {
    "ingest": ingest_handler,
    "research": researcher_handler,
}


@dataclass(frozen=True)
class Functions:
    """The Lambda handlers over one set of services."""

    services: Services

    def __call__(self, event: Json) -> Answer:
        """Let the function answer whose route the event's path is."""
        make = _MAKERS.get(event["path"].split("/")[1], search_handler)
        return call(make(lambda: self.services), event)


class Client:
    """HTTP to a running gateway, with its key."""

    def __init__(self, running: RunningGateway) -> None:
        self.url = running.url
        self.key = {"x-api-key": running.key}
        self.session = requests.Session()
        self.session.headers.update(self.key)

    def __call__(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: bytes | str | Iterator[bytes] | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> requests.Response:
        """One request, with the key unless the headers say otherwise."""
        return self.session.request(
            method, self.url + path, json=json, data=data, headers=headers, timeout=60
        )

    def ids(self) -> list[str]:
        """Every document there is."""
        return [
            document["document_id"]
            for document in self("GET", "/documents?limit=100").json()["documents"]
        ]


@contextmanager
def serving(
    services: Services,
    *,
    routes: Sequence[Route] = ROUTES,
    run_job: Callable[[str], object] | None = None,
    timeout: float = 29,
) -> Iterator[Client]:
    """The laptop's gateway on a free port."""
    with running_gateway(
        services,
        run_job=run_job,
        routes=routes,
        timeout=timeout,
    ) as running:
        client = Client(running)
        with client.session:
            yield client


class Records(logging.Handler):
    """Keeps what a logger says, while it is attached."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@contextmanager
def listening_to(logger: str) -> Iterator[list[logging.LogRecord]]:
    """What a logger says meanwhile."""
    records = Records()
    logging.getLogger(logger).addHandler(records)
    try:
        yield records.kept
    finally:
        logging.getLogger(logger).removeHandler(records)
