"""How long a run waits for its model, and which failures are worth another try."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from openai import APIConnectionError, APIResponseValidationError, APIStatusError

from alex.errors import AlexError

_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
_QUOTA = "insufficient_quota"
"""The code of a 429 that no waiting mends: the account has no money left."""


class NoAnswer(AlexError):
    """The model did not answer in time."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long.

    Attributes:
        answer: seconds for one answer, all of it; None for as long as it takes.
        attempts: how often a question is sent at most.
        first: seconds before the second attempt; each later wait is twice as long.
        longest: seconds; a server that asks for more than this is not waited for.
    """

    answer: float | None = 120.0
    attempts: int = 3
    first: float = 1.0
    longest: float = 60.0

    def wait(self, error: Exception, attempt: int) -> float | None:
        """Seconds to wait after this attempt, from 1; None where another one is no use."""
        if attempt >= self.attempts or not _passing(error):
            return None
        asked = _retry_after(error)
        if asked is None:
            return min(self.first * 2.0 ** (attempt - 1), self.longest)
        return asked if asked <= self.longest else None


def charged(error: Exception) -> bool:
    """Whether a failed call may be on the bill: all but those that were refused or never sent."""
    if isinstance(error, APIStatusError):
        return error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    never_sent = (ConnectionRefusedError, socket.gaierror)
    return not any(isinstance(cause, never_sent) for cause in _chain(error))


def _passing(error: Exception) -> bool:
    """Whether it may be different in a moment."""
    if isinstance(error, APIStatusError):
        if error.code == _QUOTA:
            return False
        return error.status_code in _BUSY or error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    passing = (APIConnectionError, APIResponseValidationError, json.JSONDecodeError, NoAnswer)
    return isinstance(error, passing)


def _retry_after(error: Exception) -> float | None:
    """What the server asks for, in seconds: a number, milliseconds, or a date."""
    if not isinstance(error, APIStatusError):
        return None
    headers = error.response.headers
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return max(float(headers[name]) * unit, 0.0)
        except (KeyError, ValueError):
            continue
    try:
        return max(parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time(), 0.0)
    except (KeyError, ValueError):
        return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
