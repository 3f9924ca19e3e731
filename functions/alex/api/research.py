"""Research jobs in the API: asked for, listed, shown, cancelled."""

import re
from dataclasses import asdict
from datetime import datetime
from typing import Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from alex.api.fields import Cursor, Question, Tickers, Url, Whole
from alex.api.http import Reply, Request
from alex.api.requests import MAX_RESULTS, QueryModel, RequestModel, parse, parse_query
from alex.api.route import Route
from alex.api.views import View
from alex.errors import InvalidInput
from alex.paging import Page
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest
from alex.services import Services


class JobsQuery(QueryModel):
    """Which page of research jobs: `GET /research`."""

    cursor: Cursor | None = Field(default=None, description="From the page before.")
    limit: int = Field(default=20, ge=1, le=MAX_RESULTS)


class BudgetBody(RequestModel):
    """What a research run may use; at any cap it ends with what is verified."""

    usd: float = Field(default=Budget().usd, ge=0, le=50, description="Dollars for model calls.")
    turns: Whole = Field(
        default=Budget().turns, ge=1, le=200, description="Model calls, failed ones too."
    )
    pages: Whole = Field(default=Budget().pages, ge=1, le=100, description="Pages read.")
    bytes: Whole = Field(
        default=Budget().bytes, ge=1, le=500_000_000, description="Of pages, as sent to us."
    )
    seconds: Whole = Field(default=Budget().seconds, ge=10, le=840, description="Wall-clock time.")


class ResearchBody(RequestModel):
    """What to research: `POST /research`; a topic, tickers or pages, at least one of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["topic"], "properties": {"topic": {"type": "string"}}},
                {"required": ["tickers"], "properties": {"tickers": {"minItems": 1}}},
                {"required": ["urls"], "properties": {"urls": {"minItems": 1}}},
            ]
        }
    )

    topic: Question | None = None
    tickers: Tickers = Field(default=[])
    urls: list[Url] = Field(default=[], max_length=20, description="Pages to start from.")
    budget: BudgetBody = BudgetBody()

    @model_validator(mode="after")
    def _has_a_subject(self) -> Self:
        if not (self.topic or self.tickers or self.urls):
            raise PydanticCustomError("subject", "Give a topic, tickers or urls")
        return self

    def request(self) -> ResearchRequest:
        """What the job service takes."""
        return ResearchRequest(
            topic=self.topic,
            tickers=tuple(dict.fromkeys(self.tickers)),
            urls=tuple(dict.fromkeys(self.urls)),
            budget=Budget(**self.budget.model_dump()),
        )


class StepView(View):
    """One line of a job's progress."""

    at: datetime
    phase: str
    message: str


class BudgetView(View):
    """What a run may use."""

    usd: float
    turns: int
    pages: int
    bytes: int
    seconds: int


class RequestView(View):
    """What was asked for."""

    topic: str | None
    tickers: list[str]
    urls: list[str]
    budget: BudgetView

    @classmethod
    def of(cls, request: ResearchRequest) -> Self:
        """The job's request."""
        return cls(
            topic=request.topic,
            tickers=list(request.tickers),
            urls=list(request.urls),
            budget=BudgetView(**asdict(request.budget)),
        )


class JobLinks(View):
    """Paths under the API's base URL."""

    self: str
    report: str | None = None


class JobAccepted(View):
    """A job that was taken in; ask its `self` link how far it is."""

    job_id: str
    status: JobStatus
    links: JobLinks

    @classmethod
    def of(cls, job: Job) -> Self:
        """A research job."""
        return cls(job_id=job.id, status=job.status, links=_links(job))


class JobView(JobAccepted):
    """A research job: what was asked, how far it is, what came of it."""

    topic: str = Field(description="The question in words.")
    request: RequestView
    steps: list[StepView]
    report_id: str | None = Field(description="The document the report became.")
    evidence_id: str | None = Field(description="The bundle that proves the report.")
    cost: dict[str, float]
    error: str | None
    cancel_requested: bool
    created: datetime
    updated: datetime

    @classmethod
    def of(cls, job: Job) -> Self:
        """A research job."""
        return cls(
            job_id=job.id,
            status=job.status,
            links=_links(job),
            topic=job.request.subject,
            request=RequestView.of(job.request),
            steps=[StepView(at=s.at, phase=s.phase, message=s.message) for s in job.steps],
            report_id=job.report_id,
            evidence_id=job.evidence_id,
            cost=dict(job.cost),
            error=job.error,
            cancel_requested=job.cancel_requested,
            created=job.created,
            updated=job.updated,
        )


class JobList(View):
    """One page of jobs, newest first; `cursor` asks for the next, null ends it."""

    jobs: list[JobView]
    cursor: str | None

    @classmethod
    def of(cls, page: Page[Job]) -> Self:
        """A page of the job store."""
        return cls(jobs=[JobView.of(job) for job in page.items], cursor=page.cursor)


def _links(job: Job) -> JobLinks:
    report = f"/documents/{job.report_id}" if job.report_id else None
    return JobLinks(self=f"/research/{job.id}", report=report)


_KEY = re.compile(r"[!-~]{1,200}")


def request_research(services: Services, request: Request) -> Reply:
    """Ask for research; it happens later."""
    body = parse(ResearchBody, request.json())
    job = services.research.request(body.request(), _idempotency_key(request))
    return Reply(202, JobAccepted.of(job))


def _idempotency_key(request: Request) -> str | None:
    given = request.headers.get("idempotency-key", ())
    if not given:
        return None
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise InvalidInput.of(
            "Idempotency-Key", "Must be given once, 1 to 200 visible ASCII characters"
        )
    return given[0]


def list_jobs(services: Services, request: Request) -> Reply:
    """Jobs, newest first."""
    query = parse_query(JobsQuery, request.query)
    return Reply(200, JobList.of(services.research.list(cursor=query.cursor, limit=query.limit)))


def show_job(services: Services, request: Request) -> Reply:
    """How far a job is."""
    return Reply(200, JobView.of(services.research.get(request.path["job_id"])))


def cancel_job(services: Services, request: Request) -> Reply:
    """Stop a job: at once when queued, before its next step when running."""
    return Reply(200, JobView.of(services.research.cancel(request.path["job_id"])))


ROUTES = (
    Route(
        method="POST",
        path="/research",
        function="researcher",
        endpoint=request_research,
        name="requestResearch",
        summary="Ask for research; it happens later.",
        bodies=(ResearchBody,),
        answers={202: (JobAccepted,)},
        refusals=(400, 409, 413),
        idempotency_key=True,
    ),
    Route(
        method="GET",
        path="/research",
        function="researcher",
        endpoint=list_jobs,
        name="listJobs",
        summary="List research jobs, newest first.",
        query=JobsQuery,
        answers={200: (JobList,)},
        refusals=(400, 413),
    ),
    Route(
        method="GET",
        path="/research/{job_id}",
        function="researcher",
        endpoint=show_job,
        name="showJob",
        summary="Show how far a research job is.",
        answers={200: (JobView,)},
        refusals=(404,),
    ),
    Route(
        method="DELETE",
        path="/research/{job_id}",
        function="researcher",
        endpoint=cancel_job,
        name="cancelJob",
        summary="Cancel a research job.",
        answers={200: (JobView,)},
        refusals=(404, 409),
    ),
)
