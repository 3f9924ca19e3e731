"""`alex ingest`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from alex.errors import InvalidInput
from alex.knowledge.documents import Attributes
from laptop.backend_choice import open_backend
from laptop.console import ExitCode, Screen, deferred_interrupts
from laptop.ingestion import IngestTally, ingest_all
from laptop.options import AsJson, DataDir, Tickers
from researcher.reports.markdown import count_of
from researcher.sources import files
from researcher.sources.files import Item, LoadedItem

STDIN = Path("-")


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(
            metavar="PATH…",
            help="Files and folders: .jsonl, .md, .txt, .html and .pdf; - reads a text from stdin.",
        ),
    ],
    *,
    kind: Annotated[
        str | None,
        typer.Option(help="What they are, such as note, where they do not say.", metavar="KIND"),
    ] = None,
    ticker: Tickers = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Add documents. What is known already costs nothing: stop it and repeat it as you like."""
    screen = Screen(as_json=as_json)
    defaults = _defaults(kind, ticker or [])
    found = files.find_files([path for path in paths if path != STDIN])
    piped = [files.from_stdin(sys.stdin.buffer.read())] if STDIN in paths else []
    if not found and not piped:
        raise InvalidInput(f"Found nothing to read: Alex reads {files.KINDS} files.")
    backend = open_backend(screen, data_dir)
    items = chain(piped, chain.from_iterable(map(files.read_file, found)))
    described = (_described(item, defaults) for item in items)
    with deferred_interrupts() as interrupts, _bar(screen, found) as bar:
        tally = ingest_all(described, backend, advance=bar, stop=lambda: interrupts.asked)
    _show(screen, tally)
    if tally.stopped:
        raise typer.Exit(ExitCode.STOPPED)
    if tally.failures:
        raise typer.Exit(ExitCode.FAILED)


def _defaults(kind: str | None, tickers: list[str]) -> Attributes:
    """What the options say of every document, under the API's rules.

    Raises:
        InvalidInput: naming the option that is wrong.
    """
    return files.submission_of({"text": "any", "kind": kind, "tickers": tickers}).attributes


def _described(item: Item, defaults: Attributes) -> Item:
    """The item with the options' attributes where it has none of its own."""
    if not isinstance(item, LoadedItem):
        return item
    own = item.submission.attributes
    attributes = replace(
        own, kind=own.kind or defaults.kind, tickers=own.tickers or defaults.tickers
    )
    return replace(item, submission=replace(item.submission, attributes=attributes))


@contextmanager
def _bar(screen: Screen, files: list[Path]) -> Iterator[Callable[[int, IngestTally], None]]:
    """A progress bar over the bytes of the files, where somebody watches."""
    total = sum(file.stat().st_size for file in files)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    watched = screen.notes.is_terminal and not screen.json
    with Progress(*columns, console=screen.notes, transient=True, disable=not watched) as progress:
        task = progress.add_task("0 documents", total=total)

        def advance(done: int, tally: IngestTally) -> None:
            progress.update(
                task, advance=done, description=f"{count_of(len(tally.documents), 'document')}"
            )

        yield advance


def _show(screen: Screen, tally: IngestTally) -> None:
    """The summary: how many of each outcome, every failure, and how to go on."""
    if screen.json:
        screen.data(tally.as_json())
        return
    for failure in tally.failures:
        screen.warn(f"{failure['where']}: {failure['reason']}")
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in tally.counts.items())
    failed = f"{len(tally.failures):,} failed" if tally.failures else ""
    parts = ", ".join(part for part in (counts, failed) if part) or "nothing new"
    screen.out.print(f"{count_of(len(tally.documents), 'document')}: {parts}.", markup=False)
    if tally.stopped:
        screen.note("Stopped. Repeat the command to go on: what is in stays and costs nothing.")
