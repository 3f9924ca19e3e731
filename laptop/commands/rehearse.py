"""`alex rehearse`."""

import time
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from alex.errors import AlexError, Misconfigured
from laptop.console import ExitCode, Screen
from laptop.options import AsJson

if TYPE_CHECKING:
    from rehearsal.checks import CheckOutcome
    from rehearsal.deployment import Deployment
    from rehearsal.rehearse import Rehearsal


class RehearsalFailed(AlexError):
    """There was no stack to check."""


def rehearse(
    *,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Keep the stack, empty, for commands of yours until Ctrl-C."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deploy the AWS stack to a stand-in on this machine, check it, tear it down: no account."""
    if find_spec("rehearsal") is None:
        raise Misconfigured(
            "`alex rehearse` deploys the template beside its own code; "
            "run it in a checkout of the project."
        )
    from rehearsal.process import NotStarted  # noqa: PLC0415 - keeps `--help` quick
    from rehearsal.rehearse import rehearse as run  # noqa: PLC0415
    from rehearsal.sam import SamFailed  # noqa: PLC0415

    screen = Screen(as_json=as_json)

    def wait(deployment: "Deployment") -> None:
        if keep:
            _wait(screen, deployment)

    try:
        result = run(screen.note, lambda outcome: _show(screen, outcome), meanwhile=wait)
    except (NotStarted, SamFailed) as error:
        raise RehearsalFailed(str(error)) from error
    show_result(screen, result)


def _show(screen: Screen, outcome: "CheckOutcome") -> None:
    """One line on a step; with JSON it is progress, else it is the result."""
    mark, style = ("✓", "good") if outcome.passed else ("✗", "bad")
    line = f"{mark} {outcome.name} ({outcome.seconds:.1f} s): {outcome.detail}"
    to = screen.notes if screen.json else screen.out
    to.print(line, style=style if not outcome.passed else None, markup=False, soft_wrap=True)


def _wait(screen: Screen, deployment: "Deployment") -> None:
    """Until Ctrl-C."""
    screen.note(
        "\nThe stack is up, and empty. In another terminal:\n"
        f"  ALEX_API_ENDPOINT={deployment.api}\n"
        f"  ALEX_API_KEY={deployment.key}\n"
        "Ctrl-C removes it."
    )
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(0.5)  # short, for Windows notices Ctrl-C only in between


def show_result(screen: Screen, result: "Rehearsal") -> None:
    """Tell what was shown and what was not.

    Raises:
        typer.Exit: a check did not hold.
    """
    if screen.json:
        screen.data(result.as_json())
    else:
        _sum_up(screen, result)
    failed = [outcome.name for outcome in result.outcomes if not outcome.passed]
    if failed:
        screen.warn(f"\nFailed: {', '.join(failed)}.")
        raise typer.Exit(ExitCode.FAILED)
    screen.note("\nEverything held. The stand-in and all its files are gone.")


def _sum_up(screen: Screen, result: "Rehearsal") -> None:
    from rehearsal.rehearse import ONLY_AWS  # noqa: PLC0415 - keeps `--help` quick

    screen.out.print(
        f"\nRehearsed in {result.seconds:.0f} s with {result.sam}. "
        f"The researcher ran {result.researcher}.\n",
        markup=False,
        soft_wrap=True,
    )
    screen.out.print("Only AWS can show:", style="name")
    for each in ONLY_AWS:
        screen.out.print(f"· {each}", markup=False, soft_wrap=True)
