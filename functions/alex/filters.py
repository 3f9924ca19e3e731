"""What a filter means; adapters that cannot ask their backend, and tests, ask here."""

from collections.abc import Mapping
from datetime import date

from alex.documents import Attributes, Filter, Scalar


def matches(where: Filter, attributes: Attributes) -> bool:
    """Whether a document with these attributes passes the filter."""
    return (
        (not where.tickers or not set(where.tickers).isdisjoint(attributes.tickers))
        and where.kind in (None, attributes.kind)
        and where.source in (None, attributes.source)
        and _in_period(where, attributes.published)
        and _has(attributes.metadata, where.metadata)
    )


def _in_period(where: Filter, published: date | None) -> bool:
    if where.since is None and where.until is None:
        return True
    if published is None:
        return where.undated
    return (where.since or date.min) <= published <= (where.until or date.max)


def _has(metadata: Mapping[str, Scalar], wanted: Mapping[str, Scalar]) -> bool:
    """Python holds `True == 1`; a filter does not."""
    return all(
        key in metadata
        and metadata[key] == value
        and isinstance(metadata[key], bool) is isinstance(value, bool)
        for key, value in wanted.items()
    )
