"""The prompts of the agents: the subject, where to start, and the sources as fenced data.

The wording is read by models of every kind: a language model reads it as a prompt, the offline
model parses it. Text of a page stands between fences that hold a hash of it, so a page cannot
write a fence of its own.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from datetime import date

_SUBJECT = re.compile(r"^Subject: (.+)$", re.MULTILINE)
_TICKER = re.compile(r"^Ticker: (\S+)$", re.MULTILINE)
_START = re.compile(r"^Start page: (\S+)$", re.MULTILINE)
_PAGES = re.compile(r"^Pages that may be read: (\d+)$", re.MULTILINE)
_SOURCE = re.compile(
    r"^<<<(?P<fence>source (?P<key>\S+) [0-9a-f]{32})\n(?P<about>[^\n]*)\n"
    r"(?P<text>.*?)\n>>>(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class ReadingPrompt:
    """What the reader is asked to do."""

    subject: str
    urls: tuple[str, ...]
    pages: int
    tickers: tuple[str, ...] = ()

    def render(self) -> str:
        """The prompt's text."""
        lines = [f"Subject: {_line(self.subject)}", f"Pages that may be read: {self.pages}"]
        lines += [f"Ticker: {ticker}" for ticker in self.tickers]
        lines += [f"Start page: {url}" for url in self.urls]
        return "\n".join(lines)

    @classmethod
    def parse(cls, text: str) -> "ReadingPrompt":
        """The prompt that `render` wrote."""
        pages = _PAGES.search(text)
        return cls(
            _subject(text),
            tuple(_START.findall(text)),
            int(pages[1]) if pages else 0,
            tuple(_TICKER.findall(text)),
        )


@dataclass(frozen=True, slots=True)
class PromptSource:
    """A source as the writer gets it: its relevant passages, or all of it.

    Attributes:
        via: how it was read; `sec data` are a company's own figures.
    """

    key: str
    title: str
    url: str
    published: str
    text: str
    via: str = ""


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document the knowledge base already holds on the subject.

    Attributes:
        distance: cosine distance of its best passage to the subject.
    """

    document_id: str
    title: str
    kind: str
    source: str
    published: str
    updated: date
    text: str
    tickers: tuple[str, ...] = ()
    distance: float = 0.0


@dataclass(frozen=True, slots=True)
class WritingPrompt:
    """What the writer is asked to do."""

    subject: str
    today: date
    sources: tuple[PromptSource, ...]
    known: tuple[KnownDocument, ...] = ()

    def render(self) -> str:
        """The prompt's text, with fenced sources."""
        parts = [f"Subject: {_line(self.subject)}", f"Today: {self.today.isoformat()}"]
        if self.known:
            known = json.dumps([_background(item) for item in self.known], ensure_ascii=False)
            parts.append(f"Already known, as background only, never as a source (JSON): {known}")
        parts += [_fenced(source) for source in self.sources]
        return "\n\n".join(parts)

    @classmethod
    def parse(cls, text: str) -> "WritingPrompt":
        """The subject and sources of a rendered prompt."""
        sources = [
            PromptSource(key=found["key"], text=found["text"], **json.loads(found["about"]))
            for found in _SOURCE.finditer(text)
        ]
        return cls(_subject(text), date.min, tuple(sources))


def _fenced(source: PromptSource) -> str:
    values = asdict(source)
    key, text = values.pop("key"), values.pop("text")
    about = json.dumps(values, ensure_ascii=False)
    digest = hashlib.sha256(f"{about}\n{text}".encode()).hexdigest()[:32]
    return f"<<<source {key} {digest}\n{about}\n{text}\n>>>source {key} {digest}"


def _background(known: KnownDocument) -> dict[str, str]:
    return {
        "title": known.title,
        "kind": known.kind,
        "stored": known.updated.isoformat(),
        "text": known.text,
    }


def _subject(text: str) -> str:
    found = _SUBJECT.search(text)
    return found[1] if found else ""


def _line(text: str) -> str:
    return " ".join(text.split())
