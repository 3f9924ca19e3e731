"""An ingest killed with -9 at random moments, then repeated, ends as one clean run."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.ingest_corpus import WORDS
from tests.support.stores import Stores

ROOT = Path(__file__).resolve().parents[2]
SEED = 20_260_101
KILLS = 20


def start(folder: Path) -> subprocess.Popen[str]:
    """Start an ingest and return when it is about to write."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.ingest_corpus", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "functions"), str(ROOT)])},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> int:
    """Wait for its end and close its pipe."""
    process.communicate(timeout=120)
    return process.returncode


def outcome(folder: Path) -> object:
    """All that a user can see: documents and the scored results of many searches."""
    stores = Stores(folder)
    searches = [
        [
            (hit.document.id, passage.text, passage.span, round(passage.score, 6))
            for hit in stores.search.search(f"{first} {second}", k=20)
            for passage in hit.passages
        ]
        for first in WORDS
        for second in WORDS[:4]
    ]
    contents = stores.contents()
    assert stores.stray() == {"passages": set(), "texts": set()}
    stores.database.close()
    return contents, searches


def check_integrity(folder: Path) -> None:
    """The database is sound, every visible document whole and searchable."""
    stores = Stores(folder)
    with stores.database.read() as db:
        assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]
    with stores.database.write() as db:
        db.execute("INSERT INTO passages_text (passages_text, rank) VALUES ('integrity-check', 1)")
    for document_id, (text, _, _) in stores.contents().items():
        assert {e.passage.text for e in stores.entries(document_id)} == set(text.split("\n"))
    stores.database.close()


@pytest.mark.slow
def test_killed_twenty_times_and_repeated_equals_one_clean_run(tmp_path: Path) -> None:
    clean, killed = tmp_path / "clean", tmp_path / "killed"
    process = start(clean)
    began = time.monotonic()
    assert finish(process) == 0
    whole = time.monotonic() - began
    expected = outcome(clean)
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    kills = 0
    while kills < KILLS:
        process = start(killed)
        delay = chance.uniform(0, whole)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.kill()
        if finish(process) != 0:
            kills += 1
            sys.stdout.write(f"seed {SEED}: kill {kills} after {delay:.3f} of {whole:.3f} s\n")
        check_integrity(killed)
        if kills in (1, KILLS):
            assert finish(start(killed)) == 0
            assert outcome(killed) == expected
