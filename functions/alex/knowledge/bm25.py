"""BM25 over a handful of texts, for an index that has no full text of its own.

The formula is that of SQLite's FTS5; the statistics are those of the texts at hand.
"""

import math
from collections.abc import Sequence

from alex.knowledge.terms import occurrences, stems

K1 = 1.2
B = 0.75


def scores(question: str, texts: Sequence[str]) -> list[float]:
    """The BM25 score of every text, higher being better; 0 where it has no word of the question."""
    wanted = stems(question)
    counted = [occurrences(text, wanted) for text in texts]
    mean_length = sum(length for _, length in counted) / max(len(counted), 1) or 1.0
    holders = {stem: sum(stem in counts for counts, _ in counted) for stem in wanted}
    weights = {stem: _idf(len(texts), having) for stem, having in holders.items()}
    return [
        sum(
            weights[stem] * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean_length))
            for stem, times in counts.items()
        )
        for counts, length in counted
    ]


def _idf(texts: int, having: int) -> float:
    """The weight of a stem; next to nothing where half of the texts have it."""
    return max(math.log((texts - having + 0.5) / (having + 0.5)), 1e-6)
