"""The commands' backend over HTTP: a deployed stack, or `alex serve`."""

import ipaddress
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import requests

from alex import __version__
from alex.api.documents import DocumentList, WholeDocument
from alex.api.http import Problem
from alex.api.ingest import BatchIngested, BatchIngestedItem
from alex.api.research import JobAccepted, JobList, JobView
from alex.api.search import Grouping, SearchResponse
from alex.api.views import ProblemView
from alex.errors import InvalidInput, Misconfigured
from alex.knowledge.documents import Filter, Submission
from alex.research.jobs import ResearchRequest
from laptop.api_json import Json, request_json, search_json, submission_json
from laptop.backend import BatchLimit, IngestOutcome
from laptop.responses import (
    MAX_WAIT_SECONDS,
    Attempt,
    backoff,
    gave_up,
    has_answered,
    json_of,
    read,
    retry_pause,
    still_busy,
)

BATCH = BatchLimit(documents=100, size=3_500_000)
"""A request may have 6 MB at Lambda, where its JSON travels as an escaped string."""

TIMEOUT = (10, 60)
"""Seconds to connect, and to wait for an answer: the gateway gives up after 29."""

BUSY = frozenset({429, 502, 503, 504})
"""Answers that another attempt may better."""

NETWORK_ATTEMPTS = 3
"""Attempts where no answer came at all: the address is likely wrong."""

POLL = 2.0
"""Seconds between two looks at a running job."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the API is and the key it wants."""

    url: str
    key: str

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> "Endpoint | None":
        """The endpoint that `ALEX_API_ENDPOINT` and `ALEX_API_KEY` name, or None.

        Raises:
            Misconfigured: only one of them is set, or the key would travel in the clear.
        """
        url = env.get("ALEX_API_ENDPOINT", "").strip().rstrip("/")
        key = env.get("ALEX_API_KEY", "").strip()
        if not url:
            return None
        if not key:
            raise Misconfigured("ALEX_API_KEY is missing: ALEX_API_ENDPOINT needs it.")
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and _here(parts.hostname)):
            raise Misconfigured(
                f"ALEX_API_ENDPOINT is {url!r}; it must start with https:// "
                "(http:// only for this machine), so that the key stays secret."
            )
        return cls(url, key)


