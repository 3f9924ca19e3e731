"""What the commands need done, on this machine or by a service."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from alex.knowledge.documents import Filter, Submission
from alex.research.jobs import ResearchRequest

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from alex.api.documents import DocumentList, WholeDocument
    from alex.api.research import JobList, JobView
    from alex.api.search import Grouping, SearchResponse


@dataclass(frozen=True, slots=True)
class BatchLimit:
    """What one call of `Backend.ingest` may hold: so many documents, so many bytes of JSON."""

    documents: int
    size: int


@dataclass(frozen=True, slots=True)
class IngestOutcome:
    """What became of one document; `reason` says why it failed."""

    outcome: Literal["created", "replaced", "unchanged", "failed"]
    document_id: str | None = None
    passages: int = 0
    reason: str = ""


class Backend(Protocol):
    """Everything the commands do; answers are the REST API's."""

    @property
    def place(self) -> str:
        """The folder or the URL, for people."""
        ...

    @property
    def batch(self) -> BatchLimit:
        """What one call of `ingest` may hold."""
        ...

    def ingest(self, submissions: Sequence[Submission]) -> list[IngestOutcome]:
        """One outcome a document, in order."""
        ...

    def search(self, query: str, *, k: int, where: Filter, group: "Grouping") -> "SearchResponse":
        """As `POST /search`."""
        ...

    def documents(
        self, *, cursor: str | None, limit: int, kind: str | None, ticker: str | None
    ) -> "DocumentList":
        """As `GET /documents`."""
        ...

    def document(self, document_id: str) -> "WholeDocument":
        """As `GET /documents/{id}`.

        Raises:
            NotFound: there is none.
        """
        ...

    def delete(self, document_id: str) -> None:
        """As `DELETE /documents/{id}`.

        Raises:
            NotFound: there is none.
        """
        ...

    def request(self, request: ResearchRequest, idempotency_key: str) -> "JobView":
        """Record a job, as `POST /research`, and give it as `GET /research/{id}` does."""
        ...

    def jobs(self, *, cursor: str | None, limit: int) -> "JobList":
        """As `GET /research`."""
        ...

    def job(self, job_id: str) -> "JobView":
        """As `GET /research/{id}`.

        Raises:
            NotFound: there is none.
        """
        ...

    def cancel(self, job_id: str) -> "JobView":
        """As `DELETE /research/{id}`, then the job.

        Raises:
            NotFound: there is none.
            Conflict: it has already ended.
        """
        ...

    def follow(self, job_id: str) -> Iterator["JobView"]:
        """The job again and again, until it has ended; on this machine also the run itself."""
        ...
