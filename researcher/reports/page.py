"""A document as one HTML page that needs nothing else: no script, no server, nothing to load.

What the text says is data: HTML in it stays text, images are not fetched, and the page's own
policy forbids whatever is not written here.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from researcher.reports.charts import chart
from researcher.reports.series import ChartSeries, find_series

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from alex.api.documents import WholeDocument

_STYLE = Path(__file__).with_name("page.css")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_CHARTS = 6
_FIGURES, _SOURCES = "Key figures", "Sources"


def html_page(document: "WholeDocument") -> str:
    """The page: the text, with charts and linked citations where it is a report."""
    report = document.kind == "report"
    parser = _parser(citations=report)
    tokens = parser.parse(document.text)
    if report:
        tokens = _with_charts(tokens)
        _name_sources(tokens)
    body = parser.renderer.render(tokens, parser.options, {})
    title = escape(document.title or document.document_id)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n"
        f"<body>\n<main>\n{'' if _has_title(tokens) else f'<h1>{title}</h1>'}{body}</main>\n"
        f"<footer>{_about(document)}</footer>\n</body>\n</html>\n"
    )


def _parser(*, citations: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    for rule, render in (
        ("link_open", _link_open),
        ("table_open", _table_open),
        ("table_close", _table_close),
        ("citation", _citation),
    ):
        parser.add_render_rule(rule, render)
    if citations:
        # Before links; an escaped bracket never gets here, for that is how a page's own is told.
        parser.inline.ruler.before("link", "citation", _read_citation)
    return parser


def _read_citation(state: StateInline, silent: bool) -> bool:
    """`[3]` as a token of its own."""
    if state.src[state.pos] != "[":
        return False
    end = state.src.find("]", state.pos)
    number = state.src[state.pos + 1 : end]
    if end < 0 or not (number.isascii() and number.isdigit()):
        return False
    if not silent:
        if state.pending.endswith(" "):  # a citation does not begin a line
            state.pending = f"{state.pending[:-1]}\u00a0"
        state.push("citation", "", 0).content = number
    state.pos = end + 1
    return True


def _citation(_renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:  # noqa: ANN401
    number = tokens[at].content
    return f'<a class="cite" href="#source-{number}" title="Source {number}">[{number}]</a>'


def _link_open(renderer: Any, tokens: Sequence[Token], at: int, *rest: Any) -> str:  # noqa: ANN401
    """Links lead out, and tell nobody where from."""
    tokens[at].attrSet("rel", "noopener noreferrer nofollow")
    opened: str = renderer.renderToken(tokens, at, *rest)
    return opened


def _table_open(*_: Any) -> str:  # noqa: ANN401
    """A wide one scrolls, also from the keyboard."""
    return '<div class="table" role="region" aria-label="Table" tabindex="0"><table>\n'


def _table_close(*_: Any) -> str:  # noqa: ANN401
    return "</table></div>\n"


def _has_title(tokens: Sequence[Token]) -> bool:
    return any(token.type == "heading_open" and token.tag == "h1" for token in tokens)


def _about(document: "WholeDocument") -> str:
    """Where the page comes from."""
    stored = f"{document.updated:%Y-%m-%d %H:%M} UTC"
    return f"Alex, document <code>{escape(document.document_id)}</code>, stored {stored}"


def _section(tokens: Sequence[Token], heading: str) -> range:
    """The places of the tokens under a heading of the second level."""
    heads = [
        at for at, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]
    for start, end in pairwise([*heads, len(tokens)]):
        if tokens[start + 1].content == heading:
            return range(start, end)
    return range(0)


def _with_charts(tokens: list[Token]) -> list[Token]:
    """The tokens with pictures at the end of the key figures, where those hold series."""
    section = _section(tokens, _FIGURES)
    found = [
        series for table in _tables(tokens[at] for at in section) for series in find_series(table)
    ]
    if not found:
        return tokens
    figures = "".join(_figure(series, n) for n, series in enumerate(found[:_MOST_CHARTS], start=1))
    drawn = Token("html_block", "", 0, content=f'<div class="charts">\n{figures}</div>\n')
    return [*tokens[: section.stop], drawn, *tokens[section.stop :]]


def _figure(series: ChartSeries, number: int) -> str:
    rest = ", ".join(part for part in (series.unit, series.length) if part)
    said = f" <span>{escape(rest)}</span>" if rest else ""
    return (
        f"<figure>\n<figcaption>{escape(series.name)}{said}</figcaption>\n"
        f"{chart(series, number)}\n</figure>\n"
    )


def _tables(tokens: Iterator[Token]) -> Iterator[list[list[str]]]:
    """The tables' cells as text."""
    table: list[list[str]] = []
    for token in tokens:
        match token.type:
            case "table_open":
                table = []
            case "tr_open":
                table.append([])
            case "inline" if table:
                table[-1].append("".join(c.content for c in token.children or ()))
            case "table_close":
                yield table
                table = []


def _name_sources(tokens: Sequence[Token]) -> None:
    """Give each numbered source the name that its citations lead to."""
    number = 0
    for at in _section(tokens, _SOURCES):
        token = tokens[at]
        if token.type == "ordered_list_open":
            number = int(token.attrGet("start") or 1) - 1
        elif token.type == "ordered_list_close":
            return
        elif token.type == "list_item_open":
            number += 1
            token.attrSet("id", f"source-{number}")
