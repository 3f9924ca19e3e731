"""What a ranking is worth, with binary relevance as TREC counts it."""

import math
from collections.abc import Callable, Collection, Sequence
from statistics import fmean

type Ranking = Sequence[str]
"""Document ids, best first, each once."""


def recall(ranking: Ranking, relevant: Collection[str], k: int) -> float:
    """The share of the relevant documents that is among the first k."""
    return len(set(ranking[:k]) & set(relevant)) / len(relevant)


def reciprocal_rank(ranking: Ranking, relevant: Collection[str], k: int) -> float:
    """One over the rank of the first relevant document; 0 beyond k."""
    ranks = (rank for rank, document in enumerate(ranking[:k], 1) if document in relevant)
    return 1 / next(ranks, math.inf)


def ndcg(ranking: Ranking, relevant: Collection[str], k: int) -> float:
    """Gain discounted by log2 of rank + 1, as a share of the best possible."""
    gain = sum(_discount(r) for r, d in enumerate(ranking[:k], 1) if d in relevant)
    return gain / sum(_discount(rank) for rank in range(1, min(k, len(relevant)) + 1))


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


_MEASURES: dict[str, tuple[Callable[[Ranking, Collection[str], int], float], int]] = {
    "recall@1": (recall, 1),
    "recall@5": (recall, 5),
    "recall@10": (recall, 10),
    "mrr@10": (reciprocal_rank, 10),
    "ndcg@10": (ndcg, 10),
}


def evaluate(rankings: Sequence[Ranking], relevant: Sequence[Collection[str]]) -> dict[str, float]:
    """Every measure, averaged over the questions."""
    return {
        name: fmean(
            measure(ranking, answers, k)
            for ranking, answers in zip(rankings, relevant, strict=True)
        )
        for name, (measure, k) in _MEASURES.items()
    }
