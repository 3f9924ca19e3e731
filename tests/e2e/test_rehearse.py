"""`alex rehearse` as a user runs it: the real template, deployed, used and removed."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from laptop.console import ExitCode
from rehearsal.checks import CHECKS, REMOVAL
from rehearsal.rehearse import ONLY_AWS
from tests.support.alex_process import running_alex
from tests.support.sam import installed


@pytest.fixture(scope="module")
def _installed() -> None:
    installed()


pytestmark = [
    pytest.mark.usefixtures("_installed", "ctrl_c_is_heard"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no Ctrl-C to one process"),
]


def lines_until(running: subprocess.Popen[str], wanted: str) -> list[str]:
    """What it tells up to a line that starts so."""
    assert running.stderr is not None
    told: list[str] = []
    for line in running.stderr:
        told.append(line.strip())
        if told[-1].startswith(wanted):
            return told
    raise AssertionError("\n".join(told))


def test_the_stack_deploys_holds_all_checks_serves_commands_and_goes(tmp_path: Path) -> None:
    with running_alex("rehearse", "--keep", "--json", TMPDIR=str(tmp_path)) as rehearsal:
        told = lines_until(rehearsal, "Ctrl-C removes it")
        settings = dict(line.split("=", 1) for line in told if line.startswith("ALEX_"))
        assert set(settings) == {"ALEX_API_ENDPOINT", "ALEX_API_KEY"}, told
        use_from_the_command_line(tmp_path, settings)
        rehearsal.send_signal(signal.SIGINT)
        told += lines_until(rehearsal, "Removing the stack")
        rehearsal.send_signal(signal.SIGINT)  # the impatient, and some that start commands
        out, err = rehearsal.communicate(timeout=120)
    assert rehearsal.returncode == ExitCode.OK, (told, err)
    shown = json.loads(out)
    assert shown["passed"], (told, err)
    names = ["sam build", "sam deploy", *(check.name for check in (*CHECKS, REMOVAL))]
    assert [outcome["name"] for outcome in shown["outcomes"]] == names
    assert all(outcome["detail"] for outcome in shown["outcomes"])
    assert shown["only_aws"] == list(ONLY_AWS)
    assert "source" in shown["researcher"]
    assert list(tmp_path.glob("alex-rehearsal-*")) == []


def use_from_the_command_line(temporary: Path, settings: dict[str, str]) -> None:
    """The same commands as on a laptop, through the deployed API."""
    page = temporary / "cash.md"
    page.write_text("# Cash\n\nLarkspur held $284.6 million of cash.", encoding="utf-8")
    ingested = answer(temporary, settings, "ingest", str(page), "--ticker", "LKSP")
    (document,) = ingested["documents"]
    found = answer(temporary, settings, "search", "How much cash is there?", "--ticker", "LKSP")
    assert [result["document_id"] for result in found["results"]] == [document["document_id"]]


def answer(temporary: Path, settings: dict[str, str], *args: str) -> Any:  # noqa: ANN401 - JSON
    with running_alex(*args, "--json", TMPDIR=str(temporary), **settings) as command:
        out, err = command.communicate(timeout=120)
    assert command.returncode == ExitCode.OK, err
    return json.loads(out)


def test_ctrl_c_tears_down(tmp_path: Path) -> None:
    with running_alex("rehearse", TMPDIR=str(tmp_path)) as rehearsal:
        lines_until(rehearsal, "Building and deploying")
        assert list(tmp_path.glob("alex-rehearsal-*"))
        rehearsal.send_signal(signal.SIGINT)
        out, err = rehearsal.communicate(timeout=60)
    assert rehearsal.returncode == ExitCode.STOPPED, (out, err)
    assert "Traceback" not in err
    assert list(tmp_path.glob("alex-rehearsal-*")) == []
