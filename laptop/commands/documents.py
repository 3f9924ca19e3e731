"""`alex documents list|show|export|delete`."""

import re
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alex.errors import AlexError, InvalidInput
from laptop.backend_choice import open_backend
from laptop.console import Screen, printable
from laptop.options import AsJson, Cursor, DataDir, Limit
from laptop.rendering import document_list, document_page

app = typer.Typer(no_args_is_help=True, help="What is known: list, show, export, delete.")

if TYPE_CHECKING:  # the models load slowly, and `--help` needs none
    from alex.api.documents import WholeDocument

Id = Annotated[str, typer.Argument(metavar="ID", help="The document's id, as listings show it.")]


@app.command("list")
def list_(
    *,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind, such as report.", metavar="KIND")
    ] = None,
    ticker: Annotated[str | None, typer.Option(help="Only about this stock.", metavar="T")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """List documents, newest first."""
    screen = Screen(as_json=as_json)
    answer = open_backend(screen, data_dir).documents(
        cursor=cursor, limit=limit, kind=kind, ticker=ticker
    )
    if as_json:
        screen.view(answer)
        return
    if not answer.documents:
        screen.out.print("No documents.", style="quiet")
        screen.note("`alex ingest PATH` and `alex research TOPIC` add some.")
        return
    screen.out.print(document_list(answer.documents))
    if answer.cursor:
        screen.note(f"More: repeat with --cursor {answer.cursor}")


@app.command()
def show(
    document_id: Id,
    *,
    text: Annotated[
        bool, typer.Option("--text", metavar="", help="Print the stored text as it is.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Show one document."""
    screen = Screen(as_json=as_json)
    document = open_backend(screen, data_dir).document(document_id)
    if as_json:
        screen.view(document)
    elif text:
        screen.out.file.write(printable(document.text) + "\n")
    else:
        screen.out.print(document_page(document))


class Format(StrEnum):
    """What a document can be written as."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"


STDOUT = Path("-")


@app.command()
def export(
    document_id: Id,
    *,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="Markdown as it is stored, a web page of one file, or pages to print; "
            "else as the output's name ends, or md.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="Where to; - for standard output. Else a file here, named for the document.",
            metavar="PATH",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", metavar="", help="Write over a file that is there.")
    ] = False,
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Write one document to a file: reports with linked sources and, as html and pdf, charts."""
    screen = Screen(as_json=as_json)
    if output == STDOUT and as_json:
        raise InvalidInput.of("--json", "standard output holds either the document or JSON.")
    format_ = format_ or _format_of(output)
    if output == STDOUT and format_ is Format.PDF and sys.stdout.isatty():
        raise InvalidInput.of("--output", "a PDF would garble the terminal; name a file.")
    path = output or Path(f"{_file_name(document_id)}.{format_}")
    if path.is_dir():
        raise InvalidInput.of("--output", f"{path} is a folder; name a file in it.")
    if path != STDOUT and path.exists() and not force:
        raise InvalidInput.of("--output", f"{path} is there already; --force writes over it.")
    content = _content(open_backend(screen, data_dir).document(document_id), format_)
    if path == STDOUT:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    _write(path, content, force=force)
    if as_json:
        written = {"document_id": document_id, "format": format_, "path": str(path)}
        screen.data(written | {"bytes": len(content)})
    else:
        screen.out.print(f"Wrote {path} ({len(content):,} bytes).", markup=False, soft_wrap=True)


def _format_of(output: Path | None) -> Format:
    """The format that a file's name promises."""
    ending = output.suffix.lower().removeprefix(".") if output else ""
    return Format(ending) if ending in set(Format) else Format.MD


def _content(document: "WholeDocument", wanted: Format) -> bytes:
    if wanted is Format.MD:
        return (document.text.rstrip("\n") + "\n").encode()
    from researcher.reports.page import html_page  # noqa: PLC0415 - keeps the other commands quick

    page = html_page(document)
    if wanted is Format.HTML:
        return page.encode()
    from researcher.reports.pdf import pdf  # noqa: PLC0415 - Playwright loads slowly

    return pdf(page)


def _write(path: Path, content: bytes, *, force: bool) -> None:
    """Write the file; without `force` never over one, not even one that came just now."""
    try:
        with path.open("wb" if force else "xb") as file:
            file.write(content)
    except FileExistsError as error:
        raise InvalidInput.of(
            "--output", f"{path} is there already; --force writes over it."
        ) from error
    except OSError as error:
        raise AlexError(f"{path} cannot be written: {error.strerror}.") from error


def _file_name(document_id: str) -> str:
    """The id as the name of a file on any system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", document_id).strip(".-")[:100] or "document"


@app.command()
def delete(document_id: Id, *, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Delete one document, with its passages and its text."""
    screen = Screen(as_json=as_json)
    open_backend(screen, data_dir).delete(document_id)
    if as_json:
        screen.data({"document_id": document_id, "deleted": True})
    else:
        screen.out.print(f"Deleted {document_id}.", markup=False)
