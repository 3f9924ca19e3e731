"""The backends that the suite holds to the docstrings of `alex.ports`.

To add one, write a generator that yields a `Backend` with empty stores and register it with
`@backend("name")`; every contract test then runs against it, too.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from alex.aws.catalog import DynamoCatalog
from alex.aws.jobs import DynamoJobStore
from alex.aws.s3 import S3TextStore
from alex.aws.s3_vectors import S3VectorsIndex
from alex.aws.table import DynamoTable
from alex.knowledge.ports import Catalog, TextStore, VectorIndex
from alex.local.catalog import SqliteCatalog
from alex.local.database import Database
from alex.local.index import SqliteIndex
from alex.local.jobs import SqliteJobStore
from alex.local.texts import SqliteTextStore
from alex.research.ports import JobStore
from tests.support.aws_stack import make_stack, shared_stand_in

DIMENSION = 384
"""Of the vectors that the tests put into an index."""

FOREIGN_CURSORS = [
    *("", "x", "%%%", "é", "a b", "bm90IGpzb24", "WzFd", "W10", "e30", "eyJhIjoxfQ"),
    base64.urlsafe_b64encode(b'["\\ud800", "a"]').decode(),
    base64.urlsafe_b64encode(b"[" * 3_000).decode(),
    base64.urlsafe_b64encode(b'["a", "b", "c"]').decode(),
    "A" * 100_000,
]
"""Texts that no listing gave out."""


@dataclass(frozen=True)
class Backend:
    """One backend's stores, empty."""

    index: VectorIndex
    catalog: Catalog
    texts: TextStore
    jobs: JobStore


BACKENDS: dict[str, Callable[[Path], Iterator[Backend]]] = {}


def backend(
    name: str,
) -> Callable[[Callable[[Path], Iterator[Backend]]], Callable[[Path], Iterator[Backend]]]:
    """Register a generator of a backend; it gets a folder for its files."""

    def register(make: Callable[[Path], Iterator[Backend]]) -> Callable[[Path], Iterator[Backend]]:
        BACKENDS[name] = make
        return make

    return register


@backend("local")
def local(folder: Path) -> Iterator[Backend]:
    """SQLite."""
    database = Database(folder / "alex.db")
    yield Backend(
        SqliteIndex(database, DIMENSION),
        SqliteCatalog(database),
        SqliteTextStore(database),
        SqliteJobStore(database),
    )
    database.close()


@backend("aws")
def aws(_folder: Path) -> Iterator[Backend]:
    """DynamoDB, S3 and S3 Vectors, on the stand-in for AWS."""
    stack = make_stack(shared_stand_in())
    table = DynamoTable(stack.clients, stack.table)
    yield Backend(
        S3VectorsIndex(stack.clients, stack.index),
        DynamoCatalog(table),
        S3TextStore(stack.clients, stack.bucket),
        DynamoJobStore(table, retention_days=30, stack="contract"),
    )


@pytest.fixture(params=list(BACKENDS))
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    """Each backend in turn."""
    with contextmanager(BACKENDS[request.param])(tmp_path) as made:
        yield made


@pytest.fixture
def index(stores: Backend) -> VectorIndex:
    return stores.index


@pytest.fixture
def catalog(stores: Backend) -> Catalog:
    return stores.catalog


@pytest.fixture
def texts(stores: Backend) -> TextStore:
    return stores.texts


@pytest.fixture
def jobs(stores: Backend) -> JobStore:
    return stores.jobs
