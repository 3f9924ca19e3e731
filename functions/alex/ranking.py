"""One score for what vectors and full text propose."""

from collections.abc import Sequence
from dataclasses import dataclass

from alex.documents import Candidate


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score in 0 to 1."""

    candidate: Candidate
    score: float


def rank(question: str, candidates: Sequence[Candidate]) -> list[Ranked]:  # noqa: ARG001
    """The candidates, best first."""
    best = max((c.bm25 or 0.0 for c in candidates), default=0.0) or 1.0
    scored = [
        Ranked(c, 0.5 * min(max(1.0 - c.distance, 0.0), 1.0) + 0.5 * (c.bm25 or 0.0) / best)
        for c in candidates
    ]
    return sorted(scored, key=lambda r: (-r.score, r.candidate.key))
