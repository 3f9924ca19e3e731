"""One score for what vectors and full text propose, the same on every backend.

    score   = belief · fused
    fused   = w · wording + (1 - w) · meaning
    wording = mean of BM25 and coverage, each as a share of the best candidate's
    meaning = nearness to the question, and how far the document's title is what it names
    w       = sigmoid(STEEPNESS · (best coverage - MIDDLE))

Coverage is the share of the question's words that a passage has, rare words counting more. Where
some passage covers much of the question, the question quotes what it looks for, and wording finds
it best; where none does, it paraphrases, and meaning does. `belief` is how much of the question
the best candidate answers at all, so that scores of different questions can be compared.

The numbers were chosen on three sets of questions (`benchmarks/retrieval`), where they lie on a
plateau: a third more or less of any of them costs 0.01 of nDCG@10, a lower MIDDLE up to 0.03.
"""

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from alex.knowledge.documents import Candidate
from alex.knowledge.terms import shared_stems, stems

STEEPNESS = 6.0
MIDDLE = 0.4
"""Best coverage at which wording and meaning weigh the same."""

FARTHEST = 0.35
"""Cosine by which a passage may be farther than the nearest before nearness counts nothing."""

TITLE_WEIGHT = 0.4
"""Of the title, beside a weight of 1 for nearness."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score in 0 to 1."""

    candidate: Candidate
    score: float


def rank(
    question: str, candidates: Sequence[Candidate], titles: Mapping[str, str | None]
) -> list[Ranked]:
    """The candidates, best first; `titles` has those of their documents by id."""
    if not candidates:
        return []
    asked = stems(question)
    coverage = _coverages(asked, [shared_stems(c.passage.embedded_text, asked) for c in candidates])
    nearness = [_unit(1.0 - c.distance) for c in candidates]
    best_coverage, best_nearness = max(coverage), max(nearness)
    named = _named(asked, candidates, titles)
    weight = 1.0 / (1.0 + math.exp(-STEEPNESS * (best_coverage - MIDDLE)))
    belief = weight * best_coverage + (1.0 - weight) * best_nearness

    bm25_shares = _shares([c.bm25 or 0.0 for c in candidates])
    coverage_shares = _shares(coverage)
    title_shares = _shares([named[c.document_id] for c in candidates])
    ranked = []
    for i, candidate in enumerate(candidates):
        wording = (bm25_shares[i] + coverage_shares[i]) / 2
        near = _unit(1.0 - (best_nearness - nearness[i]) / FARTHEST)
        meaning = (near + TITLE_WEIGHT * title_shares[i]) / (1.0 + TITLE_WEIGHT)
        ranked.append(Ranked(candidate, belief * (weight * wording + (1.0 - weight) * meaning)))
    return sorted(ranked, key=_order)


def _named(
    asked: frozenset[str], candidates: Sequence[Candidate], titles: Mapping[str, str | None]
) -> dict[str, float]:
    """How much of the question each document's title has, by document id."""
    documents = sorted({c.document_id for c in candidates})
    found = [shared_stems(titles.get(document) or "", asked) for document in documents]
    return dict(zip(documents, _coverages(asked, found), strict=True))


def _coverages(asked: Collection[str], found: Sequence[Collection[str]]) -> list[float]:
    """Each set's share of the asked stems; the fewer sets have a stem, the more it counts.

    Rarity is measured among the candidates, for not every index tells it of all its passages.
    """
    holders = Counter(stem for one in found for stem in one)
    rarity = {
        stem: math.log(1 + (len(found) - holders[stem] + 0.5) / (holders[stem] + 0.5))
        for stem in asked
    }
    whole = math.fsum(rarity.values())  # exact, whatever the order of a set
    return [math.fsum(rarity[s] for s in one) / whole if whole else 0.0 for one in found]


def _shares(values: Sequence[float]) -> list[float]:
    best = max(values)
    return [max(value, 0.0) / best if best > 0 else 0.0 for value in values]


def _unit(value: float) -> float:
    return min(max(value, 0.0), 1.0)


def _order(ranked: Ranked) -> tuple[float, float, str, int]:
    """Best first; equal ones always in the same order."""
    candidate = ranked.candidate
    return -ranked.score, candidate.distance, candidate.document_id, candidate.passage.ordinal
