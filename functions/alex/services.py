"""Everything a handler, the researcher or the laptop works with, as `alex.wiring` builds it."""

from collections.abc import Callable
from dataclasses import dataclass

from alex.knowledge.base import KnowledgeBase
from alex.knowledge.ports import Embedder, TextStore
from alex.knowledge.search import Search
from alex.research.service import JobService
from alex.settings import Settings, TextSearch


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler, the researcher or the laptop needs.

    Attributes:
        text_search: who scores wording: the index, or this code over the nearest passages.
        close: releases files and connections, where a process outlives its services.
    """

    settings: Settings
    knowledge: KnowledgeBase
    search: Search
    research: JobService
    texts: TextStore
    embedder: Embedder
    text_search: TextSearch
    close: Callable[[], None]
