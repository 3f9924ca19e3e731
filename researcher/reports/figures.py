"""Key figures as tables: names down, periods across."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from researcher.reports.citations import Citations
from researcher.reports.markdown import cell, row
from researcher.verify.bundle import Bundle, ClaimRecord

_MOST_COLUMNS = 5


@dataclass(frozen=True, slots=True)
class Grid:
    """Key figures of one set of periods."""

    periods: tuple[str, ...]
    rows: list[dict[str, ClaimRecord]]


def key_figures(bundle: Bundle, citations: Citations) -> Iterator[str]:
    """The section, where there are any."""
    claims = [claim for claim in bundle.kept if claim.figure]
    if not claims:
        return
    yield "## Key figures"
    for grid in grids(claims):
        yield _table(grid, citations)


def grids(claims: Sequence[ClaimRecord]) -> list[Grid]:
    """Rows with the same periods share a table."""
    found: list[Grid] = []
    for line in _rows(claims):
        periods = tuple(line)[:_MOST_COLUMNS]
        grid = next((g for g in found if set(periods) <= set(g.periods)), None)
        if grid is None:
            grid = Grid(periods, [])
            found.append(grid)
        grid.rows.append(line)
    return found


def _rows(claims: Sequence[ClaimRecord]) -> Iterator[dict[str, ClaimRecord]]:
    """Figures of one name that follow each other are one row: its claims by period."""
    line: dict[str, ClaimRecord] = {}
    name = ""
    for claim in claims:
        if claim.figure is None:
            continue
        if line and (claim.figure.name != name or claim.figure.period in line):
            yield line
            line = {}
        name = claim.figure.name
        line[claim.figure.period] = claim
    if line:
        yield line


def _table(grid: Grid, citations: Citations) -> str:
    heads = ["", *(cell(period) or "Value" for period in grid.periods), "Source"]
    lines = [row(heads), row(["---", *("---:" for _ in grid.periods), "---"])]
    for line in grid.rows:
        shown = [line.get(period) for period in grid.periods]
        figures = [claim.figure for claim in shown if claim and claim.figure]
        values = [cell(claim.figure.value) if claim and claim.figure else "" for claim in shown]
        cited = citations.of([claim for claim in shown if claim]).strip()
        lines.append(row([cell(figures[0].name), *values, cited]))
    return "\n".join(lines)
