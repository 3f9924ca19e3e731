"""Answers of the API, drawn for a terminal."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Heading, Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from laptop.console import printable
from researcher.reports.markdown import count_of

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from alex.api.documents import DocumentFields, DocumentView, WholeDocument
    from alex.api.research import JobView, StepView
    from alex.api.search import ResultView

SNIPPET = 360
"""Characters of a passage that a result shows: about four lines."""

STATUS_STYLES = {
    "queued": "quiet",
    "running": "warn",
    "succeeded": "good",
    "failed": "bad",
    "cancelled": "quiet",
}


def search_results(results: "Sequence[ResultView]", query: str) -> RenderableType:
    """Search results, best first: where each is from, and the words that answer."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(justify="right", style="quiet")
    grid.add_column(ratio=1)
    for rank, result in enumerate(results, start=1):
        head = Table.grid(expand=True, padding=(0, 1, 0, 0))
        head.add_column(ratio=1)
        head.add_column(justify="right", style="quiet")
        head.add_row(_title(result), f"{result.score:.2f}")
        span = f"characters {result.span.start:,} to {result.span.end:,}"
        grid.add_row(
            str(rank),
            Group(
                head,
                _facts(result),
                snippet(result.text, query),
                Text(f"{result.document_id}  {span}\n", style="quiet"),
            ),
        )
    return grid


def snippet(text: str, query: str) -> Text:
    """The stretch of a passage with most of the question's words, those in bold."""
    flat = _flat(text)
    words = {re.escape(word) for word in re.findall(r"\w{3,}", query.lower())}
    pattern = re.compile(
        rf"\b(?:{'|'.join(sorted(words))})\w*" if words else r"(?!)", re.IGNORECASE
    )
    found = [match.start() for match in pattern.finditer(flat)]
    last = max(0, len(flat) - SNIPPET)
    start = max(
        (min(position, last) for position in found),
        key=lambda start: sum(start <= position < start + SNIPPET for position in found),
        default=0,
    )
    start = flat.rfind(" ", 0, start) + 1  # a cut stands between words
    cut = flat[start : start + SNIPPET]
    if start + SNIPPET < len(flat):
        cut = cut.rsplit(" ", 1)[0]
    shown = Text(f"{'… ' if start else ''}{cut}{' …' if start + SNIPPET < len(flat) else ''}")
    shown.highlight_regex(pattern, "name")
    return shown


def _flat(text: str) -> str:
    """Markdown-like text on one line, without the marks of headings, lists and tables."""
    lines = (line.strip() for line in printable(text).splitlines())
    bare = (re.sub(r"^(#+|[-*]) ", "", line).strip("| ") for line in lines)
    plain = (
        re.sub(r"\s*\|\s*", " · ", line) for line in bare if not re.fullmatch(r"[-|: ]*", line)
    )
    return " ".join(" ".join(plain).split())


def document_list(items: "Iterable[DocumentView]") -> RenderableType:
    """A listing of documents: two lines each, so that an id is never cut."""
    lines: list[Text] = []
    for item in items:
        place = f"{item.document_id}  {count_of(item.passages, 'passage')}\n"
        lines += [_title(item), _facts(item), Text(place, style="quiet")]
    return Group(*lines)


def document_page(document: "WholeDocument") -> RenderableType:
    """One document: what is known about it, then its text as Markdown."""
    return Group(
        _facts(document),
        Text(document.document_id, style="quiet"),
        "",
        PlainMarkdown(printable(document.text)),
    )


def job_list(items: "Iterable[JobView]") -> RenderableType:
    """A listing of research jobs: three lines each, so that an id is never cut."""
    lines: list[Text] = []
    for item in items:
        state = Text(item.status, style=STATUS_STYLES[item.status])
        state.append(f" · {moment(item.created)}", style="quiet")
        lines += [
            Text(printable(item.topic), style="name"),
            state,
            Text(f"{item.job_id}\n", style="quiet"),
        ]
    return Group(*lines)


def job_page(job: "JobView") -> RenderableType:
    """One research job: its state, its steps, and what came of it."""
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="quiet")
    facts.add_row("status", Text(job.status, style=STATUS_STYLES[job.status]))
    facts.add_row("created", moment(job.created))
    for name, value in (
        ("report", job.report_id),
        ("evidence", job.evidence_id),
        ("error", job.error),
    ):
        if value:
            facts.add_row(name, Text(printable(value)))
    for name, number in job.cost.items():
        facts.add_row(name, f"{number:,.0f}" if number.is_integer() else f"{number:,.4g}")
    steps = Padding(Group(*map(step_line, job.steps)), (1, 0, 0, 0))
    return Group(Text(printable(job.topic), style="name"), facts, steps if job.steps else "")


def step_line(step: "StepView") -> RenderableType:
    """One step of a job: when, which phase, what happened."""
    row = Table.grid(padding=(0, 2, 0, 0))
    row.add_column(style="quiet")
    row.add_column(style="link", width=7)
    row.add_column(ratio=1)
    row.add_row(f"{step.at.astimezone():%H:%M:%S}", step.phase, Text(printable(step.message)))
    return row


def moment(at: datetime) -> str:
    """A time to the minute, on this machine's clock."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


class LeftHeading(Heading):
    """A heading that stands where text stands."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The heading's text, a blank line before all but the first level."""
        self.text.justify = "left"
        if self.tag != "h1":
            yield Text("")
        yield self.text


class PlainMarkdown(Markdown):
    """Markdown as plain text: headings at the left."""

    elements: ClassVar = {**Markdown.elements, "heading_open": LeftHeading}


def _title(item: "DocumentFields") -> Text:
    return Text(printable(item.title or "Untitled"), style="name")


def _facts(item: "DocumentFields") -> Text:
    """Date, kind, tickers and source on one line; a missing date is said."""
    day = item.published.isoformat() if item.published else "undated"
    facts = [day, *filter(None, [item.kind]), *item.tickers]
    line = Text(" · ".join(map(printable, facts)))
    if item.source:
        line.append(" · ").append(printable(item.source), style="link")
    return line
