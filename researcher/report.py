"""The report a person reads: Markdown from a bundle, every claim with numbered citations."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from researcher.bundle import Bundle, ClaimRecord, KnownRecord
from researcher.draft import KEY_FIGURES, SUMMARY
from researcher.exhibits import Source

NOT_ADVICE = "This report is information gathered by software. It is not financial advice."

_MOST_COLUMNS = 4
_ACTIVE = re.compile(r"([\[\]<>`])")
_KINDS_OF_FAULT = (
    ("no quote bears", "a number, date or name that no quote bears"),
    ("a quote is not in", "a quote that is not in its source"),
    ("has no quote", "no quote at all"),
    ("no source is named", "a source that was not read"),
    ("too short", "a quote too short to prove anything"),
    ("longer than", "a quote too long to prove one thing"),
    ("more than", "too many quotes"),
    ("something else", "quotes that speak of something else"),
    ("turns the direction", "a rise told as a fall, or the reverse"),
)


def render(bundle: Bundle) -> str:
    """The report's Markdown."""
    citations = _Citations(bundle)
    parts = [
        f"# {_safe(bundle.title)}",
        _about(bundle),
        *_summary(bundle, citations),
        *_key_figures(bundle, citations),
        *_sections(bundle, citations),
        *_known(bundle),
        *_questions(bundle),
        *_unverified(bundle),
        *_sources(bundle, citations),
        f"*{NOT_ADVICE}*",
    ]
    return "\n\n".join(parts) + "\n"


class _Citations:
    """Numbers sources in the order in which the report cites them."""

    def __init__(self, bundle: Bundle) -> None:
        cited = (q.source for place in _reading_order(bundle) for q in place.quotes)
        self.numbers = {key: number for number, key in enumerate(dict.fromkeys(cited), start=1)}

    def of(self, claims: Sequence[ClaimRecord]) -> str:
        """Such as ` [1][3]`."""
        keys = dict.fromkeys(quote.source for claim in claims for quote in claim.quotes)
        return " " + "".join(f"[{self.numbers[key]}]" for key in keys)


def _reading_order(bundle: Bundle) -> list[ClaimRecord]:
    first = [claim for claim in bundle.kept if claim.place == SUMMARY]
    second = [claim for claim in bundle.kept if claim.place == KEY_FIGURES]
    rest = [claim for claim in bundle.kept if claim.place not in {SUMMARY, KEY_FIGURES}]
    return first + second + rest


def _about(bundle: Bundle) -> str:
    how = {
        "browser": "in a browser",
        "http": "over plain HTTP, for no browser was available; content made by scripts is missing",
    }
    lines = [
        f"As of {_day(bundle.as_of)}",
        f"Written by: {_safe(bundle.model)}",
        f"Pages read {how[bundle.via]}",
    ]
    if bundle.tickers:
        lines.insert(1, f"Tickers: {', '.join(bundle.tickers)}")
    return "  \n".join(f"*{line}*" for line in lines)


def _summary(bundle: Bundle, citations: _Citations) -> Iterator[str]:
    claims = [claim for claim in bundle.kept if claim.place == SUMMARY]
    if claims:
        yield "## Summary"
        yield _bullets(claims, citations)
    elif not bundle.sources:
        yield "## Summary"
        yield "No source could be read, so there is nothing to report."
    elif not bundle.kept:
        yield "## Summary"
        yield "What was read holds no statement on the subject that could be verified."


