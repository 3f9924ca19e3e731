"""What a service answered: as JSON, as one of the API's answers, or as the error it means."""

import email.utils
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

import requests
from pydantic import BaseModel, ValidationError

from alex import __version__
from alex.api.views import ProblemView
from alex.errors import (
    AlexError,
    Conflict,
    FieldError,
    InvalidInput,
    Misconfigured,
    NotFound,
    TooLarge,
    Unavailable,
)
from laptop.api_json import Json

type Attempt = requests.Response | requests.RequestException
"""A response, or how the network failed."""

MAX_WAIT_SECONDS = 120
"""Seconds of waiting in all before a busy service counts as down; a cold start takes up to 60."""

ERRORS: Mapping[int, type[AlexError]] = {
    HTTPStatus.BAD_REQUEST: InvalidInput,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.UNPROCESSABLE_ENTITY: InvalidInput,
}


def retry_pause(response: Attempt, attempt: int) -> float:
    """Seconds to wait: as many as the service asks for, else twice as many each time."""
    if isinstance(response, requests.Response):
        asked = response.headers.get("Retry-After", "")
        if asked.isdigit():
            return float(asked)
        if asked:
            return _until(asked)
    return backoff(attempt)


def backoff(attempt: int) -> float:
    """Seconds to wait where nobody says how many: twice as many each time."""
    return min(2.0 ** (attempt - 1), 20.0)


def _until(moment: str) -> float:
    """Seconds until an HTTP date; 1 where it is none."""
    try:
        at = email.utils.parsedate_to_datetime(moment)
    except ValueError:
        return 1.0
    return max(1.0, (at - datetime.now(UTC)).total_seconds())


def has_answered(response: Attempt) -> bool:
    """Whether a service spoke at all, or took too long to."""
    return isinstance(response, requests.Response | requests.ReadTimeout)


def gave_up(response: Attempt, place: str) -> AlexError:
    """Why waiting ended."""
    if isinstance(response, requests.Response):
        return still_busy(place)
    return Unavailable(f"{place} cannot be reached: check ALEX_API_ENDPOINT and the network.")


def still_busy(place: str) -> AlexError:
    """The service answered all the time, but never with what it was asked for."""
    return Unavailable(f"{place} stayed busy for {MAX_WAIT_SECONDS} seconds.", retry_after=60)


def json_of(response: requests.Response) -> Json:
    """The JSON of a good answer.

    Raises:
        AlexError: what a bad one means.
    """
    if response.status_code == HTTPStatus.NO_CONTENT:
        return {}
    try:
        body = response.json()
    except requests.JSONDecodeError:
        body = None
    if response.ok and isinstance(body, dict):
        return body
    raise _error(response, body)


def _error(response: requests.Response, body: object) -> AlexError:
    """A refusal as an error of the core; the gateway's own have no problem details."""
    if response.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Misconfigured("The service refused the key: check ALEX_API_KEY.")
    try:
        problem = ProblemView.model_validate(body)
    except ValidationError:
        return _unexpected(f"{response.url} answered {response.status_code}")
    kind = ERRORS.get(problem.status, AlexError)
    if issubclass(kind, InvalidInput):
        return kind(problem.detail, [FieldError(e.field, e.message) for e in problem.errors])
    return kind(problem.detail)


def read[M: BaseModel](model: type[M], answer: Json) -> M:
    """An answer as what it should be.

    Raises:
        AlexError: it is something else.
    """
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise _unexpected("The service answered") from error


def _unexpected(what: str) -> AlexError:
    return AlexError(
        f"{what} as Alex {__version__} does not: check ALEX_API_ENDPOINT, and that the service is "
        "of the same version."
    )
