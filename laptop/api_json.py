"""The API's JSON for what a command hands in."""

from dataclasses import asdict
from typing import Any

from alex.knowledge.documents import Filter, Submission
from alex.research.jobs import ResearchRequest

type Json = dict[str, Any]
"""A JSON object, as the REST API speaks it."""


def submission_json(submission: Submission) -> Json:
    """A document for `POST /ingest`."""
    attributes = submission.attributes
    return _filled(
        {
            "id": submission.id,
            "text": submission.text,
            "title": submission.title,
            "source": attributes.source,
            "published": attributes.published.isoformat() if attributes.published else None,
            "tickers": list(attributes.tickers),
            "kind": attributes.kind,
            "metadata": dict(attributes.metadata),
        }
    )


def search_json(query: str, k: int, where: Filter, group: str) -> Json:
    """The body of `POST /search`."""
    filters = {
        "tickers": list(where.tickers),
        "kind": where.kind,
        "source": where.source,
        "since": where.since.isoformat() if where.since else None,
        "until": where.until.isoformat() if where.until else None,
        "undated": where.undated,
        "metadata": dict(where.metadata),
    }
    return {"query": query, "k": k, "group": group, "filters": _filled(filters)}


def request_json(request: ResearchRequest) -> Json:
    """The body of `POST /research`."""
    return _filled(
        {
            "topic": request.topic,
            "tickers": list(request.tickers),
            "urls": list(request.urls),
            "budget": asdict(request.budget),
        }
    )


def _filled(values: Json) -> Json:
    """Without the fields that say nothing."""
    return {name: value for name, value in values.items() if value not in (None, [], {})}
