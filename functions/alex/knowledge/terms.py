"""The wording of questions and passages: the terms that full text compares."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from functools import lru_cache

from snowballstemmer import stemmer

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_PART = re.compile(r"[^\W_]+")

_BEGINNING = 2
"""Letters that stemming leaves alone, but for a handful of words such as `dying`."""

COMMON = frozenset(
    _WORD.findall(
        "a about an and any are as at be been but by can could did do does for from had has "
        "have how i if in into is it its me my of on or our s should t than that the their them "
        "there these they this those to was we were what when where which who why will with "
        "would you your"
    )
)
"""Words that stand in most passages: costly to look up, and they decide nothing."""


def terms(text: str) -> list[str]:
    """What to look up for a question: each term once, in order, without common words.

    A figure is a term as a whole (`28.8`, a phrase to full text) and in its parts, for documents
    write it in other ways. A word that runs into a number (`fy2018`) is a term in its parts, too.
    Only where a question has nothing but common words are they kept.
    """
    found = list(dict.fromkeys(_spelled(_folded(text))))
    return [term for term in found if term not in COMMON] or found


def stems(text: str) -> frozenset[str]:
    """The stems of the text's terms, common ones left out."""
    return frozenset(_stem(term) for term in set(_spelled(_folded(text))) - COMMON)


def shared_stems(text: str, wanted: Collection[str]) -> frozenset[str]:
    """Which of the wanted stems the text has; stemming only words that begin like one of them."""
    beginnings = {stem[:_BEGINNING] for stem in wanted}
    return frozenset(
        stem
        for word in set(_spelled(_folded(text)))
        if word[:_BEGINNING] in beginnings and (stem := _stem(word)) in wanted
    )


def occurrences(text: str, wanted: Collection[str]) -> tuple[Counter[str], int]:
    """How often the text has each wanted stem, and how many words it has in all."""
    beginnings = {stem[:_BEGINNING] for stem in wanted}
    words = list(_spelled(_folded(text)))
    found = (_stem(word) for word in words if word[:_BEGINNING] in beginnings)
    return Counter(stem for stem in found if stem in wanted), len(words)


def unaccented(text: str) -> str:
    """The text in base letters: without accents, ligatures and the like."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _spelled(text: str) -> Iterator[str]:
    for match in _WORD.finditer(text):
        word = match.group()
        yield word
        if word.isalpha():
            continue
        parts = _PART.findall(word)
        if len(parts) == 1:
            parts = [run for run in _RUN.findall(word) if len(run) > 1 and run != word]
        if parts != [word]:
            yield from parts


def _folded(text: str) -> str:
    return unaccented(text).lower()


@lru_cache(maxsize=100_000)
def _stem(word: str) -> str:
    stemmed: str = stemmer("english").stemWord(word)  # one of its own: it is not thread-safe
    return stemmed
