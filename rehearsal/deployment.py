"""A deployed stack, as the checks see it: its API with a key, and its AWS services."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import boto3
import requests

from rehearsal.process import StandIn

if TYPE_CHECKING:
    from laptop.site.server import RunningSite

REQUEST_SECONDS = 60

_SEVERE = re.compile(r"WARN|ERROR|Error|Traceback")

type Json = Any


class CheckFailed(Exception):
    """A check did not hold; the message says what was seen."""


def expect(holds: object, seen: str) -> None:
    """Hold a check.

    Raises:
        CheckFailed: it does not hold.
    """
    if not holds:
        raise CheckFailed(seen)


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the checks work on.

    Attributes:
        outputs: the stack's outputs.
        api: base URL of its REST API on the stand-in.
        key: the API key, as the output ShowApiKey's command shows it.
        site: the demo site that research reads.
    """

    stand_in: StandIn
    stack: str
    outputs: dict[str, str]
    api: str
    key: str
    site: "RunningSite"

    @classmethod
    def of(cls, stand_in: StandIn, stack: str, site: "RunningSite") -> Self:
        """Read a stack's outputs and fetch its key."""
        stacks = client(stand_in, "cloudformation").describe_stacks(StackName=stack)
        described = stacks["Stacks"][0]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described["Outputs"]}
        key = client(stand_in, "apigateway").get_api_key(
            apiKey=outputs["ApiKeyId"], includeValue=True
        )["value"]
        return cls(stand_in, stack, outputs, _local_url(stand_in, outputs["ApiUrl"]), key, site)

    def client(self, service: str) -> Json:
        """A client of the account's root user."""
        return client(self.stand_in, service)

    def resource(self, logical_id: str) -> str:
        """The name of one of the stack's resources."""
        described = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=logical_id
        )
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    def logged(self, lines: int = 10) -> list[str]:
        """The last warnings and errors of each function."""
        logs, found = self.client("logs"), []
        for group in logs.describe_log_groups(logGroupNamePrefix="/alex/")["logGroups"]:
            events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
            severe = [each["message"] for each in events if _SEVERE.search(each["message"])]
            found += [f"{group['logGroupName']}: {message}" for message in severe[-lines:]]
        return found

    def call(
        self, method: str, path: str, body: Json = None, *, key: str | None = None
    ) -> requests.Response:
        """One request, with the key unless another is given; an empty one sends none."""
        sent = self.key if key is None else key
        return requests.request(
            method,
            self.api + path,
            json=body,
            headers={"x-api-key": sent} if sent else {},
            timeout=REQUEST_SECONDS,
        )

    def ask(self, method: str, path: str, body: Json = None, *, status: int = 200) -> Json:
        """One request that must be answered with a status; the JSON of the answer.

        Raises:
            Failed: another status.
        """
        answer = self.call(method, path, body)
        expect(
            answer.status_code == status,
            f"{method} {path} answered {answer.status_code}, not {status}: {answer.text[:500]}",
        )
        return answer.json() if answer.content else None


def until[T](look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Look again and again until there is something.

    Raises:
        CheckFailed: there was nothing in time.
    """
    deadline = time.monotonic() + seconds
    for pause in _pauses():
        found = look()
        if found is not None:
            return found
        expect(time.monotonic() < deadline, f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    raise CheckFailed(what)


def _pauses() -> Iterator[float]:
    """Short at first, then a second."""
    yield from (0.1, 0.2, 0.4)
    while True:
        yield 1.0


def client(stand_in: StandIn, service: str) -> Json:
    """A client that goes to the stand-in, whatever the user's own configuration says."""
    return boto3.client(  # type: ignore[call-overload]
        service,
        aws_access_key_id=stand_in.access_key_id,
        aws_secret_access_key=stand_in.secret_access_key,
        region_name=stand_in.region,
        endpoint_url=stand_in.endpoint,
    )


def _local_url(stand_in: StandIn, url: str) -> str:
    """Where the stand-in serves an `execute-api` URL, whose host has no address here."""
    parts = urlsplit(url)
    api = (parts.hostname or "").partition(".")[0]
    return f"{stand_in.endpoint}/_aws/execute-api/{api}{parts.path}"
