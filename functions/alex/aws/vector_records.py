"""Passages as S3 Vectors keeps them, and filters as it understands them.

Filterable metadata is limited to 2 KB a vector, so it holds only what a filter compares, and
long values as digests: filters only ask whether values are equal. What must be given back
whole stands in two keys that the index declares as not filterable: `text`, which its full-text
search reads, and `record`, everything else. Whether that search sees accents is its own affair,
so `text` has none; where it would have had some, `record` has the text, too.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from alex.knowledge.documents import Candidate, Filter, IndexEntry, Passage, Scalar, Span, Vector
from alex.knowledge.records import attributes_from_json, attributes_to_json
from alex.knowledge.terms import unaccented

TEXT_KEY = "text"
"""The metadata key that full-text search reads."""

_PLAIN = 40
"""Characters up to which an ASCII value stands as it is."""

_DIGEST = 23
"""Hexadecimal digits of a digest: 92 bits, and what `alex.knowledge.submissions` lets in
fits into 2 KB."""


def metadata(entry: IndexEntry) -> dict[str, Any]:
    """What is stored beside an entry's vector."""
    passage, attributes = entry.passage, entry.attributes
    record: dict[str, Any] = {
        "document": entry.document_id,
        "revision": entry.revision,
        "ordinal": passage.ordinal,
        "context": len(passage.context),
        "span": [passage.span.start, passage.span.end],
        "attributes": attributes_to_json(attributes),
    }
    searched = unaccented(passage.embedded_text)
    if searched != passage.embedded_text:
        record["text"] = passage.embedded_text
    values: dict[str, Any] = {
        TEXT_KEY: searched,
        "record": json.dumps(record, ensure_ascii=False),
    }
    # An empty list is no value at all to S3 Vectors.
    if attributes.tickers:
        values["tickers"] = list(attributes.tickers)
    if attributes.kind is not None:
        values["kind"] = _term(attributes.kind)
    if attributes.source is not None:
        values["source"] = _term(attributes.source)
    if attributes.published is not None:
        values["published"] = attributes.published.toordinal()
    if attributes.metadata:
        values["facets"] = [_facet(name, value) for name, value in attributes.metadata.items()]
    return values


def size(values: Mapping[str, Any]) -> int:
    """Bytes of metadata as JSON."""
    return len(json.dumps(values, ensure_ascii=False).encode())


def entry(key: str, values: Mapping[str, Any], vector: Vector) -> IndexEntry:
    """The entry that `metadata` described."""
    record = json.loads(values["record"])
    return IndexEntry(
        key=key,
        document_id=record["document"],
        revision=record["revision"],
        passage=_passage(record, values),
        vector=vector,
        attributes=attributes_from_json(record["attributes"]),
    )


def candidate(
    key: str, values: Mapping[str, Any], distance: float, bm25: float | None
) -> Candidate:
    """The candidate that `metadata` described."""
    record = json.loads(values["record"])
    return Candidate(
        key=key,
        document_id=record["document"],
        revision=record["revision"],
        passage=_passage(record, values),
        distance=distance,
        bm25=bm25,
    )


def query_filter(where: Filter) -> dict[str, Any] | None:
    """A filter in S3 Vectors' own terms; None lets everything through.

    Equality with a list means equality with one of its values.
    """
    conditions = list(_conditions(where))
    if len(conditions) > 1:
        return {"$and": conditions}
    return conditions[0] if conditions else None


def _conditions(where: Filter) -> Iterator[dict[str, Any]]:
    if where.tickers:
        yield _any_of([{"tickers": {"$eq": ticker}} for ticker in where.tickers])
    if where.kind is not None:
        yield {"kind": {"$eq": _term(where.kind)}}
    if where.source is not None:
        yield {"source": {"$eq": _term(where.source)}}
    for name, value in where.metadata.items():
        yield {"facets": {"$eq": _facet(name, value)}}
    if where.since is not None:
        yield _day("$gte", where.since, undated=where.undated)
    if where.until is not None:
        yield _day("$lte", where.until, undated=where.undated)


def _day(comparison: str, day: date, *, undated: bool) -> dict[str, Any]:
    """S3 Vectors orders numbers only: days are counted."""
    dated = {"published": {comparison: day.toordinal()}}
    return _any_of([dated, {"published": {"$exists": False}}]) if undated else dated


def _any_of(conditions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"$or": conditions} if len(conditions) > 1 else conditions[0]


def _facet(name: str, value: Scalar) -> str:
    """A metadata pair as one word, the same for equal pairs: 1 and 1.0, but not 1 and true."""
    whole = isinstance(value, float) and value.is_integer()
    return _term(f"{name}={json.dumps(int(value) if whole else value)}")


def _term(value: str) -> str:
    """A value as filters compare it: itself, or its digest where it is long."""
    if value.isascii() and len(value) <= _PLAIN and not value.startswith("~"):
        return value
    return "~" + hashlib.sha256(value.encode()).hexdigest()[:_DIGEST]


def _passage(record: Mapping[str, Any], values: Mapping[str, Any]) -> Passage:
    embedded: str = record.get("text", values[TEXT_KEY])
    cut = record["context"]
    start, end = record["span"]
    return Passage(
        ordinal=record["ordinal"],
        text=embedded[cut + 1 :] if cut else embedded,
        context=embedded[:cut],
        span=Span(start, end),
    )
