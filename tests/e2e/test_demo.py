"""The main job as a new user runs it: in a process of its own, with an empty home."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from laptop.demo import PAGES, PORT
from tests.support.needs import needs_browser

DOCUMENTS = {"browser": len(PAGES) + 1, "http": len(PAGES)}
"""The pages and the report; plain HTTP finds no text in the page that a script makes."""


def alex(home: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run `alex` with no settings but these."""
    inherited: Mapping[str, str] = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ALEX_", "XDG_", "AWS_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "laptop.main", *args],
        env={**inherited, "HOME": str(home), "USERPROFILE": str(home), **env},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def demo(home: Path, **env: str) -> dict[str, object]:
    done = alex(home, "demo", "--json", **env)
    assert done.returncode == 0, done.stderr
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home; the port of the demo's site must be free, or its documents go elsewhere."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"port {PORT} is taken")
    home = tmp_path / "home"
    home.mkdir()
    return home


@needs_browser
def test_the_demo_reads_with_a_browser_and_doubles_nothing(home: Path) -> None:
    first = demo(home)
    second = demo(home)
    for summary in (first, second):
        assert summary["via"] == "browser"
        assert summary["found"] is True
        assert summary["documents"] == DOCUMENTS["browser"]
    assert (first["new"], second["new"]) == (DOCUMENTS["browser"], 0)
    assert second["report_id"] == first["report_id"]
    assert second["job_id"] != first["job_id"]
    assert first["unchanged"] is None
    assert "5 sources read again, all unchanged" in str(second["unchanged"])
    assert second["verified"] == first["verified"]


def test_the_demo_works_without_a_browser_and_says_so(home: Path) -> None:
    done = alex(home, "demo", ALEX_BROWSER="", COLUMNS="100")
    assert done.returncode == 0, done.stderr
    assert "$232.4 million" in done.stdout
    assert "[1]" in done.stdout
    assert "Found again" in done.stdout
    assert "plain HTTP" in done.stdout
    assert "playwright install" in done.stderr
    assert "robots.txt" in done.stderr


def test_a_taken_port_keeps_what_is_learned_apart(tmp_path: Path) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            squatter.bind(("127.0.0.1", PORT))
            squatter.listen()
        except OSError:
            pass  # somebody else has it: as good for this test
        places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(elsewhere))
        summary = demo(home, ALEX_BROWSER="", **places)
    assert summary["new"] == DOCUMENTS["http"]
    assert Path(str(summary["data_dir"])).is_relative_to(elsewhere)
