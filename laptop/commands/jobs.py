"""`alex jobs list|show|cancel|resume`."""

from typing import Annotated

import typer

from laptop.backend_choice import open_backend
from laptop.commands.research import follow, show_outcome
from laptop.console import Screen
from laptop.options import AsJson, Cursor, DataDir, Limit
from laptop.rendering import job_list, job_page

app = typer.Typer(no_args_is_help=True, help="Research jobs: list, show, cancel, resume.")

Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]


@app.command("list")
def list_(
    *,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List research jobs, newest first."""
    screen = Screen(as_json=as_json)
    answer = open_backend(screen, data_dir).jobs(cursor=cursor, limit=limit)
    if as_json:
        screen.view(answer)
        return
    if not answer.jobs:
        screen.out.print("No research yet.", style="quiet")
        screen.note("`alex research TOPIC --url …` starts some.")
        return
    screen.out.print(job_list(answer.jobs))
    if answer.cursor:
        screen.note(f"More: repeat with --cursor {answer.cursor}")


@app.command()
def show(job_id: Id, *, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Show one job and its steps."""
    screen = Screen(as_json=as_json)
    job = open_backend(screen, data_dir).job(job_id)
    if as_json:
        screen.view(job)
    else:
        screen.out.print(job_page(job))


@app.command()
def cancel(job_id: Id, *, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Cancel a job: at once when it waits, before its next step when it runs."""
    screen = Screen(as_json=as_json)
    job = open_backend(screen, data_dir).cancel(job_id)
    if as_json:
        screen.view(job)
    else:
        screen.out.print("Cancelled." if job.status.final else "It stops before its next step.")


@app.command()
def resume(job_id: Id, *, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Go on here with a job that waits or whose run has died, and follow it to its end."""
    screen = Screen(as_json=as_json)
    backend = open_backend(screen, data_dir)
    show_outcome(screen, backend, follow(screen, backend, backend.job(job_id)))
