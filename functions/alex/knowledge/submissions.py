"""A submission made ready to store: checked, normalised, and known by an id."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from alex.errors import FieldError, InvalidInput, TooLarge
from alex.knowledge.documents import Attributes, Submission

MAX_TEXT = 5_000_000
"""Bytes of UTF-8."""

MAX_ID = 200
MAX_TITLE = 500
MAX_METADATA = 40
"""Keys; an index may add a few of its own."""

MAX_ATTRIBUTES = 1_800
"""Bytes of JSON, by which an index filters; it needs some room for itself."""

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """A submission as it will be stored.

    Attributes:
        text: NFC, with newlines as the only line breaks and no byte order mark.
        fingerprint: names text, title and attributes together.
    """

    document_id: str
    text: str
    title: str | None
    attributes: Attributes
    fingerprint: str


def prepare(submission: Submission) -> PreparedDocument:
    """Check and normalise what was handed in.

    Raises:
        InvalidInput: naming every bad field.
        TooLarge: the text is longer than MAX_TEXT.
    """
    text = normalise(submission.text)
    if len(text) > MAX_TEXT or len(text.encode(errors="replace")) > MAX_TEXT:
        raise TooLarge.of("text", f"must be at most {MAX_TEXT:,} bytes of UTF-8")
    title = " ".join(normalise(submission.title or "").split()) or None
    attributes = _tidy(submission.attributes)
    errors = [
        *_text_errors(text),
        *_line_errors("id", submission.id, MAX_ID),
        *_line_errors("title", title, MAX_TITLE),
        *_attribute_errors(attributes),
    ]
    if errors:
        raise InvalidInput("; ".join(f"{e.field}: {e.message}" for e in errors), errors)
    return PreparedDocument(
        document_id=submission.id or _derived_id(attributes.source, text),
        text=text,
        title=title,
        attributes=attributes,
        fingerprint=_hash(json.dumps([text, title, json_values(attributes)], sort_keys=True)),
    )


def normalise(text: str) -> str:
    """The text in NFC, every line break a newline, byte order marks dropped."""
    return unicodedata.normalize("NFC", _BREAKS.sub("\n", text.replace("\ufeff", "")))


def json_values(attributes: Attributes) -> dict[str, object]:
    """Attributes as JSON values, without the empty ones."""
    values = asdict(attributes) | {
        "published": attributes.published and attributes.published.isoformat(),
        "tickers": list(attributes.tickers),
        "metadata": dict(attributes.metadata),
    }
    return {name: value for name, value in values.items() if value}


def _derived_id(source: str | None, text: str) -> str:
    return _hash(f"source {source}" if source else f"text {text}")


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:32]


def _tidy(attributes: Attributes) -> Attributes:
    tickers = dict.fromkeys(ticker.strip().upper() for ticker in attributes.tickers)
    return Attributes(
        source=(attributes.source or "").strip() or None,
        published=attributes.published,
        tickers=tuple(sorted(ticker for ticker in tickers if ticker)),
        kind=(attributes.kind or "").strip() or None,
        metadata=dict(attributes.metadata),
    )


def _text_errors(text: str) -> Iterator[FieldError]:
    found = _FORBIDDEN.search(text)
    if found:
        yield FieldError(
            "text", f"holds the character U+{ord(found[0]):04X} at position {found.start()}"
        )
    elif not any(character.isprintable() and not character.isspace() for character in text):
        yield FieldError("text", "must not be blank")


def _line_errors(field: str, value: str | None, longest: int | None = None) -> Iterator[FieldError]:
    """What is wrong with a value that must be one printable line."""
    if value is None:
        return
    if not value.strip() or not value.isprintable():
        yield FieldError(field, "must be printable characters and not blank")
    if longest is not None and len(value) > longest:
        yield FieldError(field, f"must be at most {longest} characters")


def _attribute_errors(attributes: Attributes) -> Iterator[FieldError]:
    yield from _line_errors("source", attributes.source)
    yield from _line_errors("kind", attributes.kind)
    for ticker in attributes.tickers:
        yield from _line_errors("tickers", ticker)
    for key, value in attributes.metadata.items():
        yield from _line_errors("metadata", key)
        if isinstance(value, str) and _FORBIDDEN.search(value):
            yield FieldError(f"metadata.{key}", "holds a control character")
        if isinstance(value, float) and not abs(value) < float("inf"):
            yield FieldError(f"metadata.{key}", "must be a finite number")
    if len(attributes.metadata) > MAX_METADATA:
        yield FieldError("metadata", f"must have at most {MAX_METADATA} keys")
    size = len(json.dumps(json_values(attributes), ensure_ascii=False).encode(errors="replace"))
    if size > MAX_ATTRIBUTES:
        yield FieldError(
            _largest(attributes),
            f"source, kind, tickers and metadata must take at most {MAX_ATTRIBUTES:,} bytes "
            f"of JSON together, not {size:,}",
        )


def _largest(attributes: Attributes) -> str:
    """The attribute that takes the most space."""
    values = json_values(attributes)
    return max(values, key=lambda name: len(json.dumps(values[name])))
