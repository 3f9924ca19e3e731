"""A request's body: from what came over the wire to a JSON object."""

import base64
import binascii
import json
from math import isfinite
from typing import Any, Never

from alex.errors import InvalidInput


def read_object(body: str | bytes | None, *, base64_encoded: bool = False) -> dict[str, Any]:
    """The JSON object that a body holds.

    Stricter than `json.loads`: a name given twice, NaN and numbers too large to hold are refused,
    for each could mean something else to somebody else.

    Raises:
        InvalidInput: naming `body`, or the name given twice.
    """
    text = _text(body or "", base64_encoded)
    if not text.strip():
        raise InvalidInput.of("body", "Required; send a JSON object")
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput.of("body", f"Not valid JSON: {error.msg} ({where})") from error
    except ValueError as error:
        raise InvalidInput.of("body", "Not valid JSON: a number is too long") from error
    except RecursionError as error:
        raise InvalidInput.of("body", "Not valid JSON: nested too deeply") from error
    if not isinstance(value, dict):
        raise InvalidInput.of("body", "Must be a JSON object")
    return value


def _text(body: str | bytes, base64_encoded: bool) -> str:
    """The body's characters."""
    if base64_encoded:
        try:
            body = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidInput.of("body", "Not valid base64") from error
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput.of("body", f"Not UTF-8 text (byte {error.start})") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object's members; JSON leaves open which of two with one name counts."""
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput.of(twice, "Given twice")
    return members


def _refuse(constant: str) -> Never:
    raise InvalidInput.of("body", f"Not valid JSON: {constant} is not a number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise InvalidInput.of("body", "Not valid JSON: a number is too large")
    return value
