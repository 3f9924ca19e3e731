"""The one composition root: settings in, wired services out."""

from dataclasses import dataclass

from alex.errors import Misconfigured
from alex.knowledge import KnowledgeBase
from alex.ports import Embedder, TextStore
from alex.research import ResearchDesk
from alex.search import Search
from alex.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler, the researcher or the laptop needs."""

    settings: Settings
    knowledge: KnowledgeBase
    search: Search
    research: ResearchDesk
    texts: TextStore
    embedder: Embedder


def wire(settings: Settings) -> Services:
    """Build the services that the settings ask for; adapters are imported only when used."""
    if settings.backend == "local":
        return _local(settings)
    raise Misconfigured(f"ALEX_BACKEND={settings.backend} is not available in this build.")
