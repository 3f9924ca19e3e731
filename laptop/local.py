"""The commands' backend on this machine: the core's services, asked as the API asks them."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from platformdirs import user_data_path

from alex.api.documents import DocumentList, WholeDocument
from alex.api.requests import parse
from alex.api.research import JobList, JobView, ResearchBody
from alex.api.search import Grouping, SearchBody, SearchResponse
from alex.errors import AlexError
from alex.knowledge.documents import Filter, Receipt, Submission
from alex.research.jobs import ResearchRequest
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from laptop.api_json import request_json, search_json
from laptop.backend import BatchLimit, IngestOutcome

BATCH = BatchLimit(documents=8, size=500_000)
"""Few: the bar moves, and Ctrl-C waits for one batch."""

POLL = 0.2
"""Seconds between two looks at a running job."""


def data_folder(data_dir: Path | None) -> Path:
    """Where this machine keeps its documents: as asked, as ALEX_DATA_DIR says, or as is usual."""
    named = os.environ.get("ALEX_DATA_DIR", "").strip()
    return data_dir or (Path(named) if named else user_data_path("alex", appauthor=False))


def settings_for(data_dir: Path | None) -> Settings:
    """The environment's settings, with the folder that the command means.

    Raises:
        Misconfigured: a variable is missing or wrong.
    """
    return Settings.from_env({**os.environ, "ALEX_DATA_DIR": str(data_folder(data_dir))})


class LocalBackend:
    """Asks the core's services, under the same rules and with the same answers as the API."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.services: Services = wire(settings)

    @property
    def place(self) -> str:
        """The folder with everything in it."""
        return str(self._settings.data_dir)

    @property
    def batch(self) -> BatchLimit:
        """What one call of `ingest` may hold."""
        return BATCH

    def ingest(self, submissions: Sequence[Submission]) -> list[IngestOutcome]:
        """One outcome a document, in order."""
        return [_outcome(result) for result in self.services.knowledge.ingest_many(submissions)]

    def search(self, query: str, *, k: int, where: Filter, group: Grouping) -> SearchResponse:
        """As `POST /search`."""
        body = parse(SearchBody, search_json(query, k, where, group))
        found = self.services.search.search(body.query, body.k, body.filters.where(), body.group)
        return SearchResponse.of(found)

    def documents(
        self, *, cursor: str | None, limit: int, kind: str | None, ticker: str | None
    ) -> DocumentList:
        """As `GET /documents`."""
        return DocumentList.of(
            self.services.knowledge.list(cursor=cursor, limit=limit, kind=kind, ticker=ticker)
        )

    def document(self, document_id: str) -> WholeDocument:
        """As `GET /documents/{id}`.

        Raises:
            NotFound: there is none.
        """
        return WholeDocument.with_text(*self.services.knowledge.get(document_id))

    def delete(self, document_id: str) -> None:
        """As `DELETE /documents/{id}`.

        Raises:
            NotFound: there is none.
        """
        self.services.knowledge.delete(document_id)

    def request(self, request: ResearchRequest, idempotency_key: str) -> JobView:
        """Record a job, as `POST /research`."""
        body = parse(ResearchBody, request_json(request))
        return JobView.of(self.services.research.request(body.request(), idempotency_key))

    def jobs(self, *, cursor: str | None, limit: int) -> JobList:
        """As `GET /research`."""
        return JobList.of(self.services.research.list(cursor=cursor, limit=limit))

    def job(self, job_id: str) -> JobView:
        """As `GET /research/{id}`.

        Raises:
            NotFound: there is none.
        """
        return JobView.of(self.services.research.get(job_id))

    def cancel(self, job_id: str) -> JobView:
        """As `DELETE /research/{id}`.

        Raises:
            NotFound: there is none.
            Conflict: it has already ended.
        """
        return JobView.of(self.services.research.cancel(job_id))

    def follow(self, job_id: str) -> Iterator[JobView]:
        """Run the job here, or watch where another process does; ends with the job.

        Where that process dies, the job goes on here.
        """
        # The agent SDK, trafilatura and Playwright take seconds to load: only a run needs them.
        from researcher.pipeline.run import run_job  # noqa: PLC0415
        from researcher.sources.web.reader import open_reader  # noqa: PLC0415

        jobs = self.services.research
        with asyncio.Runner() as runner:
            while not (job := jobs.get(job_id)).status.final:
                if not jobs.waits(job):
                    yield JobView.of(job)
                    time.sleep(POLL)
                    continue
                run = runner.get_loop().create_task(run_job(self.services, job_id, open_reader))
                while not run.done():
                    runner.run(asyncio.wait({run}, timeout=POLL))
                    yield self.job(job_id)
                run.result()
        yield self.job(job_id)


def _outcome(result: Receipt | AlexError) -> IngestOutcome:
    if isinstance(result, AlexError):
        return IngestOutcome("failed", reason=result.detail)
    return IngestOutcome(result.outcome, result.document_id, result.passages)
