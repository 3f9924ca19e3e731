"""AWS's errors as ours, translated here and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name for it
    HTTPClientError,
    IncompleteReadError,
)

from alex.errors import Misconfigured, Unavailable

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException"})

_TRANSIENT_CODES = frozenset(
    {
        "InternalDependencyException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "LimitExceededException",
        "ModelNotReadyException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Codes of errors that may be gone at the next try."""


def code(error: ClientError) -> str:
    """AWS's name of an error."""
    return error.response.get("Error", {}).get("Code", "")


def status(error: ClientError) -> int:
    """The HTTP status an error came with."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_transient(error: Exception) -> bool:
    """Whether an error may be gone at the next try."""
    if not isinstance(error, ClientError):
        return isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError)
    if code(error) == "ModelError":  # of the container; its own status tells what it was
        answer = cast("dict[str, Any]", error.response)
        return int(answer.get("OriginalStatusCode", 500)) >= 500  # noqa: PLR2004
    return code(error) in _TRANSIENT_CODES or status(error) >= 500 or status(error) == 429  # noqa: PLR2004


def denied(error: Exception) -> bool:
    """Whether the caller's role lacks a right."""
    return isinstance(error, ClientError) and code(error) in _DENIED


@contextmanager
def translated(service: str, *, retry_after: int = 5) -> Iterator[None]:
    """Turn botocore's errors inside into Unavailable or Misconfigured.

    The message names the service and AWS's code for the error, never AWS's own message: that
    holds ARNs and account numbers, which callers have no business with. The cause keeps it.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if is_transient(error):
            raise Unavailable(f"{service} is busy or down.", retry_after) from error
        if denied(error):
            raise Misconfigured(f"The role of this function lacks a right on {service}.") from error
        name = code(error) if isinstance(error, ClientError) else type(error).__name__
        raise Misconfigured(f"{service} refused a request: {name}.") from error
