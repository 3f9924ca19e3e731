"""Switches on full-text search during a deployment, which CloudFormation cannot do itself yet."""

import json
import logging
import urllib.request
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from alex.aws.clients import Clients
from alex.aws.full_text import switch_on

log = logging.getLogger(__name__)

type Event = dict[str, Any]


def handler(event: Event, _context: LambdaContext) -> None:
    """Answer a custom resource's event; whatever happens CloudFormation gets an answer."""
    answer = {
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "PhysicalResourceId": event["ResourceProperties"]["IndexArn"],
    }
    try:
        answer |= {"Status": "SUCCESS", "Data": configure(event, Clients())}
    except Exception as error:  # unanswered, CloudFormation would wait for an hour
        log.exception("The index could not be configured")
        answer |= {"Status": "FAILED", "Reason": f"{type(error).__name__}: {error}"}
    _send(event["ResponseURL"], answer)


def configure(event: Event, clients: Clients) -> dict[str, str]:
    """What the resource's attributes become; an index that goes needs nothing done."""
    if event["RequestType"] == "Delete":
        return {}
    return {"Mode": switch_on(clients, event["ResourceProperties"]["IndexArn"])}


def _send(url: str, answer: dict[str, Any]) -> None:
    """Put the answer where CloudFormation waits for it; the address's signature allows no type."""
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own presigned address
        url, data=json.dumps(answer).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - as above
        pass
