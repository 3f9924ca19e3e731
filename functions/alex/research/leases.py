"""Leases of jobs where no process can see whether another one lives."""

from datetime import datetime, timedelta

from alex.research.jobs import Job, JobStatus

LEASE = timedelta(minutes=16)
"""Where only time tells, a running job that reported nothing for this long has died: a run ends
within 15 minutes, the longest that a function may run."""


class TimedLeases:
    """Leases that last for a time, where no process can see whether another one lives."""

    def acquire(self, job: Job, at: datetime) -> bool:
        """Whether the job is free; the job store lets one of two win."""
        return job.status is JobStatus.QUEUED or self.expired(job, at)

    def release(self, job_id: str) -> None:
        """Nothing to do: a lease ends with the job, or with its lease."""

    def expired(self, job: Job, at: datetime) -> bool:
        """Whether a running job has been silent for too long."""
        return at - job.updated > LEASE
