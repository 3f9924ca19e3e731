"""`alex verify`: reports as stored, and tampered with in every way we could think of."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alex.errors import InvalidInput, NotFound
from alex.knowledge.documents import Attributes, Submission
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from laptop.main import run
from researcher.facts.indexed_source import IndexedSource
from researcher.pipeline.save import save
from researcher.reports.audit import Audit, Unverifiable, audit_report
from researcher.sources.source import Source, text_hash
from researcher.verify.bundle import Bundle, record
from researcher.verify.check import check
from researcher.verify.draft import Calculation, Claim, Operand, Quote
from researcher.verify.identity import SEAL, evidence_id_of, seal
from tests.support.pages import RESULTS

type Evidence = dict[str, Any]
"""As it is stored, before it is read as a bundle."""

ROW = "| Revenue | $412.6 | $378.5 |"
REPORT = "report-0123456789abcdef01234567"

SOURCE = Source(
    key="S1",
    url="http://site.test/results",
    title="Northwind Instruments 10-Q",
    text=RESULTS,
    sha256="ab" * 32,
    text_sha256=text_hash(RESULTS),
    retrieved=datetime(2026, 8, 3, tzinfo=UTC),
    via="http",
)


def claims() -> list[Claim]:
    quote = Quote(source="S1", text=ROW)
    growth = Calculation(
        result="9.0%",
        formula="(a - b) / b",
        operands=[
            Operand(name="a", value="$412.6 million", quote=quote),
            Operand(name="b", value="$378.5 million", quote=quote),
        ],
    )
    return [
        Claim(text="Revenue was $412.6 million.", quotes=[quote]),
        Claim(text="Revenue rose 9.0%.", quotes=[quote], calculations=[growth]),
        Claim(text="Revenue was $999.9 million.", quotes=[quote]),
    ]


def bundle() -> Bundle:
    indexed = {"S1": IndexedSource(SOURCE)}
    return Bundle(
        job_id="job",
        report_id=REPORT,
        subject="Northwind",
        tickers=["NWI"],
        title="Northwind results",
        as_of=datetime(2026, 8, 3, 10, tzinfo=UTC),
        provider="offline",
        model="offline",
        via="http",
        sources=[SOURCE],
        unread=[],
        claims=[
            record("summary", f"C{number}", claim, check(claim, indexed))
            for number, claim in enumerate(claims(), start=1)
        ],
    )


@contextmanager
def stored(folder: Path) -> Iterator[Services]:
    services = wire(Settings(backend="local", data_dir=folder))
    try:
        save(services, bundle(), lambda _phase, _message: None)
        yield services
    finally:
        services.close()


def audited(
    folder: Path, tamper: Callable[[Evidence], None] | None = None, *, resealed: bool
) -> Audit:
    """The stored report, its evidence altered; resealed by someone who can write everything."""
    with stored(folder) as services:
        key = evidence_id_of("job")
        evidence = services.texts.get(key)
        assert evidence is not None
        value = json.loads(evidence)
        if tamper:
            tamper(value)
            services.texts.put(key, json.dumps(value))
        if resealed:
            document, text = services.knowledge.get(REPORT)
            attributes = document.attributes
            metadata = {**attributes.metadata, SEAL: seal(json.dumps(value))}
            again = Attributes(
                attributes.source, attributes.published, attributes.tickers, "report", metadata
            )
            services.knowledge.ingest(Submission(text, REPORT, document.title, again))
        return audit_report(services, REPORT)


def test_a_report_as_stored_holds(tmp_path: Path) -> None:
    found = audited(tmp_path, resealed=False)
    assert found.holds
    assert [(claim.id, claim.proven) for claim in found.claims] == [("C1", True), ("C2", True)]
    assert found.sources == 1


def test_evidence_written_otherwise_but_sealed_holds(tmp_path: Path) -> None:
    assert audited(tmp_path, lambda _value: None, resealed=True).holds


def alter_url(value: Evidence) -> None:
    value["sources"][0]["url"] = "http://site.test/elsewhere"


def alter_text(value: Evidence) -> None:
    value["sources"][0]["text"] += "\nNet profit was $1 million.\n"


def alter_claim(value: Evidence) -> None:
    value["claims"][0]["text"] = "Revenue was $812.6 million."


def alter_formula(value: Evidence) -> None:
    value["claims"][1]["calculations"][0]["formula"] = "a / b"


def alter_operand(value: Evidence) -> None:
    value["claims"][1]["calculations"][0]["operands"][0]["value"] = "$512.6 million"


def alter_quote(value: Evidence) -> None:
    value["claims"][0]["offered"][0]["text"] = "| Revenue | $412.6 | $300.0 |"


def alter_figure_place(value: Evidence) -> None:
    value["claims"][0]["figures"][0]["column"] = "Three Months Ended June 30, 2025"


def keep_a_refused_claim(value: Evidence) -> None:
    value["claims"][2]["reasons"] = []


def name_two_sources_alike(value: Evidence) -> None:
    value["sources"].append(value["sources"][0])


def alter_model(value: Evidence) -> None:
    value["model"] = "a human analyst"


@pytest.mark.parametrize(
    "tamper",
    [
        alter_url,
        alter_text,
        alter_claim,
        alter_formula,
        alter_operand,
        alter_quote,
        alter_figure_place,
        keep_a_refused_claim,
        name_two_sources_alike,
        alter_model,
    ],
    ids=lambda tamper: tamper.__name__,
)
@pytest.mark.parametrize("resealed", [False, True], ids=["sealed", "resealed"])
def test_tampered_evidence_is_noticed(
    tamper: Callable[[Evidence], None], resealed: bool, tmp_path: Path
) -> None:
    found = audited(tmp_path, tamper, resealed=resealed)
    assert not found.holds


def test_what_only_the_seal_knows_is_noticed(tmp_path: Path) -> None:
    def alter_cost(value: Evidence) -> None:
        value["cost"] = {"pages": 9}

    [fault] = audited(tmp_path, alter_cost, resealed=False).faults
    assert "SHA-256" in fault


def test_a_tampered_report_text_is_noticed(tmp_path: Path) -> None:
    with stored(tmp_path) as services:
        document, text = services.knowledge.get(REPORT)
        forged = text.replace("412.6", "812.6")
        services.knowledge.ingest(Submission(forged, REPORT, document.title, document.attributes))
        found = audit_report(services, REPORT)
    assert all(claim.proven for claim in found.claims)
    assert found.faults == ("The report's text is not what its evidence gives.",)


def test_without_evidence_nothing_is_verified(tmp_path: Path) -> None:
    with stored(tmp_path) as services:
        services.texts.put(evidence_id_of("job"), "{}")
        with pytest.raises(Unverifiable, match="damaged"):
            audit_report(services, REPORT)
        services.texts.delete(evidence_id_of("job"))
        with pytest.raises(Unverifiable, match="missing"):
            audit_report(services, REPORT)


def test_only_reports_can_be_verified(tmp_path: Path) -> None:
    with stored(tmp_path) as services:
        page = services.knowledge.list(kind="page").items[0]
        with pytest.raises(InvalidInput, match="no report but a page"):
            audit_report(services, page.id)
        with pytest.raises(NotFound):
            audit_report(services, "nothing")


def test_the_command_tells_and_ends_with_the_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with stored(tmp_path):
        pass
    place = ["--data-dir", str(tmp_path)]
    assert run(["verify", REPORT, *place]) == 0
    assert "The report holds: 2 of 2 statements proven" in capsys.readouterr().out

    services = wire(Settings(backend="local", data_dir=tmp_path))
    evidence = json.loads(services.texts.get(evidence_id_of("job")) or "")
    alter_claim(evidence)
    services.texts.put(evidence_id_of("job"), json.dumps(evidence))
    services.close()
    assert run(["verify", REPORT, "--json", *place]) == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["holds"]
    assert [claim["verdict"] for claim in told["claims"]] == ["refused", "proven"]
    assert "812.6" in told["claims"][0]["reasons"][0]
    assert len(told["faults"]) == 2

    assert run(["verify", "nothing", *place]) == 1
    assert "No document has the id" in capsys.readouterr().err


def test_a_service_gives_out_no_evidence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALEX_API_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ALEX_API_KEY", "key")
    assert run(["verify", REPORT]) == 2
    assert "not their evidence" in capsys.readouterr().err
