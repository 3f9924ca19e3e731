"""A report without a language model: sentences and table rows of the sources, chosen and arranged.

Nothing is worded anew but table cells, which take name, period and scale from their table. So the
result is as true as its sources, and reads like them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from alex.knowledge.documents import Vector
from researcher.facts.numbers import Amount, mentions
from researcher.llm.offline import sec_figures
from researcher.llm.offline.growth import changes
from researcher.llm.offline.key_figures import MOST_ROWS, key_figures, row_claim
from researcher.llm.offline.risks_and_outlook import OUTLOOK, RISK, SourceSentence, sentences_on
from researcher.llm.offline.sentences import Sentence, sentences
from researcher.prompts import PromptSource, WritingPrompt
from researcher.sources.relevance import Ranker, similarity
from researcher.verify.check import states_figures
from researcher.verify.draft import Claim, Draft, KeyFigure, Quote, Section

CHANGES = "Changes on the year"
"""Heading of what is calculated from the key figures."""

_MOST_CHANGES = 8
_SUMMARY = 3
_MOST_CLAIMS = 18
_MOST_IN_SECTION = 6
_CONSIDERED = 600
_LEAST_NEAR = 0.15
_VARIETY = 0.25
"""Weight of being unlike what is already chosen, against being worth telling."""

_ALIKE, _SIMILAR = 0.93, 0.70
"""Cosines from which two sentences say the same, and are on the same thing."""

_FIGURED = 0.10
"""What a measured figure adds to a sentence's worth in the summary."""

_LEAD, _ARTICLE = 2_000, 40_000
"""Characters: the first lines of an article or press release say what it is about."""

_RESULT = re.compile(
    r"\b(?:increas|decreas|grew|rose|fell|declin|compared|total|record|driven|primarily|expect"
    r"|announc|approv|elect|launch|guidance|outlook)\w*",
    re.IGNORECASE,
)
_GENERIC = re.compile(r"\b(?:may|might|could|can|would)\b", re.IGNORECASE)
_MINOR_OPENING = re.compile(
    r"(?:However|Additionally|Further|Furthermore|Moreover|Also|In addition|As a result|For example"
    r"|In particular|Other)\b"
)
_MEASURE = re.compile(r"[$€£¥]\s?\d|\d\s?(?:%|percent|million|billion)|\d,\d{3}")
_HEADLINES = (
    (
        re.compile(r"(?:total (?:net )?)?(?:net )?(?:revenues?|sales)\b", re.IGNORECASE),
        re.compile(
            r"(?:\btotal (?:net )?(?:revenues?|sales)|\bnet sales|(?:^|\. )Revenue)\b"
            r"[^.%]{0,120}\b(?:was|were|of|to)\b \$",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"net (?:income|loss|earnings)\b(?!.*per share)", re.IGNORECASE),
        re.compile(r"\bnet (?:income|loss|earnings)\b[^.]{0,120}\$", re.IGNORECASE),
    ),
)
"""Names of the figures a summary opens with, and how a sentence states them."""

_NUMBER = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True)
class _Candidate:
    source: PromptSource
    sentence: Sentence
    vector: Vector
    worth: float


def extract_draft(prompt: WritingPrompt, ranker: Ranker) -> Draft:
    """A draft from the sources' own words; figures first from what companies filed as data."""
    data = [source for source in prompt.sources if source.via == sec_figures.VIA]
    pages = replace(prompt, sources=tuple(s for s in prompt.sources if s.via != sec_figures.VIA))
    found = _source_sentences(pages)
    chosen = _choose(_candidates(found, ranker))
    lead = _lead(chosen)
    placed: list[SourceSentence] = [(c.source, c.sentence) for c in lead]
    risks = sentences_on(RISK, [item for item in found if item not in placed], ranker)
    placed += risks
    watch = sentences_on(OUTLOOK, [item for item in found if item not in placed], ranker)
    placed += watch
    figures = _all_key_figures(pages, ranker, headlines=not data)
    headline_claims = _headlines(figures, lead) if not data else sec_figures.headlines(data)
    changed = [*sec_figures.on_the_year(data), *changes(figures)]
    on_the_year = [claim for claim in changed if claim not in headline_claims]
    return Draft(
        title=_title(prompt.subject),
        summary=[*headline_claims, *(_claim(candidate) for candidate in lead)],
        key_figures=[*sec_figures.figures(data), *figures],
        sections=[
            *_sections(
                [c for c in chosen if (c.source, c.sentence) not in placed],
                several=len(prompt.sources) > 1,
            ),
            *(
                [Section(heading=CHANGES, claims=on_the_year[:_MOST_CHANGES])]
                if on_the_year
                else ()
            ),
            *sec_figures.sections(data),
        ],
        risks=[_quoted(item) for item in risks],
        watch=[_quoted(item) for item in watch],
        open_questions=[],
    )


def _lead(chosen: Sequence[_Candidate]) -> list[_Candidate]:
    """The sentences most worth telling, those with figures rather than without."""

    def value(candidate: _Candidate) -> float:
        return candidate.worth + _FIGURED * bool(_MEASURE.search(candidate.sentence.plain))

    return sorted(chosen, key=value, reverse=True)[:_SUMMARY]


