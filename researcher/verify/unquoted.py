"""Words of a report that no quote proves: its title, its headings, its open questions.

They are the model's own, so a page could put something into its mouth: such words may state no
figure, lead nowhere, name nobody whom the sources do not know, and carry nothing unreadable.
"""

import re
from collections.abc import Iterable, Sequence

from researcher.sources.source import Source
from researcher.verify.check import states_figures

LONGEST = 200
"""Characters."""

_ADDRESS = re.compile(r"://|\bwww\.|@|\b\d{1,3}(?:\.\d{1,3}){3}\b|\b[\w-]+\.(?:com|net|org|io)\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{9,}|[\w-]{30,}")
_STEM = 5
_CONTENT = 4
"""Letters from which a word is no mere link between others."""


class Vocabulary:
    """The words of a run's subject and sources, known in any form."""

    def __init__(self, subject: str, sources: Iterable[Source]) -> None:
        texts = [subject, *(f"{source.title} {source.text}" for source in sources)]
        self._stems = {stem for text in texts for stem in _stems(text)}
        self._codes = {code for text in texts for code in _CODE.findall(text)}

    def allows(self, text: str) -> bool:
        """Whether a text may stand in a report without a quote."""
        return (
            len(text) <= LONGEST
            and not states_figures(text)
            and not _ADDRESS.search(text)
            and self._codes.issuperset(_CODE.findall(text))
            and self._names_only_known(text)
        )

    def _names_only_known(self, text: str) -> bool:
        """Where every word has a capital, as in some headings, half of them may be new."""
        _, *rest = [*_WORD.findall(text), ""]
        names = [word for word in rest if word[:1].isupper()]
        strange = [name for name in names if not self._stems.issuperset(_stems(name))]
        content = [word for word in _WORD.findall(text) if len(word) >= _CONTENT]
        headline = all(word[0].isupper() for word in content)
        return len(strange) <= (_half(content) if headline else 0)


def _half(words: Sequence[str]) -> int:
    return len(words) // 2


def _stems(text: str) -> set[str]:
    return {word[:_STEM].casefold() for word in _WORD.findall(text)}