def _bullets(claims: Sequence[ClaimRecord], citations: _Citations) -> str:
    return "\n".join(f"- {_safe(claim.text)}{citations.of([claim])}" for claim in claims)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Key figures of one set of periods: names down, periods across."""

    periods: tuple[str, ...]
    rows: list[dict[str, ClaimRecord]]


def _key_figures(bundle: Bundle, citations: _Citations) -> Iterator[str]:
    claims = [claim for claim in bundle.kept if claim.figure]
    if not claims:
        return
    yield "## Key figures"
    for grid in _grids(claims):
        yield _table(grid, citations)


def _grids(claims: Sequence[ClaimRecord]) -> list[_Grid]:
    """Rows with the same periods share a table."""
    grids: list[_Grid] = []
    for row in _rows(claims):
        periods = tuple(row)[:_MOST_COLUMNS]
        grid = next((g for g in grids if set(periods) <= set(g.periods)), None)
        if grid is None:
            grid = _Grid(periods, [])
            grids.append(grid)
        grid.rows.append(row)
    return grids


def _rows(claims: Sequence[ClaimRecord]) -> Iterator[dict[str, ClaimRecord]]:
    """Figures of one name that follow each other are one row: its claims by period."""
    row: dict[str, ClaimRecord] = {}
    name = ""
    for claim in claims:
        if claim.figure is None:
            continue
        if row and (claim.figure.name != name or claim.figure.period in row):
            yield row
            row = {}
        name = claim.figure.name
        row[claim.figure.period] = claim
    if row:
        yield row


def _table(grid: _Grid, citations: _Citations) -> str:
    heads = ["", *(_cell(period) or "Value" for period in grid.periods), "Source"]
    lines = [_row(heads), _row(["---", *("---:" for _ in grid.periods), "---"])]
    for row in grid.rows:
        shown = [row.get(period) for period in grid.periods]
        figures = [claim.figure for claim in shown if claim and claim.figure]
        values = [_cell(claim.figure.value) if claim and claim.figure else "" for claim in shown]
        cited = citations.of([claim for claim in shown if claim]).strip()
        lines.append(_row([_cell(figures[0].name), *values, cited]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _cell(text: str) -> str:
    return _safe(text).replace("|", "/")


def _sections(bundle: Bundle, citations: _Citations) -> Iterator[str]:
    places: dict[str, list[ClaimRecord]] = {}
    for claim in bundle.kept:
        if claim.place not in {SUMMARY, KEY_FIGURES}:
            places.setdefault(claim.place, []).append(claim)
    for place, claims in places.items():
        yield f"## {_safe(place)}"
        yield _bullets(claims, citations)


def _known(bundle: Bundle) -> Iterator[str]:
    reports = [item for item in bundle.known if item.kind == "report"]
    if reports:
        yield "## Earlier reports"
        yield "\n".join(f"- {_earlier(item, bundle)}" for item in reports)


def _earlier(item: KnownRecord, bundle: Bundle) -> str:
    if item.document_id == bundle.report_id:
        return f"This report takes the place of the one of {item.stored} on the same question."
    return f"{_safe(item.title)}, stored {item.stored} (`{item.document_id}`)"


def _questions(bundle: Bundle) -> Iterator[str]:
    if bundle.questions:
        yield "## Open questions"
        yield "\n".join(f"- {_safe(question)}" for question in bundle.questions)


def _unverified(bundle: Bundle) -> Iterator[str]:
    lines = list(_left_out(bundle))
    lines += [f"Could not be read: {_link(u.url)}: {_safe(u.detail)}" for u in bundle.unread]
    lines += [
        f"Read only in part, for it exceeded a limit: {_safe(s.title or s.url)}"
        for s in bundle.sources
        if s.partial
    ]
    yield "## What could not be verified"
    if lines:
        yield "\n".join(f"- {line}" for line in lines)
    else:
        yield "Every statement that was drafted is in the report, and every page could be read."


def _left_out(bundle: Bundle) -> Iterator[str]:
    count = len(bundle.left_out) + bundle.dropped
    if not count:
        return
    faults = Counter(_fault(claim) for claim in bundle.left_out)
    if bundle.dropped:
        faults["figures where no quote can stand"] += bundle.dropped
    why = "; ".join(f"{fault} ({number})" for fault, number in faults.most_common())
    statements = "1 statement was" if count == 1 else f"{count} statements were"
    yield f"{statements} left out: {why}."


def _fault(claim: ClaimRecord) -> str:
    """The first reason in general terms; its figures are not repeated, being unproven."""
    reason = claim.reasons[0]
    return next((words for sign, words in _KINDS_OF_FAULT if sign in reason), "other faults")


def _sources(bundle: Bundle, citations: _Citations) -> Iterator[str]:
    if not bundle.sources:
        return
    by_key = {source.key: source for source in bundle.sources}
    yield "## Sources"
    yield "\n".join(
        f"{number}. {_described(by_key[key])}" for key, number in citations.numbers.items()
    )
    also = [source for source in bundle.sources if source.key not in citations.numbers]
    if also:
        yield "Also read:"
        yield "\n".join(f"- {_described(source)}" for source in also)


def _described(source: Source) -> str:
    published = f" Published {_day(source.published)}." if source.published else ""
    how = {"browser": "in a browser", "http": "over plain HTTP"}
    via = how.get(source.via, "from the knowledge base")
    title = f"{_safe(source.title)}. " if source.title else ""
    return (
        f"{title}{_link(source.url)}.{published}"
        f" Retrieved {source.retrieved:%Y-%m-%d %H:%M} UTC {via}. SHA-256 `{source.sha256}`"
    )


def _day(moment: date) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _link(url: str) -> str:
    """An autolink, where the address can stand in one."""
    plain = url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    return f"<{plain}>" if plain.startswith(("http://", "https://")) else f"`{plain}`"


def _safe(text: str) -> str:
    """Text of a page or model as text: it cannot make a link, an image or HTML in the report."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))
