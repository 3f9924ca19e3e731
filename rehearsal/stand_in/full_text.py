"""Full-text search over one metadata key: an inverted index ranked by BM25.

AWS names BM25 and leaves its constants, stop words and stemmers unsaid; these are Lucene's usual
constants and Snowball's stemmers. Scores are good for ranking, not for comparing with AWS's.
"""

import math
import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

import snowballstemmer

K1 = 1.2
B = 0.75
BACKFILL_SECONDS = 1.0
"""How long a new configuration is BUILDING before it serves."""

_SNOWBALL = {
    "en": "english",
    "fr": "french",
    "es": "spanish",
    "pt": "portuguese",
    "it": "italian",
    "de": "german",
    "nl": "dutch",
}

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Posting:
    """One vector's text: how often each term stands in it, and its length in terms."""

    terms: Mapping[str, int]
    length: int


class FullTextIndex:
    """The texts of one metadata key, by vector key."""

    def __init__(self, language: str | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.language = language
        self._clock = clock
        self._ready = clock() + BACKFILL_SECONDS
        self._stem = _stemmer(language)
        self._texts: dict[str, Posting] = {}
        self._containing: dict[str, set[str]] = defaultdict(set)
        self._total_length = 0

    @property
    def active(self) -> bool:
        """Whether it serves queries yet."""
        return self._clock() >= self._ready

    def put(self, key: str, value: object) -> None:
        """Index a vector's metadata value; anything but text, and lists of it, has no terms."""
        self.remove(key)
        texts = value if isinstance(value, list) else [value]
        terms = Counter(self._analyse(" ".join(text for text in texts if isinstance(text, str))))
        if not terms:
            return
        posting = Posting(terms, terms.total())
        self._texts[key] = posting
        self._total_length += posting.length
        for term in terms:
            self._containing[term].add(key)

    def remove(self, key: str) -> None:
        """Forget a vector; an unknown one is no error."""
        posting = self._texts.pop(key, None)
        if posting is None:
            return
        self._total_length -= posting.length
        for term in posting.terms:
            self._containing[term].discard(key)

    def search(self, text: str, allowed: Collection[str] | None) -> dict[str, float]:
        """BM25 by vector key, of the vectors that share a term with the text.

        Args:
            text: the question.
            allowed: the vectors that pass the filter; None where there is none.
        """
        scores: dict[str, float] = defaultdict(float)
        for term, times in Counter(self._analyse(text)).items():
            keys = self._containing.get(term, set())
            weight = times * self._rarity(len(keys))
            for key in keys if allowed is None else keys & set(allowed):
                scores[key] += weight * self._saturation(term, self._texts[key])
        return scores

    def _rarity(self, containing: int) -> float:
        return math.log(1 + (len(self._texts) - containing + 0.5) / (containing + 0.5))

    def _saturation(self, term: str, posting: Posting) -> float:
        frequency = posting.terms[term]
        average = self._total_length / len(self._texts)
        return frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * posting.length / average))

    def _analyse(self, text: str) -> Iterable[str]:
        words = _WORD.findall(text.lower())
        return self._stem(words)


def _stemmer(language: str | None) -> Callable[[list[str]], list[str]]:
    """The language's stemmer; words stay as they are where Snowball has none."""
    algorithm = _SNOWBALL.get(language or "")
    if algorithm is None:
        return lambda words: words
    stemmer = snowballstemmer.stemmer(algorithm)
    return lambda words: list(stemmer.stemWords(words))
