"""`alex documents list|show|delete`."""

from typing import Annotated

import typer

from laptop.backends import open_backend
from laptop.cards import document_page, documents
from laptop.console import Screen, printable
from laptop.options import AsJson, Cursor, DataDir, Limit

app = typer.Typer(no_args_is_help=True, help="What is known: list, show, delete.")

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
    screen.out.print(documents(answer.documents))
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


@app.command()
def delete(document_id: Id, *, as_json: AsJson = False, data_dir: DataDir = None) -> None:
    """Delete one document, with its passages and its text."""
    screen = Screen(as_json=as_json)
    open_backend(screen, data_dir).delete(document_id)
    if as_json:
        screen.data({"document_id": document_id, "deleted": True})
    else:
        screen.out.print(f"Deleted {document_id}.", markup=False)
