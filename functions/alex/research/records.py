"""Research jobs as JSON and back: what every store has to write down the same way."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from alex.clock import stamp
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest, Step


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
