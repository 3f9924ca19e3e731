"""Research jobs in DynamoDB."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alex.aws.metrics import record_cost
from alex.aws.table import DynamoTable, Item, n, s
from alex.clock import stamp
from alex.errors import Conflict, Unavailable
from alex.paging import Page, cursor, position
from alex.research.jobs import Job
from alex.research.records import job_from_json, job_to_json

_ATTEMPTS = 3


class DynamoJobStore:
    """Research jobs; finished ones expire.

    Args:
        retention_days: how long a finished job, and an idempotency key, is kept.
        stack: under whose name the cost of finished jobs is counted.
    """

    def __init__(self, table: DynamoTable, *, retention_days: int, stack: str) -> None:
        self._table = table
        self._retention = timedelta(days=retention_days)
        self._stack = stack

    def create(self, job: Job) -> Job:
        """Store a new job, or return the one with the same idempotency key."""
        if job.idempotency_key is None:
            self._table.transact([_new(self._item(job))])
            return job
        for _ in range(_ATTEMPTS):
            known = self._table.get(_request_pk(job.idempotency_key), "request")
            first = self.get(known["job"]["S"]) if known else None
            if first is not None:
                return first
            try:
                self._table.transact([_new(self._item(job)), self._claim(job, known)])
            except Conflict:
                continue
            return job
        raise Unavailable("Others keep using the same Idempotency-Key.")

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        item = self._table.get(_pk(job_id), "job")
        return job_from_json(item["job"]["S"]) if item else None

    def list(self, *, cursor: str | None, limit: int) -> Page[Job]:
        """Newest first; of equal times, the greater id first."""
        after = _keys(*position(cursor, 2)) if cursor is not None else None
        items = self._table.page("jobs", limit=limit, after=after)
        jobs = [job_from_json(item["job"]["S"]) for item in items]
        return Page(tuple(jobs[:limit]), _next(jobs, limit))

    def save(self, job: Job) -> Job:
        """Replace the stored version of a job by the next."""
        saved = replace(job, version=job.version + 1)
        if not self._table.exchange(
            self._item(saved),
            where="#version = :stored",
            names={"#version": "version"},
            values={":stored": n(job.version)},
        ):
            raise Conflict("Somebody else changed the job meanwhile.")
        if saved.status.final:
            # Nothing changes a job that has ended, so this is counted once.
            record_cost(self._stack, saved)
        return saved

    def _item(self, job: Job) -> Item:
        item = {
            **_keys(stamp(job.created), job.id),
            "version": n(job.version),
            "job": s(job_to_json(job)),
        }
        if job.status.final:
            item["expires"] = self._expiry(job.updated)
        return item

    def _claim(self, job: Job, known: Item | None) -> dict[str, Any]:
        """Tie an idempotency key to a job, in place of one that has expired."""
        item = {
            "pk": s(_request_pk(job.idempotency_key or "")),
            "sk": s("request"),
            "job": s(job.id),
            "expires": self._expiry(job.created),
        }
        if known is None:
            return _new(item)
        return {
            "Put": {
                "Item": item,
                "ConditionExpression": "job = :expired",
                "ExpressionAttributeValues": {":expired": known["job"]},
            }
        }

    def _expiry(self, at: datetime) -> Item:
        """When DynamoDB may remove an item, in seconds since 1970."""
        return n(int((at + self._retention).timestamp()))


def _pk(job_id: str) -> str:
    return f"job#{job_id}"


def _request_pk(idempotency_key: str) -> str:
    """By digest: a caller's key may be of any length."""
    return f"request#{hashlib.sha256(idempotency_key.encode()).hexdigest()}"


def _keys(created: str, job_id: str) -> Item:
    """Where a job stands in the listing."""
    return {
        "pk": s(_pk(job_id)),
        "sk": s("job"),
        "listing": s("jobs"),
        "at": s(f"{created}#{job_id}"),
    }


def _new(item: Item) -> dict[str, Any]:
    """The step that stores an item where none was."""
    return {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}


def _next(jobs: Sequence[Job], limit: int) -> str | None:
    """The cursor behind the last job of a page, where more follow."""
    if len(jobs) <= limit:
        return None
    last = jobs[limit - 1]
    return cursor(stamp(last.created), last.id)
