"""What reports, checks and their evidence are called, and the seal that shows an alteration."""

import hashlib
import json

from alex.research.jobs import ResearchRequest


def report_id_of(request: ResearchRequest) -> str:
    """The document a request's report is: the same question asked again replaces its report."""
    asked = [request.topic, sorted(request.tickers), sorted(request.urls)]
    return "report-" + hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]


def check_id_of(report_id: str) -> str:
    """The document that says when a report was last found unchanged."""
    return f"check-{report_id.removeprefix('report-')}"


def evidence_id_of(name: str) -> str:
    """The text store key of a bundle; a report's is named for its job."""
    return f"evidence/{name}.json"


SEAL = "evidence_sha256"
"""A report's metadata: what `seal` gave when its evidence was stored."""


def seal(evidence: str) -> str:
    """SHA-256 of evidence as it is stored, so that what is there later can be told from it."""
    return hashlib.sha256(evidence.encode()).hexdigest()
