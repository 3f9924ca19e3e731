"""The kinds of field a request has: what each may hold, as a check and as JSON Schema."""

import re
from datetime import date, datetime
from math import isfinite
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from alex.knowledge.documents import Scalar
from alex.knowledge.submissions import MAX_ID, MAX_METADATA, MAX_TEXT, MAX_TITLE

MAX_VALUE = 500
"""Characters of a metadata value."""

MAX_CURSOR = 1_200
"""Characters: room for a time and the longest id in UTF-8, as base64."""

MAX_NAME = 64
"""Characters of a metadata name."""

EXACT_INTEGER = 2**53
"""Beyond this, JSON readers no longer agree about a number."""

_CONTROLS = r"\x00-\x08\x0e-\x1f\x7f"
_LINE = r"\x00-\x1f\x7f"
_INVISIBLE = r"\s\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff"
_FORBIDDEN = re.compile(f"[{_CONTROLS}\ud800-\udfff]")
_VISIBLE = re.compile(f"[^{_INVISIBLE}]")

LINE_PATTERN = rf"^[^{_LINE}]*$"
VISIBLE_LINE_PATTERN = rf"^[^{_LINE}]*[^{_INVISIBLE}{_LINE}][^{_LINE}]*$"
READABLE_PATTERN = rf"^[^{_CONTROLS}]*$"
VISIBLE_PATTERN = rf"^[^{_CONTROLS}]*[^{_INVISIBLE}{_CONTROLS}][^{_CONTROLS}]*$"
TICKER_PATTERN = r"^[\^A-Za-z0-9][A-Za-z0-9.=^-]{0,15}$"
URL_PATTERN = r"^https?://[^\s\x00-\x1f\x7f]+$"


def _readable(text: str) -> str:
    """Refuse control characters and half surrogates: stores and readers disagree about them."""
    if found := _FORBIDDEN.search(text):
        raise PydanticCustomError(
            "control_character",
            "Contains the control character U+{code} at position {position}",
            {"code": f"{ord(found[0]):04X}", "position": found.start()},
        )
    return text


def _visible(text: str) -> str:
    """Refuse what is blank, or looks it."""
    if not _VISIBLE.search(text):
        raise PydanticCustomError("blank", "Must not be blank")
    return _readable(text)


def _blank_is_none(text: str | None) -> str | None:
    """A missing title is often written as an empty string; other text must be readable."""
    return _readable(text) if text and _VISIBLE.search(text) else None


def _day(value: object) -> date:
    """The day of an ISO 8601 date or time, as its writer's calendar had it."""
    if isinstance(value, str):
        for read in (date.fromisoformat, _day_of_time):
            try:
                return read(value)
            except ValueError:
                continue
    raise PydanticCustomError("iso_date", "Must be an ISO 8601 date, such as 2025-06-30")


def _day_of_time(value: str) -> date:
    return datetime.fromisoformat(value).date()


def _scalar(value: object) -> Scalar:
    """Refuse a metadata value that some backend could not store or filter by."""
    if isinstance(value, str) and len(value) > MAX_VALUE:
        raise PydanticCustomError("long_value", f"Must have at most {MAX_VALUE} characters")
    if isinstance(value, str):
        return _readable(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and isfinite(value) and abs(value) <= EXACT_INTEGER:
        return value
    raise PydanticCustomError(
        "scalar", "Must be a string, a boolean, or a number up to 2^53; nothing nested"
    )


def _whole(value: object) -> object:
    """To JSON, 5.0 is the integer 5."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _named(metadata: dict[str, Scalar]) -> dict[str, Scalar]:
    """Refuse names that cannot be read."""
    for name in metadata:
        if len(name) > MAX_NAME or _FORBIDDEN.search(name) or not _VISIBLE.search(name):
            raise PydanticCustomError(
                "name", f"Names must have 1 to {MAX_NAME} readable characters"
            )
    return metadata


Text = Annotated[
    str,
    Field(min_length=1, max_length=MAX_TEXT, json_schema_extra={"pattern": VISIBLE_PATTERN}),
    AfterValidator(_visible),
]
Question = Annotated[
    str,
    Field(min_length=1, max_length=4_000, json_schema_extra={"pattern": VISIBLE_PATTERN}),
    AfterValidator(_visible),
]
_Line = Field(json_schema_extra={"pattern": LINE_PATTERN})
Id = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID, json_schema_extra={"pattern": VISIBLE_LINE_PATTERN}),
    AfterValidator(_visible),
]
Title = Annotated[str | None, Field(max_length=MAX_TITLE), _Line, AfterValidator(_blank_is_none)]
Source = Annotated[str | None, Field(max_length=1_024), _Line, AfterValidator(_blank_is_none)]
Kind = Annotated[str | None, Field(max_length=64), _Line, AfterValidator(_blank_is_none)]
Cursor = Annotated[str, Field(max_length=MAX_CURSOR), AfterValidator(_readable)]
Whole = Annotated[int, BeforeValidator(_whole)]
Ticker = Annotated[
    str,
    Field(pattern=TICKER_PATTERN, examples=["AAPL"]),
    AfterValidator(str.upper),
]
Tickers = Annotated[list[Ticker], Field(max_length=20)]
Url = Annotated[
    str,
    Field(max_length=2_048, pattern=URL_PATTERN),
    AfterValidator(_readable),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date",
            "description": "ISO 8601; of a date with a time, the day counts.",
            "examples": ["2025-06-30"],
        }
    ),
]
Metadata = Annotated[
    dict[
        str,
        Annotated[
            Any,
            AfterValidator(_scalar),
            WithJsonSchema(
                {
                    "anyOf": [
                        {"type": "string", "maxLength": MAX_VALUE, "pattern": READABLE_PATTERN},
                        {"type": "number", "minimum": -EXACT_INTEGER, "maximum": EXACT_INTEGER},
                        {"type": "boolean"},
                    ]
                }
            ),
        ],
    ],
    Field(
        max_length=MAX_METADATA,
        json_schema_extra={
            "propertyNames": {
                "minLength": 1,
                "maxLength": MAX_NAME,
                "pattern": VISIBLE_LINE_PATTERN,
            }
        },
    ),
    AfterValidator(_named),
]
