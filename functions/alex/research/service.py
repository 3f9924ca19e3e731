"""The job service: who may change a research job when."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from alex.clock import now
from alex.errors import Conflict, NotFound
from alex.paging import Page
from alex.research.jobs import Job, JobStatus, ResearchRequest, Step, digest
from alex.research.leases import TimedLeases
from alex.research.ports import JobLauncher, JobLeases, JobStore

MAX_MESSAGE = 300
"""Characters of a step's message, some of which pages choose: a job with hundreds of steps must fit
into what a store takes as one item."""

MAX_ERROR = 4_000
"""Characters of an error, for the same reason."""

_LONGEST_ID = 64
"""Characters; ours have 32, and no store takes any number of them."""


class JobService:
    """Takes requests for research and keeps track of them."""

    def __init__(
        self,
        jobs: JobStore,
        launcher: JobLauncher,
        leases: JobLeases | None = None,
        *,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._jobs = jobs
        self._launcher = launcher
        self._leases = leases or TimedLeases()
        self._clock = clock

    def request(self, request: ResearchRequest, idempotency_key: str | None = None) -> Job:
        """Record a job, then hand it over; a repeated key gives the job it made first.

        Raises:
            Conflict: the key was used for a different request.
            Unavailable: the researcher could not be reached; the job stays queued.
        """
        at = self._clock()
        fingerprint = digest(request)
        job = self._jobs.create(
            Job(
                id=uuid.uuid4().hex,
                request=request,
                created=at,
                updated=at,
                idempotency_key=idempotency_key,
                request_digest=fingerprint,
            )
        )
        if job.request_digest != fingerprint:
            raise Conflict("This Idempotency-Key was used for a different request.")
        if job.status is JobStatus.QUEUED:
            self._launcher.launch(job.id)
        return job

    def get(self, job_id: str) -> Job:
        """The job.

        Raises:
            NotFound: there is none.
        """
        known = job_id.isprintable() and len(job_id) <= _LONGEST_ID
        job = self._jobs.get(job_id) if known else None
        if job is None:
            raise NotFound(f"No research job has the id {job_id!r}.")
        return job

    def list(self, *, cursor: str | None = None, limit: int = 20) -> Page[Job]:
        """Jobs, newest first."""
        return self._jobs.list(cursor=cursor, limit=limit)

    def cancel(self, job_id: str) -> Job:
        """Stop a job: at once when queued or dead, before its next step when running.

        Raises:
            NotFound: there is none.
            Conflict: it has already ended.
        """

        def change(job: Job) -> Job:
            if job.status.final:
                raise Conflict(f"The job has already ended: {job.status}.")
            if job.status is JobStatus.QUEUED or self._dead(job):
                job = replace(job, status=JobStatus.CANCELLED)
            return replace(job, cancel_requested=True)

        return self._update(job_id, change)

    def start(self, job_id: str) -> Job | None:
        """Lease a job to a run; None where there is nothing to run.

        A job can be leased when it is queued, or when it was running and its run has died.
        Of two at once one wins. Who leased a job releases it when the run is over.
        """
        job = self.get(job_id)
        if job.status.final or not self._leases.acquire(job, self._clock()):
            return None
        try:
            return self._jobs.save(replace(job, status=JobStatus.RUNNING, updated=self._clock()))
        except Conflict:
            self._leases.release(job_id)
            return None

    def release(self, job_id: str) -> None:
        """Say that the run that leased the job is over, however it ended."""
        self._leases.release(job_id)

    def waits(self, job: Job) -> bool:
        """Whether a job could be started: it is queued, or its run has died."""
        return job.status is JobStatus.QUEUED or self._dead(job)

    def progress(self, job_id: str, phase: str, message: str) -> Job:
        """Add a step; the returned job says whether to go on: a cancel may have been asked for.

        A job that has ended, by a cancel or another run, takes no more steps.
        """
        step = Step(self._clock(), phase, _cut(message, MAX_MESSAGE))
        return self._update(
            job_id,
            lambda job: job if job.status.final else replace(job, steps=(*job.steps, step)),
        )

    def finish(
        self,
        job_id: str,
        status: JobStatus,
        *,
        report_id: str | None = None,
        evidence_id: str | None = None,
        cost: Mapping[str, float] | None = None,
        error: str | None = None,
    ) -> Job:
        """End a job; a job that has ended stays as it ended."""

        def change(job: Job) -> Job:
            if job.status.final:
                return job
            return replace(
                job,
                status=status,
                report_id=report_id,
                evidence_id=evidence_id,
                cost=cost or {},
                error=_cut(error, MAX_ERROR) if error else None,
            )

        return self._update(job_id, change)

    def _dead(self, job: Job) -> bool:
        """Whether a job's run ended without saying so."""
        return job.status is JobStatus.RUNNING and self._leases.expired(job, self._clock())

    def _update(self, job_id: str, change: Callable[[Job], Job]) -> Job:
        """Apply a change to the stored job, again whenever somebody else was quicker."""
        while True:
            job = self.get(job_id)
            changed = change(job)
            if changed == job:
                return job
            try:
                return self._jobs.save(replace(changed, updated=self._clock()))
            except Conflict:
                continue


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
