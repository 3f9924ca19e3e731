"""What the first edition kept is opened, found, shown and proven by this one."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alex.clock import now
from alex.local.migrations.steps import MIGRATIONS
from alex.research.jobs import Job
from alex.settings import Settings
from alex.wiring import wire
from laptop.main import run
from researcher.pipeline.assemble import find_earlier
from researcher.reports.audit import audit_report
from researcher.verify.bundle import VERSION
from tests.support.first_edition import EVIDENCE, REPORT, STATEMENTS, unpack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


def version_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def test_its_documents_are_listed_found_and_whole(folder: Path) -> None:
    assert version_of(folder / "alex.db") == 1
    services = wire(Settings(backend="local", data_dir=folder))
    documents = {document.id: document for document in services.knowledge.list().items}
    assert len(documents) == 6
    for document in documents.values():
        _, text = services.knowledge.get(document.id)
        assert len(text) == document.characters
    by_wording, by_meaning = "capital expenditures sensor plant", "orders not yet delivered"
    assert "sensor plant" in services.search.search(by_wording, k=1)[0].passages[0].text
    found = services.search.search(by_meaning, k=3)
    assert any("backlog" in passage.text for hit in found for passage in hit.passages)
    [job] = services.research.list().items
    assert (job.report_id, job.evidence_id) == (REPORT, EVIDENCE)
    services.close()
    assert version_of(folder / "alex.db") == len(MIGRATIONS)


def test_its_report_is_proven(folder: Path) -> None:
    services = wire(Settings(backend="local", data_dir=folder))
    audit = audit_report(services, REPORT)
    services.close()
    assert audit.faults == ()
    assert [claim.reasons for claim in audit.claims] == [()] * STATEMENTS
    assert audit.evidence_id == EVIDENCE


def test_the_commands_show_verify_and_search_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--data-dir", str(folder)]
    assert run(["documents", "show", REPORT, *place]) == 0
    assert "$232.4 million" in capsys.readouterr().out
    assert run(["verify", REPORT, *place]) == 0
    told = f"The report holds: {STATEMENTS} of {STATEMENTS} statements proven"
    assert told in capsys.readouterr().out
    assert run(["search", "order backlog", "--json", *place]) == 0
    assert "backlog" in json.loads(capsys.readouterr().out)["results"][0]["text"]


def test_what_is_added_to_it_is_found_beside_what_was_there(folder: Path) -> None:
    place = ["--data-dir", str(folder)]
    note = folder / "note.md"
    note.write_text("The order backlog of Larkspur Instruments was discussed at lunch.")
    assert run(["ingest", str(note), *place]) == 0
    services = wire(Settings(backend="local", data_dir=folder))
    found = services.search.search("order backlog", k=10)
    texts = [passage.text for hit in found for passage in hit.passages]
    services.close()
    assert any("lunch" in text for text in texts)
    assert any("$361.7 million" in text for text in texts)


def of_a_newer_alex(folder: Path) -> None:
    """Make the report's evidence that of a version that is not known yet."""
    services = wire(Settings(backend="local", data_dir=folder))
    evidence = json.loads(services.texts.get(EVIDENCE) or "")
    services.texts.put(EVIDENCE, json.dumps({**evidence, "version": VERSION + 1}))
    services.close()


def test_newer_evidence_is_not_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of_a_newer_alex(folder)
    capsys.readouterr()
    assert run(["verify", REPORT, "--data-dir", str(folder)]) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert f"The evidence of {REPORT} cannot be read. A newer Alex stored it" in told
    assert "Upgrade Alex." in told


def test_the_next_run_on_its_question_knows_its_report(folder: Path) -> None:
    services = wire(Settings(backend="local", data_dir=folder))
    [asked] = services.research.list().items
    again = Job("again", asked.request, now(), now())
    earlier = find_earlier(services, again)
    assert earlier is not None
    assert earlier.since.evidence_id == EVIDENCE
    assert len(earlier.bundle.kept) == STATEMENTS
    of_a_newer_alex(folder)
    assert find_earlier(services, again) is None
    services.close()
