"""The `alex` command: the whole product from a terminal; `python -m laptop.main` runs it, too."""

import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from alex import __version__
from alex.errors import AlexError
from laptop.commands import (
    demo,
    documents,
    ingest,
    jobs,
    openapi,
    rehearse,
    research,
    search,
    serve,
    verify,
)
from laptop.console import ExitCode, Screen, error_message, exit_code, use_utf8

app = typer.Typer(
    name="alex",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=(
        "Alex researches companies and remembers what it found, every figure traceable to its page."
        "\n\nEverything stays on this machine, unless ALEX_API_ENDPOINT and ALEX_API_KEY name a "
        "service: then the same commands work there."
        "\n\nExit codes: 0 done, 1 failed, 2 wrong usage or setting, 130 stopped by Ctrl-C."
    ),
)
app.command()(demo.demo)
app.command()(serve.serve)
app.command()(ingest.ingest)
app.command()(search.search)
app.add_typer(documents.app, name="documents")
app.command()(research.research)
app.add_typer(jobs.app, name="jobs")
app.command()(verify.verify)
app.command()(openapi.openapi)
app.command()(rehearse.rehearse)


def _version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"alex {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_version, help="Print the version.")
    ] = False,
) -> None:
    """What belongs to no one command."""


def run(args: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; errors become one sentence on stderr."""
    try:
        app(args, prog_name="alex")
    except SystemExit as ended:
        return int(ended.code or ExitCode.OK)
    except AlexError as error:
        Screen().notes.print(
            f"alex: {error_message(error)}", style="bad", markup=False, soft_wrap=True
        )
        return exit_code(error)
    return ExitCode.OK


def main() -> None:
    """The `alex` command."""
    use_utf8()
    sys.exit(run())


if __name__ == "__main__":
    main()
