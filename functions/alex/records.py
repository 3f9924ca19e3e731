"""Nouns as JSON and back, and cursors: what every store has to write down the same way."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

from alex.documents import Attributes
from alex.errors import InvalidInput
from alex.research import Budget, Job, JobStatus, ResearchRequest, Step


def stamp(moment: datetime) -> str:
    """A time in UTC to the microsecond, in a form that sorts as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


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


def job_to_json(job: Job) -> str:
    """A job, times as `stamp` writes them."""
    return json.dumps(asdict(job) | {"cost": dict(job.cost)}, default=_moment, ensure_ascii=False)


def job_from_json(text: str) -> Job:
    """The job that `job_to_json` wrote."""
    values: dict[str, Any] = json.loads(text)
    return Job(
        **values
        | {
            "request": _request(values["request"]),
            "created": datetime.fromisoformat(values["created"]),
            "updated": datetime.fromisoformat(values["updated"]),
            "status": JobStatus(values["status"]),
            "steps": tuple(
                Step(**step | {"at": datetime.fromisoformat(step["at"])})
                for step in values["steps"]
            ),
        }
    )


def cursor(*position: str) -> str:
    """An opaque cursor for a position in a listing."""
    told = json.dumps(position, ensure_ascii=False)  # escaped, a long id would not fit
    return base64.urlsafe_b64encode(told.encode()).decode().rstrip("=")


def position(cursor: str, length: int) -> list[str]:
    """The position, of so many parts, that a cursor stands for.

    Raises:
        InvalidInput: nobody here made this cursor.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        readable = [part for part in parts if isinstance(part, str) and part.encode()]
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput.of("cursor", "is not one that a listing gave out") from error
    if len(readable) != length or readable != parts:
        raise InvalidInput.of("cursor", "is not one that a listing gave out")
    return readable


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return stamp(value)
    raise TypeError(f"{type(value).__name__} has no place in a job")


def _request(values: Mapping[str, Any]) -> ResearchRequest:
    return ResearchRequest(
        topic=values["topic"],
        tickers=tuple(values["tickers"]),
        urls=tuple(values["urls"]),
        budget=Budget(**values["budget"]),
    )
