"""Evidence of earlier versions is read as it was sealed; a newer one's is refused."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from researcher.verify.bundle import VERSION, verify_bundle
from researcher.verify.identity import SEAL, seal
from researcher.verify.stored import Unreadable, read_bundle
from tests.support.first_edition import EVIDENCE, REPORT, STATEMENTS, unpack


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return unpack(tmp_path)


@pytest.fixture
def evidence(file: Path) -> str:
    """A bundle as the first edition stored it."""
    with closing(sqlite3.connect(file)) as db:
        row = db.execute("SELECT text FROM texts WHERE key = ?", (EVIDENCE,)).fetchone()
    return str(row[0])


def altered(evidence: str, **changes: object) -> str:
    values: dict[str, Any] = json.loads(evidence)
    return json.dumps({**values, **changes})


def test_the_first_editions_bundle_is_read_and_proven(evidence: str) -> None:
    bundle = read_bundle(evidence)
    assert (bundle.version, bundle.report_id) == (1, REPORT)
    assert len(bundle.kept) == STATEMENTS
    assert verify_bundle(bundle).holds


def test_its_seal_is_that_of_the_text_as_stored(file: Path, evidence: str) -> None:
    with closing(sqlite3.connect(file)) as db:
        [attributes] = db.execute(
            "SELECT attributes FROM documents WHERE id = ?", (REPORT,)
        ).fetchone()
    assert json.loads(attributes)["metadata"][SEAL] == seal(evidence)


def test_what_a_bundle_does_not_know_yet_has_a_default(evidence: str) -> None:
    values = json.loads(evidence)
    for later in ("version", "kind", "news", "contradictions", "dropped"):
        values.pop(later)
    assert len(read_bundle(json.dumps(values)).kept) == STATEMENTS


def test_a_newer_bundle_is_refused_whether_it_could_be_read_or_not(evidence: str) -> None:
    for changes in ({}, {"claims": {"in another": "shape"}}):
        with pytest.raises(Unreadable, match=r"newer Alex .* Upgrade Alex"):
            read_bundle(altered(evidence, version=VERSION + 1, **changes))


@pytest.mark.parametrize("damage", ["", "{", "[]", "{}", '{"version": 0}', '{"version": "new"}'])
def test_what_is_no_bundle_is_damaged(damage: str) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        read_bundle(damage)


@pytest.mark.parametrize("version", [0, -1, None, "next"])
def test_a_bundle_of_no_version_is_damaged(evidence: str, version: object) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        read_bundle(altered(evidence, version=version))
