"""The verification benchmark end to end, on made-up filings."""

import json
from pathlib import Path
from random import Random

import pytest

from benchmarks.verification import mutations
from benchmarks.verification.__main__ import main
from benchmarks.verification.filings import SampleFiling, read
from benchmarks.verification.mutations import Case
from benchmarks.verification.tagged import figures
from researcher.verify.draft import Claim, Quote
from tests.support.pages import OUTLOOK, RESULTS

TAGGED = """<html><body>
<xbrli:context id="c"><xbrli:period><xbrli:startDate>2026-04-01</xbrli:startDate>
<xbrli:endDate>2026-06-30</xbrli:endDate></xbrli:period></xbrli:context>
<xbrli:unit id="u"><xbrli:measure>iso4217:USD</xbrli:measure></xbrli:unit>
<table><tr><td></td><td>Three Months Ended June 30, 2026</td></tr>
<tr><td>Other income, net</td>
<td>($ <ix:nonFraction contextRef="c" unitRef="u" scale="6">17</ix:nonFraction>)</td></tr>
</table></body></html>"""

DRAW = Random(1)  # noqa: S311 - the same draws every time
ROW = "| Revenue | $412.6 | $378.5 |"
CLAIM = Claim(
    text="Revenue was $412.6 million in the three months ended June 30, 2026, against $378.5"
    " million in the three months ended June 30, 2025.",
    quotes=[Quote(source="S1", text=ROW)],
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "northwind.md").write_text(RESULTS, encoding="utf-8")
    southwind = OUTLOOK.replace("# Outlook", "# Southwind Motors outlook")
    (tmp_path / "southwind.txt").write_text(southwind, encoding="utf-8")
    (tmp_path / "wordless.txt").write_text("Nothing to tell.\n", encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_it_prints_what_is_caught_and_what_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main([str(folder), "--json"])
    first = capsys.readouterr().out
    result = json.loads(first)
    assert result["filings"] == ["northwind", "southwind", "wordless"]
    assert {"changed digit", "sign", "wrong period", "altered URL"} <= set(result["caught"])
    assert result["caught_percent"] >= 99
    assert result["falsely_rejected_percent"] <= 2
    main([str(folder)])
    assert "of falsehoods are caught" in capsys.readouterr().out


def test_without_filings_it_says_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path / "nowhere")])
    assert "Give a folder of filings" in capsys.readouterr().err


@pytest.fixture
def case(folder: Path) -> Case:
    filings: list[SampleFiling] = list(read(sorted(folder.iterdir())))
    other = Claim(
        text="Two suppliers account for 38% of purchases.",
        quotes=[Quote(source="S1", text="Northwind Instruments reports second quarter results")],
    )
    return Case(CLAIM, filings[0], [other], filings, DRAW)


@pytest.mark.parametrize(
    "name",
    [
        "changed digit",
        "thousandfold",
        "sign",
        "wrong period",
        "swapped periods",
        "wrong company",
        "swapped quotes",
        "altered quote",
        "another source",
    ],
)
def test_each_kind_makes_another_statement(name: str, case: Case) -> None:
    false = mutations.MUTATIONS[name](case)
    assert false is not None
    assert false != CLAIM


def test_what_may_still_be_true_is_not_tried(case: Case) -> None:
    loss = Claim(text="The loss was $5 million.", quotes=CLAIM.quotes)
    assert mutations.sign(Case(loss, case.filing, (), case.filings, DRAW)) is None
    same = Case(CLAIM, case.filing, [CLAIM], case.filings, DRAW)
    assert mutations.swapped_quotes(same) is None


def test_a_tag_gives_value_scale_and_period_and_the_cell_its_sign() -> None:
    [figure] = figures(TAGGED)
    assert (figure.row[0], figure.value, figure.period) == (
        "Other income, net",
        "-$17 million",
        "in the three months ended June 30, 2026",
    )
