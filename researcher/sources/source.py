"""What a run reads: sources kept whole, and what could not be read."""

import hashlib
from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Source(BaseModel):
    """A page or stored document that was read, kept whole.

    Attributes:
        key: how quotes name it: `S1`, `S2`, …
        sha256: of what was fetched, before it became text.
        text_sha256: of `text`, so that a bundle can be checked on its own.
        via: a browser, plain HTTP, the SEC's data as a text of tables, or the knowledge base.
        document_id: where the knowledge base gave it.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    url: str
    title: str
    text: str
    sha256: str
    text_sha256: str
    retrieved: datetime
    via: Literal["browser", "http", "sec data", "knowledge base"]
    published: date | None = None
    media_type: str = "text/plain"
    partial: bool = False
    document_id: str | None = None

    @property
    def is_page(self) -> bool:
        """Whether it was read for this run as a page, which the budget of pages counts."""
        return self.via in {"browser", "http"}


def text_hash(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


class Unread(BaseModel):
    """A page that could not be read."""

    model_config = ConfigDict(frozen=True)

    url: str
    failure: str
    detail: str


class CollectedSources(BaseModel):
    """All that was read, and what was not.

    Attributes:
        links: address and text of each source's links, by its key.
        size: bytes of the pages read.
        attempts: how many pages it was tried to read.
        reached: the caps that kept a page from being read, in words.
    """

    sources: list[Source] = Field(default_factory=list)
    unread: list[Unread] = Field(default_factory=list)
    links: dict[str, list[tuple[str, str]]] = Field(default_factory=dict)
    size: int = 0
    attempts: int = 0
    reached: list[str] = Field(default_factory=list)
