"""Which process runs a job, by locks that the system takes from a process when it dies."""

import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from alex.research.jobs import Job


class LockedLeases:
    """One lock file for each job that is run; a dead run's job is free at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, FileLock] = {}
        self._guard = threading.Lock()

    def acquire(self, job: Job, at: datetime) -> bool:  # noqa: ARG002 - time proves nothing here
        """Lease a job; False where a living run has it, of this process or another."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = self._lock(job.id)
        with self._guard:
            if job.id in self._held:
                return False
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return False
            self._held[job.id] = lock
        return True

    def release(self, job_id: str) -> None:
        """Let go of a job; one that is not held is no error."""
        with self._guard:
            lock = self._held.pop(job_id, None)
            if lock is not None:
                with suppress(PermissionError):  # on Windows releasing takes the file away
                    Path(lock.lock_file).unlink(missing_ok=True)
                lock.release()

    def expired(self, job: Job, at: datetime) -> bool:
        """Whether nobody runs a job that is said to be running."""
        if not self.acquire(job, at):
            return False
        self.release(job.id)
        return True

    def _lock(self, job_id: str) -> FileLock:
        # Not bound to a thread: a run may end in another one than it began in.
        return FileLock(self._folder / f"{job_id}.lock", thread_local=False)
