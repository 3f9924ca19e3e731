"""What becomes of a rehearsal's checks: output whole, and never green by accident."""

import json
from pathlib import Path

import pytest
import typer

from laptop.commands.rehearse import show_result
from laptop.console import ExitCode, Screen
from laptop.site.server import RunningSite
from rehearsal.checks import Check, CheckOutcome, run_check
from rehearsal.deployment import CheckFailed, Deployment, until
from rehearsal.process import StandIn
from rehearsal.rehearse import ONLY_AWS, Rehearsal

NOWHERE = Deployment(
    stand_in=StandIn("http://127.0.0.1:9", "eu-west-1", "1", "key", "secret", Path()),
    stack="none",
    outputs={},
    api="http://127.0.0.1:9",
    key="",
    site=RunningSite("http://127.0.0.1:9", "127.0.0.1:9"),
)


def rehearsal(*outcomes: CheckOutcome) -> Rehearsal:
    return Rehearsal(outcomes, 1.0, "eu-west-1", "SAM CLI, version 1", "from its source")


def shows(_: Deployment) -> str:
    return "seen"


def does_not_hold(_: Deployment) -> str:
    raise CheckFailed("404, not 200")


def is_unanswered(deployment: Deployment) -> str:
    return str(deployment.ask("GET", "/health"))


@pytest.mark.parametrize(
    ("run", "passed", "said"),
    [(shows, True, "seen"), (does_not_hold, False, "404, not 200"), (is_unanswered, False, "9")],
)
def test_whatever_a_check_meets_becomes_its_outcome(run: object, passed: bool, said: str) -> None:
    outcome = run_check(Check("It", run), NOWHERE)  # type: ignore[arg-type]
    assert outcome.passed is passed
    assert said in outcome.detail


def test_what_does_not_come_in_time_fails() -> None:
    with pytest.raises(CheckFailed, match="the end: not within 0 s"):
        until(lambda: None, 0, "the end")


@pytest.mark.parametrize("as_json", [True, False])
def test_one_failed_check_fails_the_command(
    as_json: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    held, broken = CheckOutcome("Search", True, "found", 1), CheckOutcome("Ingest", False, "500", 1)
    show_result(Screen(as_json=as_json), rehearsal(held))
    green = capsys.readouterr()
    assert "Everything held" in green.err

    with pytest.raises(typer.Exit) as ended:
        show_result(Screen(as_json=as_json), rehearsal(held, broken))
    assert ended.value.exit_code == ExitCode.FAILED
    red = capsys.readouterr()
    assert "Failed: Ingest." in red.err
    assert "Everything held" not in red.err
    for output, passed in ((green.out, True), (red.out, False)):
        if as_json:
            assert json.loads(output)["passed"] is passed
        else:
            assert ONLY_AWS[0] in output
