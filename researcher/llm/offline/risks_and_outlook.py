"""What may go wrong, and what would change the view: the sources' own sentences, by their meaning.

Each topic is described in a few words. A sentence belongs to it where it says such things and its
embedding is near one of the descriptions; nothing is worded anew, and where no sentence is near,
nothing is said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alex.knowledge.documents import Vector
from researcher.llm.offline.sentences import Sentence
from researcher.prompts import PromptSource
from researcher.sources.relevance import Ranker, similarity

_MOST = 6
_CONSIDERED = 160
_ALIKE = 0.80
"""Cosine from which a second sentence adds nothing to the first."""

_SUBJECT = 0.3
"""Weight of being near the subject, too, and against being about the past only."""

_FIGURED, _HEADED = 0.06, 0.10
"""What a figure adds, for it can be watched, and a heading that announces the topic."""

_PAST = "Results of the past period compared with a year earlier"
_FIGURE = re.compile(r"\d")
_EMPTY = re.compile(
    r"not presently known|estimates and assumptions|these risks|based on our best estimate"
    r"|vigorously defend|risk factors|materially different from what|may differ from",
    re.IGNORECASE,
)
"""Of every company's report, and so of none's."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What to look for.

    Attributes:
        descriptions: what such a sentence is about.
        words: one of these is in it, or the heading over it announces it.
        heading: announces it.
        nearest: cosine to a description from which a sentence belongs to it.
    """

    descriptions: tuple[str, ...]
    words: re.Pattern[str]
    heading: re.Pattern[str]
    nearest: float


RISK = Topic(
    (
        "A risk that could harm the company's business, results or cash flow",
        "Dependence on a few customers, on a single supplier or on scarce parts",
        "Competition, regulation, tariffs, export controls or litigation may hurt sales",
        "Growth is slowing, demand is weakening or costs are rising",
    ),
    re.compile(
        r"\b(?:risk|advers|harm|depend|uncertain|shortage|delay|compet|tariff|restrict|litigat"
        r"|lawsuit|regulat|may not|might|could|not expected|supplier|weak|slow|declin|impair"
        r"|default|volatil|disrupt|pressure)\w*",
        re.IGNORECASE,
    ),
    re.compile(r"\brisks?\b|\buncertaint", re.IGNORECASE),
    0.38,
)
OUTLOOK = Topic(
    (
        "The company expects revenue, margin or spending within a range next quarter or year",
        "Guidance and outlook for the coming quarter or the full year",
        "Plans with a date: a new plant, a product launch, an acquisition, a decision that is due",
        "A change in exchange rates or prices would raise or lower results by an amount",
    ),
    re.compile(
        r"\b(?:expect|guidance|outlook|anticipat|forecast|plan(?:s|ned)?\b|target|intend|will\b"
        r"|would\b|scheduled|subject to)\w*",
        re.IGNORECASE,
    ),
    re.compile(r"\boutlook\b|\bguidance\b|\bforecast|\bexpectations?\b", re.IGNORECASE),
    0.36,
)


type SourceSentence = tuple[PromptSource, Sentence]
"""A sentence and where it stands."""


def sentences_on(
    topic: Topic, candidates: Sequence[SourceSentence], ranker: Ranker
) -> list[SourceSentence]:
    """The sentences that say most on a topic, none like another, in the order of the sources."""
    fitting = [item for item in candidates if _fits(topic, item[1])]
    listed = [fitting[i] for i in ranker.shortlist([_worded(t) for t in fitting], _CONSIDERED)]
    texts = [_worded(item) for item in listed]
    near, vectors = ranker.scores(texts), ranker.vectors(texts)
    past, *about = ranker.vectors([_PAST, *topic.descriptions])
    ranked = []
    for item, vector, to_subject in zip(listed, vectors, near, strict=True):
        announced = _HEADED * _headed(topic, item[1])
        best = max(similarity(vector, description) for description in about) + announced
        if best >= topic.nearest:
            telling = _FIGURED * bool(_FIGURE.search(item[1].plain))
            to_past = similarity(vector, past)
            ranked.append((best + telling + _SUBJECT * (to_subject - to_past), vector, item))
    ranked.sort(key=lambda entry: -entry[0])
    chosen = _unlike([(vector, item) for _, vector, item in ranked])
    return [item for item in candidates if item in chosen]


def _unlike(ranked: Sequence[tuple[Vector, SourceSentence]]) -> list[SourceSentence]:
    chosen: list[tuple[Vector, SourceSentence]] = []
    for vector, item in ranked:
        if len(chosen) < _MOST and all(similarity(vector, c) < _ALIKE for c, _ in chosen):
            chosen.append((vector, item))
    return [item for _, item in chosen]


def _fits(topic: Topic, sentence: Sentence) -> bool:
    said = topic.words.search(sentence.plain) or _headed(topic, sentence)
    return bool(said) and not _EMPTY.search(sentence.plain)


def _headed(topic: Topic, sentence: Sentence) -> bool:
    return bool(topic.heading.search(sentence.heading))


def _worded(found: SourceSentence) -> str:
    return f"{found[1].heading}: {found[1].plain}"
