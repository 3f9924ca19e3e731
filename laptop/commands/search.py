"""`alex search`."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from alex.knowledge.documents import Filter
from laptop.backend_choice import open_backend
from laptop.console import Screen
from laptop.options import AsJson, DataDir, Tickers, day, pairs
from laptop.rendering import search_results


def search(
    query: Annotated[
        str, typer.Argument(metavar="QUERY", help="What you want to know, in your own words.")
    ],
    *,
    k: Annotated[
        int, typer.Option("-k", help="How many results.", min=1, max=100, metavar="N")
    ] = 5,
    ticker: Tickers = None,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind, such as report.", metavar="KIND")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Only from exactly this source.", metavar="URL")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            help="Published on this day or later.", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD"
        ),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            help="Published on this day or earlier.", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD"
        ),
    ] = None,
    dated_only: Annotated[
        bool, typer.Option("--dated-only", metavar="", help="Leave out documents without a date.")
    ] = False,
    metadata: Annotated[
        list[str] | None,
        typer.Option(
            help='Only with this metadata; may be repeated. 2021 is a number, "2021" a text.',
            metavar="KEY=VALUE",
        ),
    ] = None,
    group: Annotated[
        Literal["document", "passage"],
        typer.Option(help="One result a document, or one a passage."),
    ] = "document",
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Find passages that answer a question."""
    screen = Screen(as_json=as_json)
    where = Filter(
        tickers=tuple(ticker or ()),
        kind=kind,
        source=source,
        since=day(since),
        until=day(until),
        undated=not dated_only,
        metadata=pairs(metadata or []),
    )
    backend = open_backend(screen, data_dir)
    answer = backend.search(query, k=k, where=where, group=group)
    if as_json:
        screen.view(answer)
    elif answer.results:
        screen.out.print(search_results(answer.results, query))
    else:
        screen.out.print("Nothing found.", style="quiet")
        screen.note("`alex documents list` shows what there is; `alex ingest PATH` adds to it.")
