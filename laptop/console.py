"""What the user sees: results on stdout, everything else on stderr, the same on every system."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from io import TextIOWrapper
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console
from rich.theme import Theme

if TYPE_CHECKING:
    from pydantic import BaseModel

from alex.errors import AlexError, Conflict, InvalidInput, Misconfigured, NotFound, Unavailable

THEME = Theme(
    {
        "quiet": "dim",
        "good": "green",
        "warn": "yellow",
        "bad": "red",
        "name": "bold",
        "link": "cyan",
        "markdown.h1": "bold",
        "markdown.h2": "bold",
        "markdown.h3": "italic",
        "markdown.code": "cyan",
    }
)


_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


WIDEST = 100
"""Columns; longer lines are hard to follow."""


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 130


class Screen:
    """Where a command writes.

    Attributes:
        json: print results as JSON, for programs.
        out: results, and nothing else.
        notes: progress, remarks and errors, on stderr.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.json = as_json
        self.out = _console(stderr=False)
        self.notes = _console(stderr=True)

    def data(self, value: object) -> None:
        """Print a result for programs."""
        self.out.file.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")

    def view(self, view: "BaseModel") -> None:
        """Print an answer of the API for programs."""
        self.data(view.model_dump(mode="json"))

    def note(self, text: str) -> None:
        """Say something beside the result."""
        self.notes.print(text, style="quiet", markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Say what went wrong though the command goes on."""
        self.notes.print(text, style="warn", markup=False, soft_wrap=True)


def _console(*, stderr: bool) -> Console:
    """A console no wider than is good to read."""
    console = Console(theme=THEME, highlight=False, stderr=stderr)
    console.width = min(console.width, WIDEST)
    return console


def printable(text: str) -> str:
    """Text without control characters: what a page says must not steer a terminal."""
    return text.translate(_CONTROLS)


def use_utf8() -> None:
    """Make the standard streams UTF-8: on Windows a redirected one is not by itself."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def error_message(error: AlexError) -> str:
    """An error in words, and what to do about it."""
    return f"{error.detail} {_advice(error)}".strip()


def exit_code(error: AlexError) -> ExitCode:
    """A wrong request or setting is the caller's to mend; anything else failed."""
    return ExitCode.USAGE if isinstance(error, InvalidInput | Misconfigured) else ExitCode.FAILED


def _advice(error: AlexError) -> str:
    if isinstance(error, Unavailable):
        return f"Try again in {error.retry_after} seconds."
    if isinstance(error, NotFound):
        return "`alex documents list` and `alex jobs list` show what there is."
    if isinstance(error, Conflict):
        return "Look at its present state before you try again."
    return ""


class Interrupts:
    """Ctrl-C as a request: the first one asks to stop after the current step, the second stops."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


@contextmanager
def deferred_interrupts() -> Iterator[Interrupts]:
    """While inside, Ctrl-C is noted instead of raised; works on every system."""
    interrupts = Interrupts()
    before = signal.signal(signal.SIGINT, interrupts.ask)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
