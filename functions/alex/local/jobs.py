"""Research jobs in SQLite, and the queue they are."""

import sqlite3
from dataclasses import replace

from alex.clock import stamp
from alex.errors import Conflict
from alex.local.database import Database
from alex.paging import Page, cursor, position
from alex.research.jobs import Job
from alex.research.records import job_from_json, job_to_json


class SqliteJobStore:
    """Research jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, job: Job) -> Job:
        """Store a new job, or return the one with the same idempotency key."""
        with self._database.write() as db:
            row = db.execute(
                "SELECT job FROM jobs WHERE idempotency_key = ?", (job.idempotency_key,)
            ).fetchone()
            if row:
                return job_from_json(row["job"])
            db.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?)",
                (job.id, job.idempotency_key, stamp(job.created), job.version, job_to_json(job)),
            )
        return job

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        with self._database.read() as db:
            row = db.execute("SELECT job FROM jobs WHERE id = ?", (job_id,)).fetchone()
        return job_from_json(row["job"]) if row else None

    def list(self, *, cursor: str | None, limit: int) -> Page[Job]:
        """Newest first; of equal times, the greater id first."""
        created, job_id = position(cursor, 2) if cursor is not None else (None, None)
        with self._database.read() as db:
            rows = db.execute(
                """SELECT * FROM jobs
                WHERE :created IS NULL OR (created, id) < (:created, :id)
                ORDER BY created DESC, id DESC LIMIT :limit""",
                {"created": created, "id": job_id, "limit": limit + 1},
            ).fetchall()
        return Page(tuple(job_from_json(row["job"]) for row in rows[:limit]), _next(rows, limit))

    def save(self, job: Job) -> Job:
        """Replace the stored version of a job by the next."""
        saved = replace(job, version=job.version + 1)
        with self._database.write() as db:
            changed = db.execute(
                "UPDATE jobs SET version = ?, job = ? WHERE id = ? AND version = ?",
                (saved.version, job_to_json(saved), job.id, job.version),
            )
            if not changed.rowcount:
                raise Conflict("Somebody else changed the job meanwhile.")
        return saved


class QueuedLauncher:
    """Hands a job over by leaving it where it is.

    A queued job record is all that a worker looks for (`alex serve` runs one), so there is nothing
    more to send, and nothing that could get lost between recording a job and launching it.
    """

    def launch(self, job_id: str) -> None:
        """Nothing to do: recorded is queued."""


def _next(rows: list[sqlite3.Row], limit: int) -> str | None:
    """The cursor behind the last row of a page, where more follow."""
    return cursor(rows[limit - 1]["created"], rows[limit - 1]["id"]) if len(rows) > limit else None