class RemoteBackend:
    """Speaks the REST API; waits and repeats where the service is busy.

    Every call may be repeated: documents are known by id or content, a request for research by
    its idempotency key.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        note: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.place = endpoint.url
        self._note = note
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update(
            {"x-api-key": endpoint.key, "User-Agent": f"alex/{__version__}"}
        )

    @property
    def batch(self) -> BatchLimit:
        """What one request may hold."""
        return BATCH

    def ingest(self, submissions: Sequence[Submission]) -> list[IngestOutcome]:
        """One outcome a document, in order.

        What the service was too busy for is sent again, half as many at a time: together they may
        take longer than a request may.

        Raises:
            Unavailable: it stayed too busy for all of them.
        """
        outcomes: dict[int, IngestOutcome] = {}
        waiting, most = [*range(len(submissions))], len(submissions)
        waited, attempt = 0.0, 1
        while waiting:
            sent = waiting[:most]
            results = self._ingest([submissions[place] for place in sent])
            outcomes |= zip(sent, map(_outcome, results), strict=True)
            busy = [p for p, result in zip(sent, results, strict=True) if result.status in BUSY]
            waiting = busy + waiting[most:]
            if len(busy) < len(sent):
                waited, attempt = 0.0, 1
            if not busy:
                continue
            pause = backoff(attempt)
            waited, attempt, most = waited + pause, attempt + 1, max(1, len(sent) // 2)
            if waited > MAX_WAIT_SECONDS:
                break
            self._wait(pause)
        if waiting and len(waiting) == len(submissions):
            raise still_busy(self.place)
        unsent = IngestOutcome("failed", reason=still_busy(self.place).detail)
        return [outcomes.get(place, unsent) for place in range(len(submissions))]

    def _ingest(
        self, submissions: Sequence[Submission]
    ) -> Sequence[BatchIngestedItem | ProblemView]:
        """The answers of one `POST /ingest`."""
        body = {"documents": [submission_json(submission) for submission in submissions]}
        try:
            return read(BatchIngested, self._ask("POST", "/ingest", body)).results
        except InvalidInput as error:  # of the request as a whole, say its size
            return [ProblemView.model_validate(Problem.of(error).body())] * len(submissions)

    def search(self, query: str, *, k: int, where: Filter, group: Grouping) -> SearchResponse:
        """The answer of `POST /search`."""
        body = search_json(query, k, where, group)
        return read(SearchResponse, self._ask("POST", "/search", body))

    def documents(
        self, *, cursor: str | None, limit: int, kind: str | None, ticker: str | None
    ) -> DocumentList:
        """The answer of `GET /documents`."""
        asked = {"cursor": cursor, "limit": str(limit), "kind": kind, "ticker": ticker}
        return read(DocumentList, self._ask("GET", "/documents", params=asked))

    def document(self, document_id: str) -> WholeDocument:
        """One document with its text.

        Raises:
            NotFound: there is none.
        """
        answer = self._ask("GET", f"/documents/{quote(document_id, safe='')}")
        return read(WholeDocument, answer)

    def delete(self, document_id: str) -> None:
        """Remove a document.

        Raises:
            NotFound: there is none.
        """
        self._ask("DELETE", f"/documents/{quote(document_id, safe='')}")

    def request(self, request: ResearchRequest, idempotency_key: str) -> JobView:
        """Ask for research; repeated with the same key it starts nothing new."""
        headers = {"Idempotency-Key": idempotency_key}
        answer = self._ask("POST", "/research", request_json(request), headers=headers)
        return self.job(read(JobAccepted, answer).job_id)

    def jobs(self, *, cursor: str | None, limit: int) -> JobList:
        """The answer of `GET /research`."""
        asked = {"cursor": cursor, "limit": str(limit)}
        return read(JobList, self._ask("GET", "/research", params=asked))

    def job(self, job_id: str) -> JobView:
        """One job.

        Raises:
            NotFound: there is none.
        """
        return read(JobView, self._ask("GET", f"/research/{quote(job_id, safe='')}"))

    def cancel(self, job_id: str) -> JobView:
        """Stop a job.

        Raises:
            NotFound: there is none.
            Conflict: it has already ended.
        """
        answer = self._ask("DELETE", f"/research/{quote(job_id, safe='')}")
        return read(JobView, answer) if answer else self.job(job_id)

    def follow(self, job_id: str) -> Iterator[JobView]:
        """The job again and again, until it has ended."""
        while True:
            job = self.job(job_id)
            yield job
            if job.status.final:
                return
            self._sleep(POLL)

    def _ask(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        params: Mapping[str, str | None] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """One call, repeated while the service is busy; its JSON, or the error it means."""
        waited, attempt = 0.0, 1
        while True:
            response = self._send(method, path, body, params, headers)
            if isinstance(response, requests.Response) and response.status_code not in BUSY:
                removed_before = method == "DELETE" and attempt > 1
                if removed_before and response.status_code == HTTPStatus.NOT_FOUND:
                    return {}
                return json_of(response)
            pause = retry_pause(response, attempt)
            waited, attempt = waited + pause, attempt + 1
            if waited > MAX_WAIT_SECONDS or (
                attempt > NETWORK_ATTEMPTS and not has_answered(response)
            ):
                raise gave_up(response, self.place)
            self._wait(pause)

    def _wait(self, pause: float) -> None:
        self._note(f"The service does not answer or is busy; again in {pause:.0f} s.")
        self._sleep(pause)

    def _send(
        self,
        method: str,
        path: str,
        body: Json | None,
        params: Mapping[str, str | None] | None,
        headers: Mapping[str, str] | None,
    ) -> Attempt:
        """The response, or how the network failed; redirects would carry the key elsewhere."""
        try:
            return self._session.request(
                method,
                f"{self.place}{path}",
                json=body,
                params=params,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            return error
        except requests.RequestException as error:
            raise Misconfigured(
                f"{self.place} cannot be called: check ALEX_API_ENDPOINT."
            ) from error


def _here(host: str | None) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _outcome(item: BatchIngestedItem | ProblemView) -> IngestOutcome:
    if isinstance(item, ProblemView):
        return IngestOutcome("failed", reason=item.detail)
    return IngestOutcome(item.outcome, item.document_id, item.passages)
