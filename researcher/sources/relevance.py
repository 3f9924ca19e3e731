"""Which passages, sentences and links have to do with the subject of a run."""

import re
from collections import Counter
from collections.abc import Sequence
from math import fsum
from operator import mul

from alex.knowledge import passages
from alex.knowledge.documents import Span, Vector
from alex.knowledge.ports import Embedder

GAP = "\n[…]\n"
"""Stands in an excerpt where text was left out."""

_SHORTLIST = 48
"""Passages of a long text that are embedded; wording picks them."""

_WORD = re.compile(r"[a-z]{3,}|\d+")


class Ranker:
    """Scores texts by nearness to a subject; a text is embedded once."""

    def __init__(self, embedder: Embedder, subject: str) -> None:
        self._embedder = embedder
        self._words = set(_words(subject))
        self._vectors: dict[str, Vector] = {}
        self._subject = subject

    def scores(self, texts: Sequence[str]) -> list[float]:
        """Cosine similarity of each text to the subject, -1 to 1."""
        subject, *vectors = self.vectors([self._subject, *texts])
        return [similarity(subject, vector) for vector in vectors]

    def vectors(self, texts: Sequence[str]) -> list[Vector]:
        """The texts' embeddings."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self._embedder.embed(missing), strict=True))
        return [self._vectors[text] for text in texts]

    def overlap(self, text: str) -> float:
        """The share of the subject's words that the text holds, 0 to 1; costs no embedding."""
        if not self._words:
            return 0.0
        return len(self._words & set(_words(text))) / len(self._words)

    def shortlist(self, texts: Sequence[str], size: int) -> list[int]:
        """Positions of the texts that share most wording with the subject, in order."""
        if len(texts) <= size:
            return list(range(len(texts)))
        common = Counter(word for text in texts for word in set(_words(text)) & self._words)
        worth = [  # an exact sum: the order of a set is another in each process
            fsum(1.0 / common[word] for word in set(_words(text)) & self._words) for text in texts
        ]
        best = sorted(range(len(texts)), key=lambda i: (-worth[i], i))[:size]
        return sorted(best)


def similarity(one: Vector, other: Vector) -> float:
    """The cosine of two unit vectors."""
    return float(sum(map(mul, one, other)))


def excerpt(text: str, title: str, ranker: Ranker, characters: int) -> str:
    """The passages that matter most to the subject, in their order, within a size."""
    if len(text) <= characters:
        return text
    pieces = passages.split(text, title)
    listed = ranker.shortlist([piece.embedded_text for piece in pieces], _SHORTLIST)
    if 0 not in listed:
        listed.insert(0, 0)
    scores = ranker.scores([pieces[i].embedded_text for i in listed])
    chosen: set[int] = set()
    room = characters
    for _, index in sorted(zip(scores, listed, strict=True), reverse=True):
        size = len(pieces[index].text) + len(GAP)
        if size <= room:
            chosen.add(index)
            room -= size
    return _joined(text, [pieces[i].span for i in sorted(chosen)])


def _joined(text: str, spans: Sequence[Span]) -> str:
    """The spans' text; neighbours run on, gaps are marked."""
    parts: list[str] = []
    end = 0
    for span in spans:
        if span.start > end and text[end : span.start].strip():
            parts.append(GAP)
        parts.append(text[max(span.start, end) : span.end])
        end = max(end, span.end)
    return "".join(parts).removeprefix(GAP)


def _words(text: str) -> list[str]:
    """Words cut to their stem's length, so that forms of one word meet."""
    return [word[:6].rstrip("s") for word in _WORD.findall(text.lower())]
