"""A model's failures as ours: translated here from those of its client, and nowhere else.

AlexError
└── ModelFailed       a call failed; says whether another try may help, and what it may have cost
    ├── NoAnswer        the answer did not come in time
    └── RequestRefused  the server does not take the request as it is put, perhaps for its schema
"""

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from openai import (
    APIConnectionError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    OpenAIError,
)

from alex.errors import AlexError

_BUSY = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
_QUOTA = "insufficient_quota"
"""The code of a 429 that no waiting mends: the account has no money left."""

_SAID: Mapping[int, str] = {
    HTTPStatus.UNAUTHORIZED: "The model's server refused the key.",
    HTTPStatus.FORBIDDEN: "The model's server refused the key.",
    HTTPStatus.TOO_MANY_REQUESTS: "The model's server says its rate limit or quota is used up.",
}
_NEVER_SENT = (ConnectionRefusedError, socket.gaierror)


class ModelFailed(AlexError):
    """A call of the model failed; a server's own text is not passed on.

    Attributes:
        transient: whether it may be different in a moment.
        charged: whether the call may be on the bill: all but those refused or never sent.
        retry_after: seconds that the server asks to be given.
    """

    def __init__(
        self,
        detail: str,
        *,
        transient: bool = False,
        charged: bool = True,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.transient = transient
        self.charged = charged
        self.retry_after = retry_after


class NoAnswer(ModelFailed):
    """The model did not answer in time."""

    def __init__(self) -> None:
        super().__init__("The model did not answer in time.", transient=True)


class RequestRefused(ModelFailed):
    """The server does not take the request as it is put."""


def translated(error: Exception) -> Exception:
    """The error as ours; what is neither the client's nor the server's stays as it is."""
    if isinstance(error, APIStatusError):
        return _of_status(error)
    if isinstance(error, APITimeoutError):
        return NoAnswer()
    if isinstance(error, APIConnectionError):
        sent = not any(isinstance(cause, _NEVER_SENT) for cause in _chain(error))
        return ModelFailed("The model's server could not be reached.", transient=True, charged=sent)
    if isinstance(error, json.JSONDecodeError):
        said = "The model's server answered with something else than JSON."
        return ModelFailed(said, transient=True)
    if isinstance(error, OpenAIError):
        unreadable = isinstance(error, APIResponseValidationError)
        return ModelFailed("The model's answers could not be used.", transient=unreadable)
    return error


def _of_status(error: APIStatusError) -> ModelFailed:
    status = error.status_code
    broken = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    kind = ModelFailed
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        kind = RequestRefused
    return kind(
        _SAID.get(status, f"The model's server answered with status {status}."),
        transient=error.code != _QUOTA and (status in _BUSY or broken),
        charged=broken,
        retry_after=_retry_after(error.response.headers),
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """What the server asks for, in seconds: a number, milliseconds, or a date."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with suppress(KeyError, ValueError):
            return max(float(headers[name]) * unit, 0.0)
    with suppress(KeyError, ValueError):
        return max(parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time(), 0.0)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error and what caused it."""
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__ or link.__context__
