"""A temporary folder that holds tens of thousands of files, and goes quickly all the same."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path

_THREADS = 16


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """A folder that is gone after the block, whatever is in it."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Delete a folder, many of its directories at a time; what another process holds stays.

    Disks that take milliseconds for each deletion take many at once: a built stack would keep
    its user waiting for a minute otherwise.
    """
    found = [(Path(where), files) for where, _, files in os.walk(folder)]
    found.sort(key=_depth, reverse=True)
    with (
        suppress(RuntimeError),  # a Python that is ending starts no threads
        ThreadPoolExecutor(max_workers=_THREADS) as pool,
    ):
        for _, level in groupby(found, key=_depth):
            list(pool.map(_empty, level))
    shutil.rmtree(folder, ignore_errors=True)  # the rest: links to directories, say


def _depth(directory: tuple[Path, list[str]]) -> int:
    return len(directory[0].parts)


def _empty(directory: tuple[Path, list[str]]) -> None:
    """Delete a directory whose own directories are gone already."""
    where, files = directory
    with suppress(OSError):
        for name in files:
            (where / name).unlink()
        where.rmdir()
