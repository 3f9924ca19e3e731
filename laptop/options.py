"""Options that several commands share."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from alex.errors import InvalidInput
from alex.knowledge.documents import Scalar

AsJson = Annotated[
    bool,
    typer.Option("--json", metavar="", help="Print the result as JSON on stdout, for programs."),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Where this machine keeps its documents; else ALEX_DATA_DIR.",
        metavar="FOLDER",
    ),
]
Tickers = Annotated[
    list[str] | None,
    typer.Option("--ticker", help="A stock's ticker, such as TSLA; may be repeated.", metavar="T"),
]
Cursor = Annotated[
    str | None,
    typer.Option("--cursor", help="Go on where a listing ended.", metavar="CURSOR"),
]
Limit = Annotated[
    int, typer.Option("--limit", "-n", help="How many to list.", metavar="N", min=1, max=100)
]


def day(moment: datetime | None) -> date | None:
    """The day of an option that typer reads as a point in time."""
    return moment.date() if moment else None


def pairs(values: list[str]) -> dict[str, Scalar]:
    """`key=value` options as metadata: numbers, true and false as such, all else as text.

    Raises:
        InvalidInput: one of them has no `=`.
    """
    found: dict[str, Scalar] = {}
    for pair in values:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise InvalidInput.of("--metadata", f"{pair!r} must be written key=value.")
        found[key] = _scalar(value)
    return found


def _scalar(value: str) -> Scalar:
    """The value a word stands for; quotes keep a number a text."""
    if value in {"true", "false"}:
        return value == "true"
    if len(value) > 1 and value[0] == value[-1] == '"':
        return value[1:-1]
    for number in (int, float):
        try:
            return number(value)
        except ValueError:
            continue
    return value
