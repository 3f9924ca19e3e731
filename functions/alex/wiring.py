"""The one composition root: settings in, wired services out."""

from collections.abc import Callable
from dataclasses import dataclass

from alex import passages
from alex.errors import Misconfigured
from alex.knowledge import KnowledgeBase, Splitter
from alex.ports import Embedder, TextStore
from alex.research import ResearchDesk
from alex.search import Search
from alex.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a handler, the researcher or the laptop needs.

    Attributes:
        close: releases files and connections, where a process outlives its services.
    """

    settings: Settings
    knowledge: KnowledgeBase
    search: Search
    research: ResearchDesk
    texts: TextStore
    embedder: Embedder
    close: Callable[[], None]


def wire(settings: Settings) -> Services:
    """Build the services that the settings ask for; adapters are imported only when used."""
    if settings.backend == "local":
        return _local(settings)
    raise Misconfigured(f"ALEX_BACKEND={settings.backend} is not available in this build.")


def _local(settings: Settings) -> Services:
    """SQLite and ONNX Runtime under `data_dir`; needs the packages of the laptop group."""
    from alex.local.catalog import SqliteCatalog  # noqa: PLC0415 - only where it is used
    from alex.local.database import Database  # noqa: PLC0415
    from alex.local.embedder import MiniLmEmbedder  # noqa: PLC0415
    from alex.local.index import SqliteIndex  # noqa: PLC0415
    from alex.local.jobs import QueuedLauncher, SqliteJobStore  # noqa: PLC0415
    from alex.local.texts import SqliteTextStore  # noqa: PLC0415

    database = Database(settings.data_dir / "alex.db")
    embedder = MiniLmEmbedder()
    index = SqliteIndex(database, embedder.dimension)
    catalog = SqliteCatalog(database)
    texts = SqliteTextStore(database)
    splitter = Splitter(passages.split, passages.VERSION)
    return Services(
        settings=settings,
        knowledge=KnowledgeBase(embedder, index, catalog, texts, splitter),
        search=Search(embedder, index, catalog),
        research=ResearchDesk(SqliteJobStore(database), QueuedLauncher()),
        texts=texts,
        embedder=embedder,
        close=database.close,
    )
