"""The one composition root: settings in, wired services out."""

from alex.errors import Misconfigured
from alex.knowledge import passages
from alex.knowledge.base import KnowledgeBase
from alex.knowledge.ingest import Splitter
from alex.knowledge.search import Search
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings


def wire(settings: Settings) -> Services:
    """Build the services that the settings ask for; adapters are imported only when used."""
    if settings.backend == "local":
        return _local(settings)
    return _aws(settings)


def _local(settings: Settings) -> Services:
    """SQLite and ONNX Runtime under `data_dir`."""
    from alex.local.catalog import SqliteCatalog  # noqa: PLC0415 - only where it is used
    from alex.local.database import Database  # noqa: PLC0415
    from alex.local.embedder import MiniLmEmbedder  # noqa: PLC0415
    from alex.local.index import SqliteIndex  # noqa: PLC0415
    from alex.local.jobs import QueuedLauncher, SqliteJobStore  # noqa: PLC0415
    from alex.local.leases import LockedLeases  # noqa: PLC0415
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
        research=JobService(
            SqliteJobStore(database), QueuedLauncher(), LockedLeases(settings.data_dir / "running")
        ),
        texts=texts,
        embedder=embedder,
        text_search="index",
        close=database.close,
    )


def _aws(settings: Settings) -> Services:
    """The stack's resources; clients are made when first used."""
    from alex.aws.catalog import DynamoCatalog  # noqa: PLC0415 - only where it is used
    from alex.aws.clients import Clients  # noqa: PLC0415
    from alex.aws.jobs import DynamoJobStore  # noqa: PLC0415
    from alex.aws.launcher import LambdaLauncher  # noqa: PLC0415
    from alex.aws.s3 import S3TextStore  # noqa: PLC0415
    from alex.aws.s3_vectors import S3VectorsIndex  # noqa: PLC0415
    from alex.aws.sagemaker import SageMakerEmbedder  # noqa: PLC0415
    from alex.aws.table import DynamoTable  # noqa: PLC0415

    stack = settings.aws
    if stack is None:
        raise Misconfigured("ALEX_BACKEND=aws needs the stack's resources.")
    waits = stack.wait_seconds
    clients = Clients(embedding_concurrency=stack.embedding_concurrency, wait_seconds=waits)
    embedder = SageMakerEmbedder(
        clients,
        stack.embedding_endpoint,
        concurrency=stack.embedding_concurrency,
        wait_seconds=waits,
    )
    index = S3VectorsIndex(
        clients, stack.vector_index, text_search=stack.text_search, wait_seconds=waits
    )
    table = DynamoTable(clients, stack.table)
    catalog = DynamoCatalog(table)
    jobs = DynamoJobStore(table, retention_days=stack.job_retention_days, stack=stack.name)
    texts = S3TextStore(clients, stack.bucket)
    splitter = Splitter(passages.split, passages.VERSION)
    return Services(
        settings=settings,
        knowledge=KnowledgeBase(embedder, index, catalog, texts, splitter),
        search=Search(embedder, index, catalog),
        research=JobService(jobs, LambdaLauncher(clients, stack.researcher_function)),
        texts=texts,
        embedder=embedder,
        text_search=stack.text_search,
        close=clients.close,
    )
