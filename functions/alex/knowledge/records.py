"""Attributes of documents as JSON and back: what every store has to write down the same way."""

import json
from dataclasses import asdict
from datetime import date

from alex.knowledge.documents import Attributes


def attributes_to_json(attributes: Attributes) -> str:
    """Attributes, the same text for equal ones."""
    published = attributes.published and attributes.published.isoformat()
    values = asdict(attributes) | {
        "published": published,
        "metadata": dict(attributes.metadata),
    }
    return json.dumps(values, sort_keys=True, ensure_ascii=False)


def attributes_from_json(text: str) -> Attributes:
    """The attributes that `attributes_to_json` wrote."""
    values = json.loads(text)
    published = values["published"]
    return Attributes(
        source=values["source"],
        published=date.fromisoformat(published) if published else None,
        tickers=tuple(values["tickers"]),
        kind=values["kind"],
        metadata=values["metadata"],
    )
