"""A report's part from filed figures: its title's names, its headlines, what changed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from researcher.facts.indexed_source import IndexedSource
from researcher.facts.sec.statement import statement
from researcher.llm.offline import sec_figures
from researcher.llm.offline.extractive import extract_draft
from researcher.prompts import PromptSource, WritingPrompt
from researcher.sources.relevance import Ranker
from researcher.sources.sec.companyfacts import CompanyFacts
from researcher.sources.source import Source, text_hash
from researcher.verify.check import check
from researcher.verify.draft import KeyFigure, placed_claims
from tests.support.sec_data import EXAMPLE, FOREIGN, example_facts, foreign_facts, iso
from tests.support.stores import WordEmbedder


def source(key: str, facts: CompanyFacts) -> Source:
    text = statement(facts).text
    return Source(
        key=key,
        url=f"http://data.sec.test/{key}",
        title=f"{facts.company.titled}: figures from its filings",
        text=text,
        sha256=text_hash(text),
        text_sha256=text_hash(text),
        retrieved=datetime(2026, 9, 5, tzinfo=UTC),
        via="sec data",
    )


EXA = source("S1", CompanyFacts(example_facts(), EXAMPLE))
BSPL = source("S2", CompanyFacts(foreign_facts(), FOREIGN))


def material(of: Source) -> PromptSource:
    return PromptSource(of.key, of.title, of.url, "", of.text, of.via)


@pytest.mark.parametrize(
    ("subject", "spelled"),
    [
        ("EXA: results", "Example Analytics Inc. (EXA): results"),
        ("exa, BSPL: results", "Example Analytics Inc. (EXA), Beispiel AG (BSPL): results"),
        ("What of EXA's debt?", "What of Example Analytics Inc. (EXA)'s debt?"),
        ("Example Analytics Inc. (EXA) debt", "Example Analytics Inc. (EXA) debt"),
        ("EXAMPLE and TEXAS", "EXAMPLE and TEXAS"),
        ("Sensor makers", "Sensor makers"),
    ],
)
def test_a_ticker_in_the_question_gets_its_companys_name(subject: str, spelled: str) -> None:
    assert sec_figures.spelled_out(subject, [EXA, BSPL]) == spelled


def test_only_the_secs_data_name_companies() -> None:
    page = EXA.model_copy(update={"via": "http"})
    assert sec_figures.spelled_out("EXA", [page]) == "EXA"


def test_headlines_tell_growth_and_losses_in_words() -> None:
    growth, loss, year = (claim.text for claim in sec_figures.headlines([material(EXA)]))
    assert growth == (
        "Revenue rose 9.0% to $412.600 million in the three months ended July 31, 2026, from"
        " $378.500 million in the three months ended July 31, 2025."
    )
    assert loss == (
        "Net income: -$12.300 million in the three months ended July 31, 2026, against"
        " $39.600 million in the three months ended July 31, 2025."
    )
    assert year == (
        "Revenue rose 10.3% to $1,533.750 million in the fiscal year ended January 31, 2026, from"
        " $1,390.500 million in the fiscal year ended January 31, 2025."
    )


def test_a_loss_beside_a_loss_is_called_one() -> None:
    data = example_facts()
    for row in data["facts"]["us-gaap"]["NetIncomeLoss"]["units"]["USD"]:
        row["val"] = -abs(row["val"])
    loss = source("S1", CompanyFacts(data, EXAMPLE))
    claim = sec_figures.headlines([material(loss)])[1]
    assert claim.text.startswith("Net loss: $12.300 million in the three months ended July 31")
    assert check(claim, {"S1": IndexedSource(loss)}).passed


def test_of_several_companies_each_figure_has_its_companys_name() -> None:
    sources = [material(EXA), material(BSPL)]
    figures = sec_figures.figures(sources)
    assert {f.name.partition(":")[0] for f in figures} == {EXAMPLE.name, FOREIGN.name}
    assert all(": " in claim.text for claim in sec_figures.headlines(sources))


@pytest.mark.parametrize("sources", [(EXA,), (BSPL,), (EXA, BSPL)])
def test_everything_a_report_says_of_filed_figures_is_proven(sources: tuple[Source, ...]) -> None:
    prompt = WritingPrompt("EXA", iso("2026-09-05"), tuple(map(material, sources)))
    draft = extract_draft(prompt, Ranker(WordEmbedder(), "EXA"))
    claims = [placed.claim for placed in placed_claims(draft)]
    indexed = {of.key: IndexedSource(of) for of in sources}
    refused = {c.text: reasons for c in claims if (reasons := check(c, indexed).reasons)}
    assert refused == {}
    assert len(claims) > 5


def test_no_sources_no_figures() -> None:
    assert (sec_figures.figures([]), sec_figures.headlines([]), sec_figures.sections([])) == (
        [],
        [],
        [],
    )


def changed(figure: KeyFigure) -> Iterator[tuple[str, KeyFigure]]:
    """What a figure must not be taken for."""
    value = figure.value
    digit = next(character for character in reversed(value) if character.isdigit())
    at = value.rindex(digit)
    other = "7" if digit != "7" else "8"
    scaled = value.replace("million", "billion") if "million" in value else f"{value} million"
    for name, wrong in (
        ("digit", f"{value[:at]}{other}{value[at + 1 :]}"),
        ("scale", scaled),
        ("currency", value.replace("$", "£").replace("€", "$")),
        ("sign", f"-{value.removeprefix('-')}" if not value.startswith("-") else f"{value[1:]}"),
    ):
        yield name, figure.model_copy(update={"value": wrong})


@pytest.mark.parametrize("of", [EXA, BSPL])
def test_no_changed_figure_passes(of: Source) -> None:
    indexed = {of.key: IndexedSource(of)}
    for figure in sec_figures.figures([material(of)]):
        assert check(figure.claim, indexed).passed
        for name, wrong in changed(figure):
            assert not check(wrong.claim, indexed).passed, (name, wrong)


@pytest.mark.parametrize("of", [EXA, BSPL])
def test_no_figure_passes_as_that_of_another_period(of: Source) -> None:
    indexed = {of.key: IndexedSource(of)}
    figures = sec_figures.figures([material(of)])
    tried = 0
    for figure in figures:
        for period in {f.period for f in figures}:
            # A stretch and the day on which it ends are no contradiction.
            if period in figure.period or figure.period in period:
                continue
            wrong = figure.model_copy(update={"period": period})
            assert not check(wrong.claim, indexed).passed, wrong
            tried += 1
    assert tried >= len(figures)


def test_no_figure_passes_as_that_of_another_company() -> None:
    indexed = {of.key: IndexedSource(of) for of in (EXA, BSPL)}
    for figure in sec_figures.figures([material(EXA), material(BSPL)]):
        owner, _, name = figure.name.partition(": ")
        other = FOREIGN.name if owner == EXAMPLE.name else EXAMPLE.name
        assert not check(
            figure.model_copy(update={"name": f"{other}: {name}"}).claim, indexed
        ).passed
