"""Filings of a folder, read as a run reads pages, each with what the offline model writes of it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from alex.knowledge.ports import Embedder
from researcher.facts.indexed_source import IndexedSource
from researcher.llm.offline.extractive import extract_draft
from researcher.prompts import PromptSource, WritingPrompt
from researcher.sources.relevance import Ranker
from researcher.sources.source import Source, text_hash
from researcher.sources.web.extraction import decode, extract_html
from researcher.verify.draft import Placed, placed_claims

SUFFIXES = (".html", ".htm", ".txt", ".md")
SUBJECTS = ("results and outlook", "risks and legal matters", "cash, debt and shares")
"""What reports are asked for; several, so that they say different things of one filing."""

_LONGEST_TITLE = 100

_READ = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
"""Any fixed time: the same folder gives the same table."""


@dataclass(frozen=True, slots=True)
class SampleFiling:
    """A filing as evidence.

    Attributes:
        key: its source's, such as `S1`.
        html: as it was read; empty for a plain text.
    """

    name: str
    indexed: IndexedSource
    html: str

    @property
    def key(self) -> str:
        """Its source's key."""
        return self.indexed.source.key

    @property
    def title(self) -> str:
        """Its source's title."""
        return self.indexed.source.title


def find(folder: Path) -> list[Path]:
    """The files of a folder that can be measured with, in order of name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)


def read(paths: Sequence[Path]) -> Iterator[SampleFiling]:
    """Each file's text with tables, as the run's reader extracts it."""
    for number, path in enumerate(paths, start=1):
        data = path.read_bytes()
        url = f"https://www.example.com/{path.name}"
        html = decode(data) if path.suffix.lower() in {".html", ".htm"} else ""
        page = extract_html(html, url) if html else None
        text = page.text if page else data.decode("utf-8", "replace")
        source = Source(
            key=f"S{number}",
            url=url,
            title=page.title if page else _first_line(text),
            text=text,
            sha256=hashlib.sha256(data).hexdigest(),
            text_sha256=text_hash(text),
            retrieved=_READ,
            via="http",
        )
        yield SampleFiling(path.stem, IndexedSource(source), html)


def _first_line(text: str) -> str:
    """A plain text's title: its first line, unless that is a sentence."""
    line = text.strip().partition("\n")[0].strip("# ")
    return "" if line.endswith(".") or len(line) > _LONGEST_TITLE else line


def written(filing: SampleFiling, embedder: Embedder) -> list[Placed]:
    """What the offline model says of a filing, each statement once."""
    source = filing.indexed.source
    material = PromptSource(source.key, source.title, source.url, "", source.text)
    found: dict[str, Placed] = {}
    for subject in SUBJECTS:
        prompt = WritingPrompt(f"{source.title} {subject}", date(2026, 1, 2), (material,))
        for placed in placed_claims(extract_draft(prompt, Ranker(embedder, prompt.subject))):
            found.setdefault(placed.claim.text, placed)
    return list(found.values())
