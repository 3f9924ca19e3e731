"""BM25 over a handful of texts, for an index that has no full text of its own.

Words, stems and formula are those of SQLite's FTS5 with `porter unicode61`, so that scores of
both backends mean the same; only the statistics differ, being those of the texts at hand.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import snowballstemmer

K1 = 1.2
B = 0.75

_WORD = re.compile(r"[^\W_]+")
_stemmer = snowballstemmer.stemmer("porter")


def words(text: str) -> list[str]:
    """The words of a text, without case and accents."""
    if not text.isascii():
        apart = unicodedata.normalize("NFKD", text)
        text = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _WORD.findall(text.lower())


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What the forms of an English word have in common; other words as they are."""
    return str(_stemmer.stemWord(word))


def scores(question: str, texts: Sequence[str]) -> list[float]:
    """The BM25 score of every text, higher being better; 0 where it has no word of the question."""
    terms = {stem(word) for word in words(question)}
    # Stemming changes neither of a word's first two letters, and is most of the work.
    beginnings = {term[:2] for term in terms}
    counts: list[Counter[str]] = []
    lengths: list[int] = []
    for text in texts:
        found = words(text)
        lengths.append(len(found))
        stems = (stem(word) for word in found if word[:2] in beginnings)
        counts.append(Counter(one for one in stems if one in terms))
    mean_length = sum(lengths) / max(len(lengths), 1) or 1.0
    weights = {term: _idf(len(texts), sum(term in c for c in counts)) for term in terms}
    return [
        sum(
            weights[term] * times * (K1 + 1) / (times + K1 * (1 - B + B * length / mean_length))
            for term, times in count.items()
        )
        for count, length in zip(counts, lengths, strict=True)
    ]


def _idf(texts: int, having: int) -> float:
    """What a term tells; next to nothing where half of the texts have it."""
    return max(math.log((texts - having + 0.5) / (having + 0.5)), 1e-6)