def _headlines(figures: Sequence[KeyFigure], lead: Sequence[_Candidate]) -> list[Claim]:
    """Revenue and net income from the tables, where no sentence of the summary states them."""
    said = " ".join(candidate.sentence.plain for candidate in lead)
    claims = []
    for name, in_words in _HEADLINES:
        rows = [figure for figure in figures if name.match(figure.name)]
        if rows and not in_words.search(said):
            row = [figure for figure in rows if figure.name == rows[0].name]
            claims.append(next(iter(changes(row)), row_claim(row)))
    return claims


def _source_sentences(prompt: WritingPrompt) -> list[SourceSentence]:
    """Every sentence of the pages that can stand alone, each once."""
    seen: set[str] = set()
    pairs: list[SourceSentence] = []
    for source in prompt.sources:
        for sentence in sentences(source.text):
            if sentence.plain not in seen:
                seen.add(sentence.plain)
                pairs.append((source, sentence))
    return pairs


def _candidates(pairs: Sequence[SourceSentence], ranker: Ranker) -> list[_Candidate]:
    """Sentences worth telling, with their worth: nearness to the subject, figures, results."""
    listed = ranker.shortlist([_in_context(s, t) for t, s in pairs], _CONSIDERED)
    texts = [_in_context(pairs[i][1], pairs[i][0]) for i in listed]
    near = ranker.scores(texts)
    return [
        _Candidate(*pairs[index], vector, _worth(pairs[index], score, ranker))
        for index, score, vector in zip(listed, near, ranker.vectors(texts), strict=True)
        if score >= _LEAST_NEAR
    ]


def _in_context(sentence: Sentence, source: PromptSource) -> str:
    return f"{source.title}. {sentence.heading}: {sentence.plain}"


def _worth(pair: SourceSentence, near: float, ranker: Ranker) -> float:
    source, sentence = pair
    text = sentence.plain
    figures = bool(_NUMBER.search(text))
    results = bool(_RESULT.search(text))
    return (
        near
        + 0.25 * ranker.overlap(text)
        + 0.10 * figures
        + 0.10 * results
        + 0.10 * (sentence.position < _LEAD and len(source.text) < _ARTICLE)
        - 0.15 * bool(_GENERIC.search(text))
        - 0.10 * bool(_MINOR_OPENING.match(text))
    )


def _choose(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The best, each unlike those before it (maximal marginal relevance)."""
    left = list(candidates)
    closest = [0.0] * len(left)
    chosen: list[_Candidate] = []
    while left and len(chosen) < _MOST_CLAIMS:
        value = [c.worth - _VARIETY * near for c, near in zip(left, closest, strict=True)]
        best = max(range(len(left)), key=lambda i: value[i])
        pick = left.pop(best)
        closest.pop(best)
        chosen.append(pick)
        closest = [
            max(near, similarity(pick.vector, c.vector))
            for c, near in zip(left, closest, strict=True)
        ]
        kept = [i for i, other in enumerate(left) if not _says_the_same(pick, other)]
        left, closest = [left[i] for i in kept], [closest[i] for i in kept]
    return chosen


def _says_the_same(one: _Candidate, other: _Candidate) -> bool:
    """Nearly the same words with the same figures, or similar words with no figure of its own."""
    near = similarity(one.vector, other.vector)
    if near < _SIMILAR:
        return False
    if near >= _ALIKE and _numbers(one) == _numbers(other):
        return True
    amounts = _amounts(other)
    return bool(amounts) and amounts <= _amounts(one)


def _numbers(candidate: _Candidate) -> list[str]:
    return _NUMBER.findall(candidate.sentence.text)


def _amounts(candidate: _Candidate) -> set[tuple[Decimal, str]]:
    found = mentions(candidate.sentence.plain)
    return {(m.value, m.unit) for m in found if isinstance(m, Amount) and m.unit}


def _sections(chosen: Sequence[_Candidate], *, several: bool) -> list[Section]:
    """Sentences under the headings of their pages, in the order of the pages."""
    groups: dict[str, list[_Candidate]] = {}
    for candidate in sorted(chosen, key=lambda c: (c.source.key, c.sentence.position)):
        groups.setdefault(_heading(candidate, several=several), []).append(candidate)
    return [
        Section(heading=heading, claims=[_claim(c) for c in members[:_MOST_IN_SECTION]])
        for heading, members in groups.items()
    ]


def _heading(candidate: _Candidate, *, several: bool) -> str:
    heading = candidate.sentence.heading
    fallback = candidate.source.title or "Findings"
    if states_figures(fallback):
        fallback = "Findings"
    if not heading or states_figures(heading):
        return fallback if several else "Findings"
    return heading


def _claim(candidate: _Candidate) -> Claim:
    return _quoted((candidate.source, candidate.sentence))


def _quoted(found: SourceSentence) -> Claim:
    source, sentence = found
    return Claim(text=sentence.plain, quotes=[Quote(source=source.key, text=sentence.text)])


def _all_key_figures(prompt: WritingPrompt, ranker: Ranker, *, headlines: bool) -> list[KeyFigure]:
    figures: list[KeyFigure] = []
    seen: set[tuple[str, str]] = set()
    for source in prompt.sources:
        for figure in key_figures(source.text, source.key, ranker, headlines=headlines):
            name = (figure.name, figure.period)
            if name not in seen and len({f.name for f in figures} | {figure.name}) <= MOST_ROWS:
                seen.add(name)
                figures.append(figure)
    return figures


def _title(subject: str) -> str:
    """The subject as a heading."""
    line = " ".join(subject.split()).rstrip(".")
    return line[:1].upper() + line[1:]
