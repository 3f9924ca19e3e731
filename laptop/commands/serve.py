"""`alex serve`."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from laptop.console import Screen
from laptop.options import AsJson, DataDir

if TYPE_CHECKING:  # the web server loads slowly, and `--help` needs none of it
    from laptop.serve import RunningGateway


def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than this machine's see it, too.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="0 takes any free one.", min=0, max=65535, metavar="N")
    ] = 8000,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Serve the REST API on this machine, run waiting research, and start it on schedule."""
    from alex.wiring import wire  # noqa: PLC0415 - keeps `--help` quick
    from laptop import serve as server  # noqa: PLC0415
    from laptop.local import settings_for  # noqa: PLC0415
    from researcher.pipeline.worker import run_job_here  # noqa: PLC0415

    screen = Screen(as_json=as_json)
    services = wire(settings_for(data_dir))

    def started(running: "RunningGateway") -> None:
        _show(screen, running, str(services.settings.data_dir), services.settings.watch_minutes)

    server.serve(
        services,
        host=host,
        port=port,
        run_job=lambda job_id: run_job_here(services, job_id),
        started=started,
    )
    screen.note("Stopped.")


def _show(screen: Screen, running: "RunningGateway", folder: str, minutes: int) -> None:
    """Where it is; the key only when it is new, for a terminal's scrollback is no place for it."""
    if screen.json:
        key = {"key": running.key} if running.new_key else {}
        screen.data({"url": running.url, "data_dir": folder, **key})
        screen.out.file.flush()
        return
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="quiet")
    facts.add_row("API", running.url)
    facts.add_row("documents", folder)
    facts.add_row("key", running.key if running.new_key else "as before; the file api-key has it")
    facts.add_row("research", f"every {minutes} minutes" if minutes else "on request only")
    screen.out.print(facts)
    screen.note(f'\nTry: curl -H "x-api-key: KEY" "{running.url}/search?q=revenue"')
    screen.note("Ctrl-C stops it.")
