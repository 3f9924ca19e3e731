"""A research run over the laptop's real stores, quick: its embedder knows words only."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from alex.knowledge import passages
from alex.knowledge.base import KnowledgeBase
from alex.knowledge.ingest import Splitter
from alex.knowledge.search import Search
from alex.local.catalog import SqliteCatalog
from alex.local.database import Database
from alex.local.index import SqliteIndex
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.local.leases import LockedLeases
from alex.local.texts import SqliteTextStore
from alex.research.jobs import Budget, Job, ResearchRequest
from alex.research.service import JobService
from alex.services import Services
from alex.settings import ProviderName, Settings
from researcher.llm.retry import RetryPolicy
from researcher.pipeline.run import run_job
from researcher.verify.bundle import Bundle
from tests.support.fake_openai import MODEL
from tests.support.pages import SITE, Pages
from tests.support.stores import WordEmbedder

START = f"{SITE}/results"
PAGE = (
    "# Northwind results\n\n"
    "Northwind reported revenue of $412.6 million for the second quarter of 2026.\n"
)
PRICES = (Decimal(1), Decimal(2))
"""Dollars a million tokens."""

QUICK = RetryPolicy(timeout=10.0, first=0.001)


def settings_for(
    data_dir: Path,
    provider: ProviderName,
    base_url: str,
    prices: tuple[Decimal, Decimal] | None = PRICES,
) -> Settings:
    """A model at an address, with prices."""
    return Settings(
        backend="local",
        data_dir=data_dir,
        provider=provider,
        model=MODEL,
        model_base_url=base_url,
        model_api_key="a-key",
        model_region="us-east-1",
        model_price=prices,
    )


@contextmanager
def light_services(settings: Settings) -> Iterator[Services]:
    """As `alex.wiring` makes them, but for the embedder."""
    database = Database(settings.data_dir / "alex.db")
    embedder = WordEmbedder()
    index = SqliteIndex(database, embedder.dimension)
    catalog, texts = SqliteCatalog(database), SqliteTextStore(database)
    splitter = Splitter(passages.split, passages.VERSION)
    claims = LockedLeases(settings.data_dir / "running")
    yield Services(
        settings=settings,
        knowledge=KnowledgeBase(embedder, index, catalog, texts, splitter),
        search=Search(embedder, index, catalog),
        research=JobService(SqliteJobStore(database), QueuedLauncher(), claims),
        texts=texts,
        embedder=embedder,
        text_search="index",
        close=database.close,
    )
    database.close()


def request(budget: Budget | None = None) -> ResearchRequest:
    """To research the one page that there is."""
    return ResearchRequest(
        topic="Northwind results", urls=(START,), budget=budget or Budget(usd=1, pages=3)
    )


def research(
    services: Services,
    budget: Budget | None = None,
    retry_policy: RetryPolicy = QUICK,
    pages: Pages | None = None,
) -> Job:
    """Run a job to its end."""
    job = services.research.request(request(budget))
    reader = pages or Pages({START: PAGE})
    ended = asyncio.run(
        run_job(services, job.id, lambda _settings: reader, retry_policy=retry_policy)
    )
    assert ended is not None
    assert reader.closed or not reader.asked
    return ended


def bundle_of(services: Services, job: Job) -> Bundle:
    """The evidence of a job's report."""
    text = services.texts.get(job.evidence_id or "")
    assert text is not None
    return Bundle.model_validate_json(text)


def report_of(services: Services, job: Job) -> str:
    """The text of a job's report."""
    assert job.error is None
    return services.knowledge.get(job.report_id or "")[1]
