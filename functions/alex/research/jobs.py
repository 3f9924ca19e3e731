"""Research jobs: what is asked for, and how far it is."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum


class JobStatus(StrEnum):
    """queued → running → succeeded | failed | cancelled; queued → cancelled."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing can change it any more."""
        return self not in {JobStatus.QUEUED, JobStatus.RUNNING}


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may use; at any cap it ends with what is verified.

    Attributes:
        usd: dollars for model calls.
        turns: model calls, failed ones too.
        pages: pages read.
        bytes: of pages, as they came over the network.
        seconds: wall-clock time.
    """

    usd: float = 0.50
    turns: int = 30
    pages: int = 12
    bytes: int = 50_000_000
    seconds: int = 600


@dataclass(frozen=True, slots=True)
class ResearchRequest:
    """What to research: a topic, tickers, pages to start from; at least one of them."""

    topic: str | None = None
    tickers: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    budget: Budget = field(default_factory=Budget)

    @property
    def subject(self) -> str:
        """The question in words, for models and titles."""
        return self.topic or ", ".join(self.tickers) or ", ".join(self.urls)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of progress: when, which phase, what happened."""

    at: datetime
    phase: str
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of research, asked for once.

    Attributes:
        idempotency_key: a repeated request with the same key is this job.
        request_digest: tells a repeat from a different request under the same key.
        report_id: the document the report became, once it succeeded.
        evidence_id: text store key of the bundle that proves the report.
        cost: what was spent, by name (`usd`, `input_tokens`, `pages`, …).
        cancel_requested: the run stops before its next step.
        version: counts saves; a save from a stale copy is refused.
    """

    id: str
    request: ResearchRequest
    created: datetime
    updated: datetime
    status: JobStatus = JobStatus.QUEUED
    steps: tuple[Step, ...] = ()
    idempotency_key: str | None = None
    request_digest: str = ""
    report_id: str | None = None
    evidence_id: str | None = None
    cost: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None
    cancel_requested: bool = False
    version: int = 0


def digest(request: ResearchRequest) -> str:
    """A stable fingerprint of a request."""
    return hashlib.sha256(json.dumps(asdict(request), sort_keys=True).encode()).hexdigest()
