"""What counts as news between two reports, claim by claim."""

from datetime import UTC, datetime

import pytest

from researcher.facts.indexed_source import IndexedSource
from researcher.sources.source import CollectedSources, Source, Unread, text_hash
from researcher.verify.bundle import Bundle, Change, ClaimRecord, Predecessor, record
from researcher.verify.changes import Earlier
from researcher.verify.check import check
from researcher.verify.draft import KEY_FIGURES, Claim, KeyFigure, Quote

URL = "http://site.test/results"
PAGE = """\
# Results

(In millions)

|  | Q2 2026 | Q2 2025 | Total 2026 |
| Revenue | $412.6 | $378.5 | $800.1 |
| Net income | $47.3 | $39.6 | $90.0 |

Orders for laboratory sensors grew 14% in the quarter, led by customers in life sciences.
The company held cash of $284.6 million at the end of the quarter.
"""
ORDERS = "Orders for laboratory sensors grew 14% in the quarter, led by customers in life sciences."
CASH = "The company held cash of $284.6 million at the end of the quarter."


def source(text: str, url: str = URL, key: str = "S1") -> Source:
    return Source(
        key=key,
        url=url,
        title="Results",
        text=text,
        sha256=text_hash(text),
        text_sha256=text_hash(text),
        retrieved=datetime(2026, 8, 3, tzinfo=UTC),
        via="http",
    )


def claims(text: str, *told: str | tuple[str, str, str, str], key: str = "S1") -> list[ClaimRecord]:
    """Sentences that quote themselves, and figures as name, period, value and row."""
    indexed = {key: IndexedSource(source(text, key=key))}
    made = []
    for number, item in enumerate(told, start=1):
        if isinstance(item, str):
            claim = Claim(text=item, quotes=[Quote(source=key, text=item)])
            made.append(record("Results", f"C{number}", claim, check(claim, indexed)))
            continue
        name, period, value, row = item
        figure = KeyFigure(
            name=name, period=period, value=value, quotes=[Quote(source=key, text=row)]
        )
        checked = record(KEY_FIGURES, f"C{number}", figure.claim, check(figure.claim, indexed))
        made.append(checked.model_copy(update={"figure": figure}))
    assert [claim.text for claim in made if not claim.kept] == []
    return made


def earlier(text: str, made: list[ClaimRecord]) -> Earlier:
    at = datetime(2026, 8, 3, tzinfo=UTC)
    bundle = Bundle(
        job_id="job",
        report_id="report-1",
        subject="Northwind",
        tickers=[],
        title="Northwind",
        as_of=at,
        provider="offline",
        model="m",
        via="http",
        sources=[source(text)],
        unread=[],
        claims=made,
    )
    return Earlier(bundle, Predecessor(report_id="report-1", evidence_id="evidence/1", as_of=at))


def told(change: Change, made: list[ClaimRecord]) -> tuple[str, str]:
    now = {claim.id: claim.text for claim in made}.get(change.now, "")
    return (change.before.text if change.before else "", now)


REVENUE = "| Revenue | $412.6 | $378.5 | $800.1 |"
FIGURES = (
    ("Revenue", "Q2 2026", "$412.6 million", REVENUE),
    ("Revenue", "Q2 2025", "$378.5 million", REVENUE),
)
BEFORE = earlier(PAGE, claims(PAGE, *FIGURES, ORDERS))


def test_the_same_is_no_news() -> None:
    news = BEFORE.news(claims(PAGE, *FIGURES, ORDERS), CollectedSources(sources=[source(PAGE)]))
    assert not news.any
    assert (news.altered, news.added) == ([], [])
    assert BEFORE.tells_all(CollectedSources(sources=[source(PAGE)]))


def test_another_choice_from_the_same_pages_is_no_news() -> None:
    """So a model that words or chooses otherwise makes none."""
    made = claims(PAGE, CASH, "The company held cash of $284.6 million at the end of the quarter.")
    assert not BEFORE.news(made, CollectedSources(sources=[source(PAGE)])).any


def test_a_page_that_moved_is_no_news() -> None:
    moved = source(PAGE, "http://site.test/new")
    made = claims(PAGE, *FIGURES, ORDERS)
    assert BEFORE.news(made, CollectedSources(sources=[moved])).changes == []


def test_a_changed_cell_does_not_make_news_of_its_neighbours() -> None:
    text = PAGE.replace("412.6", "420.1")
    row = REVENUE.replace("412.6", "420.1")
    made = claims(
        text,
        ("Revenue", "Q2 2026", "$420.1 million", row),
        ("Revenue", "Q2 2025", "$378.5 million", row),
        ORDERS,
    )
    news = BEFORE.news(made, CollectedSources(sources=[source(text)]))
    assert [told(change, made) for change in news.changes] == [
        ("Revenue (Q2 2026): $412.6 million", "Revenue (Q2 2026): $420.1 million")
    ]
    assert news.altered == ["S1"]


def test_a_new_period_follows_on_the_one_before() -> None:
    text = PAGE.replace("Q2 2026", "Q3 2026").replace("Q2 2025", "Q3 2025")
    text = text.replace("412.6", "433.0").replace("378.5", "391.2")
    row = "| Revenue | $433.0 | $391.2 | $800.1 |"
    made = claims(
        text,
        ("Revenue", "Q3 2026", "$433.0 million", row),
        ("Revenue", "Q3 2025", "$391.2 million", row),
        ORDERS,
    )
    news = BEFORE.news(made, CollectedSources(sources=[source(text)]))
    assert [told(change, made) for change in news.changes] == [
        ("Revenue (Q2 2026): $412.6 million", "Revenue (Q3 2026): $433.0 million"),
        ("", "Revenue (Q3 2025): $391.2 million"),
    ]


def test_a_reworded_sentence_goes_with_what_it_was() -> None:
    text = PAGE.replace("grew 14%", "fell 3%")
    made = claims(text, *FIGURES, ORDERS.replace("grew 14%", "fell 3%"))
    [change] = BEFORE.news(made, CollectedSources(sources=[source(text)])).changes
    assert told(change, made) == (ORDERS, ORDERS.replace("grew 14%", "fell 3%"))


def test_what_was_not_read_again_is_not_called_gone() -> None:
    other = source("Something else was read this time.", "http://site.test/other", "S9")
    assert BEFORE.news([], CollectedSources(sources=[other])).changes == []


@pytest.mark.parametrize(
    ("failure", "detail", "passing"),
    [
        ("timeout", "The page took too long.", True),
        ("network", "The server could not be reached.", True),
        ("http_status", "The server answered 503.", True),
        ("http_status", "The server answered 429.", True),
        ("http_status", "The server answered 404.", False),
        ("robots", "The site's robots.txt forbids it.", False),
    ],
)
def test_only_a_lasting_failure_is_news(failure: str, detail: str, passing: bool) -> None:
    unread = [Unread(url=f"{URL}/", failure=failure, detail=detail)]
    news = BEFORE.news([], CollectedSources(unread=unread))
    [lost] = news.lost
    assert (lost.passing, lost.statements, news.any) == (passing, 3, not passing)


def test_a_report_is_confirmed_only_where_every_claim_still_stands() -> None:
    claims_now, news = BEFORE.confirmed(CollectedSources(sources=[source(PAGE, key="S4")])) or (
        [],
        None,
    )
    assert news
    assert {quote.source for claim in claims_now for quote in claim.quotes} == {"S4"}
    assert BEFORE.confirmed(CollectedSources(sources=[source(PAGE.replace("14%", "15%"))])) is None
