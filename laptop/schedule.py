"""What the laptop does by itself: run queued research, and ask for more on schedule."""

import json
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from alex.api.requests import parse
from alex.api.research import ResearchBody
from alex.errors import InvalidInput, Misconfigured
from alex.research.jobs import Job, JobStatus, ResearchRequest
from alex.research.service import JobService

_logger = logging.getLogger("alex.schedule")


class Background:
    """Does something at once and again every so many seconds, in a thread, until stopped.

    A failure is logged and does not end it: the next round may fare better.
    """

    def __init__(self, name: str, seconds: float, action: Callable[[], object]) -> None:
        self._seconds = seconds
        self._action = action
        self._stop = threading.Event()
        # A daemon: research under way must not keep the process alive; its job is resumed later.
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, seconds: float = 2.0) -> None:
        """Begin no other round, and wait a little for this one."""
        self._stop.set()
        self._thread.join(seconds)

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._action()
            except Exception:
                _logger.exception("%s failed; it will be tried again.", self._thread.name)
            self._stop.wait(self._seconds)


class JobWorker:
    """Runs queued jobs one after another, oldest first, and those whose run has died.

    Args:
        jobs: where the jobs are.
        run_job: leases a job and runs it to its end, whatever that is.
    """

    def __init__(self, jobs: JobService, run_job: Callable[[str], object]) -> None:
        self._jobs = jobs
        self._run_job = run_job
        self._known: set[str] = set()
        self._open: dict[str, Job] = {}

    def run_waiting(self) -> None:
        """Run what waits now."""
        self._look_for_new()
        for job_id in sorted(self._open, key=lambda job_id: self._open[job_id].created):
            job = self._jobs.get(job_id)
            if job.status.final:
                del self._open[job_id]
            elif self._jobs.waits(job):
                self._run(job_id)

    def _look_for_new(self) -> None:
        """Note jobs not seen before: a page without any ends the newest."""
        cursor = None
        while True:
            page = self._jobs.list(cursor=cursor, limit=20)
            new = [job for job in page.items if job.id not in self._known]
            self._known.update(job.id for job in new)
            self._open.update({job.id: job for job in new})
            cursor = page.cursor
            if not new or cursor is None:
                return

    def _run(self, job_id: str) -> None:
        try:
            self._run_job(job_id)
        except Exception:
            _logger.exception("Research job %s failed.", job_id)
            self._jobs.finish(
                job_id, JobStatus.FAILED, error="The run broke off; see the log of `alex serve`."
            )


def read_agenda(data_dir: Path) -> Sequence[ResearchRequest] | None:
    """What `agenda.json` in the data folder asks for; None where there is none.

    The file holds a list of objects as `POST /research` takes them.

    Raises:
        Misconfigured: the file is not that.
    """
    path = data_dir / "agenda.json"
    try:
        items = json.loads(path.read_text("utf-8"))
        if not isinstance(items, list):
            raise InvalidInput.of("agenda.json", "Must be a JSON list")
        return [parse(ResearchBody, item).request() for item in items]
    except FileNotFoundError:
        return None
    except (ValueError, InvalidInput) as error:
        raise Misconfigured(f"{path} is not a list of research requests: {error}") from error
