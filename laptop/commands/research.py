"""`alex research`."""

import os
import uuid
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer
from rich.status import Status

from alex.errors import Conflict
from alex.research.jobs import Budget, JobStatus, ResearchRequest
from laptop.backend import Backend
from laptop.backend_choice import open_backend
from laptop.console import ExitCode, Screen, deferred_interrupts
from laptop.options import AsJson, DataDir, Tickers
from laptop.rendering import document_page, step_line

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from alex.api.documents import WholeDocument
    from alex.api.research import JobView

DEFAULT = Budget()
PORTS = {"http": 80, "https": 443}
IPV4 = 4


def research(
    topic: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="The question, in your own words.")
    ] = None,
    *,
    url: Annotated[
        list[str] | None,
        typer.Option(help="A page to start from; may be repeated.", metavar="URL"),
    ] = None,
    ticker: Tickers = None,
    usd: Annotated[
        float, typer.Option(help="Dollars for model calls.", min=0, metavar="USD")
    ] = DEFAULT.usd,
    turns: Annotated[
        int, typer.Option(help="Model calls, failed ones too.", min=1, metavar="N")
    ] = DEFAULT.turns,
    pages: Annotated[int, typer.Option(help="Pages to read.", min=1, metavar="N")] = DEFAULT.pages,
    size: Annotated[
        int, typer.Option("--bytes", help="Bytes of pages to read.", min=1, metavar="N")
    ] = DEFAULT.bytes,
    seconds: Annotated[
        int, typer.Option(help="Time to take.", min=10, metavar="N")
    ] = DEFAULT.seconds,
    detach: Annotated[
        bool,
        typer.Option("--detach", metavar="", help="Leave the job to `alex serve` or the service."),
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Research a topic, tickers or pages; write and keep a verified report. Ctrl-C cancels."""
    screen = Screen(as_json=as_json)
    request = ResearchRequest(
        topic=topic,
        tickers=tuple(ticker or ()),
        urls=tuple(url or ()),
        budget=Budget(usd=usd, turns=turns, pages=pages, bytes=size, seconds=seconds),
    )
    backend = open_backend(screen, data_dir)
    for address in private_addresses(request.urls, os.environ.get("ALEX_ALLOW_HOSTS", "")):
        screen.warn(
            f"{address} is private: it is read only where ALEX_ALLOW_HOSTS={address} is set."
        )
    job = backend.request(request, uuid.uuid4().hex)
    if not detach:
        job = follow(screen, backend, job)
    show_outcome(screen, backend, job)


def show_outcome(screen: Screen, backend: Backend, job: "JobView") -> None:
    """Show what became of a job, and end with the code that says so."""
    report = backend.document(job.report_id) if job.report_id else None
    if screen.json:
        screen.data(job.model_dump(mode="json") | {"report": report.text if report else None})
    else:
        _show(screen, job, report)
    if job.status is JobStatus.CANCELLED:
        raise typer.Exit(ExitCode.STOPPED)
    if job.status is JobStatus.FAILED:
        raise typer.Exit(ExitCode.FAILED)


def private_addresses(urls: Sequence[str], allowed: str) -> list[str]:
    """The `ip:port` of those URLs that name this machine or network and are not allowed."""
    found: dict[str, None] = {}
    open_to_all = {place.strip() for place in allowed.split(",")}
    for url in urls:
        parts = urlsplit(url)
        host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
        try:
            address, port = ip_address(host), parts.port or PORTS.get(parts.scheme, 80)
        except ValueError:  # a name, which the guard looks up; or no port
            continue
        place = f"{address}:{port}" if address.version == IPV4 else f"[{address}]:{port}"
        if not address.is_global and place not in open_to_all:
            found[place] = None
    return list(found)


def follow(screen: Screen, backend: Backend, job: "JobView") -> "JobView":
    """Show a job's steps until it has ended; the first Ctrl-C cancels it, the second leaves."""
    shown, cancelled = 0, False
    with deferred_interrupts() as interrupts, waiting(screen):
        for latest in backend.follow(job.job_id):
            for step in latest.steps[shown:]:
                screen.notes.print(step_line(step))
            shown, job = len(latest.steps), latest
            if interrupts.asked and not cancelled:
                cancelled = True
                screen.note("Cancelling before the next step; Ctrl-C again leaves at once.")
                request_cancel(backend, job.job_id)
    return job


def request_cancel(backend: Backend, job_id: str) -> None:
    """Ask for a cancel; a job that has just ended needs none."""
    try:
        backend.cancel(job_id)
    except Conflict:
        return


def waiting(screen: Screen) -> Status:
    """A sign of life while a step takes its time; nothing where nobody watches."""
    return screen.notes.status("Working …", spinner="dots", spinner_style="quiet")


def _show(screen: Screen, job: "JobView", report: "WholeDocument | None") -> None:
    """The report, or what became of the job without one."""
    if report:
        screen.out.print()
        screen.out.print(document_page(report))
        screen.note(f"\nKept: `alex documents show {job.report_id}` shows it again.")
    elif job.status is JobStatus.QUEUED:
        screen.out.print(job.job_id, markup=False)
        screen.note("Queued for `alex serve` or the service; `alex jobs show ID` tells how far.")
    else:
        ended = "was cancelled" if job.status is JobStatus.CANCELLED else job.status
        screen.warn(f"The research {ended}. {job.error or ''}".strip())
