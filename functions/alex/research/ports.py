"""What research jobs need from the world; an AWS and a local adapter each."""

from datetime import datetime
from typing import Protocol

from alex.paging import Page
from alex.research.jobs import Job


class JobStore(Protocol):
    """Research jobs."""

    def create(self, job: Job) -> Job:
        """Store a new job; one with the same idempotency key already there is returned instead."""
        ...

    def get(self, job_id: str) -> Job | None:
        """The job, or None."""
        ...

    def list(self, *, cursor: str | None, limit: int) -> Page[Job]:
        """Newest first.

        Raises:
            InvalidInput: the cursor is not one that this store gave out.
        """
        ...

    def save(self, job: Job) -> Job:
        """Replace the job where its `version` is the stored one; the result carries the next.

        Raises:
            Conflict: somebody else saved it since.
        """
        ...


class JobLeases(Protocol):
    """Which run has a job, and whether that run still lives."""

    def acquire(self, job: Job, at: datetime) -> bool:
        """Lease a job to this process; False where a living run has it."""
        ...

    def release(self, job_id: str) -> None:
        """Let go of a job; one that is not held is no error."""
        ...

    def expired(self, job: Job, at: datetime) -> bool:
        """Whether the run of a job that is said to be running has died."""
        ...


class JobLauncher(Protocol):
    """Hands a job to the researcher without waiting for it."""

    def launch(self, job_id: str) -> None:
        """Ask for the job to be run; asking twice runs it once.

        Raises:
            Unavailable: it could not be handed over.
        """
        ...
