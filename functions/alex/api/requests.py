"""What every request is checked by: exact types, no unknown fields, each bad field named."""

from collections.abc import Mapping, Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from alex.api.fields import (
    TICKER_PATTERN,
    URL_PATTERN,
)
from alex.errors import FieldError, InvalidInput, TooLarge

MAX_RESULTS = 100
"""Results of one search; documents or jobs of one page."""


class RequestModel(BaseModel):
    """A JSON request body: exact types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class QueryModel(BaseModel):
    """A request in a query string, where every value is text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def parse[M: BaseModel](model: type[M], data: object) -> M:
    """Check a request.

    Raises:
        InvalidInput: with every bad field; TooLarge where each is only too long.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise invalid_input(error.errors(include_url=False)) from error


def parse_query[M: QueryModel](model: type[M], values: Mapping[str, Sequence[str]]) -> M:
    """Check a query string's parameters, each with the values it was given.

    Raises:
        InvalidInput: with every bad parameter, or one given twice that has one value.
    """
    lists = {n for n, f in model.model_fields.items() if get_origin(f.annotation) is list}
    twice = [name for name, given in values.items() if len(given) > 1 and name not in lists]
    if twice:
        raise InvalidInput.of(twice[0], "Given twice")
    return parse(model, {n: list(v) if n in lists else v[0] for n, v in values.items()})


_SHORTER_MESSAGES = {
    "extra_forbidden": "Unknown field",
    "missing": "Required",
    "model_type": "Must be a JSON object",
    "dict_type": "Must be a JSON object",
}


_PATTERN_MESSAGES = {
    TICKER_PATTERN: "Must be a ticker, such as AAPL or BRK-B",
    URL_PATTERN: "Must be an http or https URL, such as https://www.example.com/",
}


_TOO_LONG = {"string_too_long", "too_long"}


_FIELD_OF_CROSS_CHECK = {"range": "since", "subject": "topic"}


def invalid_input(errors: Sequence[Mapping[str, Any]]) -> InvalidInput:
    """Pydantic's errors as ours; the bad values themselves are not repeated."""
    fields = [FieldError(_path(error), _message(error)) for error in errors]
    detail = "; ".join(f"{error.field}: {error.message}" for error in fields[:3])
    kind = TooLarge if all(error["type"] in _TOO_LONG for error in errors) else InvalidInput
    return kind(detail, fields)


def _message(error: Mapping[str, Any]) -> str:
    """What is wrong with a field, for people."""
    message = str(error["msg"])
    if error["type"] == "string_pattern_mismatch":
        return _PATTERN_MESSAGES.get(error["ctx"]["pattern"], message)
    return _SHORTER_MESSAGES.get(error["type"], message)


def _path(error: Mapping[str, Any]) -> str:
    """The dotted path of a bad field, `body` for the request as a whole."""
    steps = [str(step) for step in error["loc"]]
    if error["type"] in _FIELD_OF_CROSS_CHECK:
        steps.append(_FIELD_OF_CROSS_CHECK[error["type"]])
    return ".".join(steps) or "body"
