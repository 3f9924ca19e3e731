"""Files and folders to submissions: what `alex ingest` reads."""

import codecs
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alex.errors import AlexError, InvalidInput
from alex.knowledge.documents import Attributes, Submission

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks, longest first where one begins another; PowerShell writes UTF-16."""


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """A document read from a file.

    Attributes:
        where: the file, and the line in it where it holds many.
        size: bytes of the file this document stands for.
    """

    where: str
    size: int
    submission: Submission


@dataclass(frozen=True, slots=True)
class UnreadableItem:
    """A file, or a line of one, that holds no document; `reason` is a sentence for its owner."""

    where: str
    size: int
    reason: str


type Item = LoadedItem | UnreadableItem

type Reader = Callable[[Path], Iterator[Item]]
"""A file to its documents; raises OSError or InvalidInput where there is none."""

type Content = tuple[str, str, date | None]
"""Title (may be empty), text, publication date."""

type Extract = Callable[[bytes, str], Content]
"""A file's bytes and its URL to its content."""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The files to read: each named file, and every readable kind inside each named folder.

    Raises:
        InvalidInput: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(_inside(path)))
        elif path.exists():
            found[path] = None
        else:
            raise InvalidInput(f"There is no file or folder {path}.")
    return list(found)


def read_file(path: Path) -> Iterator[Item]:
    """The documents of one file, or why there is none; never raises for what a file holds."""
    reader = READERS.get(path.suffix.lower())
    size = path.stat().st_size
    if reader is None:
        yield UnreadableItem(str(path), size, f"Alex reads {KINDS} files.")
        return
    try:
        yield from reader(path)
    except OSError as error:
        yield UnreadableItem(str(path), size, f"{error.strerror or error}.")
    except AlexError as error:
        yield UnreadableItem(str(path), size, error.detail)


def from_stdin(data: bytes) -> Item:
    """A text from standard input; it is known by its content, having no place."""
    try:
        title, text, _ = _markdown(data, "")
    except InvalidInput as error:
        return UnreadableItem("-", len(data), error.detail)
    if not text.strip():
        return UnreadableItem("-", len(data), "Standard input was empty.")
    return LoadedItem("-", len(data), Submission(text, title=title or None))


def decode(data: bytes) -> str:
    """Text of unknown encoding: by its byte order mark, else UTF-8, else the likeliest.

    Raises:
        InvalidInput: the bytes are no text.
    """
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _strictly(data, encoding)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = _guess(data)
    if "\0" in text:
        raise InvalidInput("This is a binary file, not a text.")
    return text


def submission_of(record: object) -> Submission:
    """A line of a corpus as a submission: what `POST /ingest` takes, with metadata made flat.

    Raises:
        InvalidInput: naming every wrong field.
    """
    from alex.api.ingest import DocumentBody  # noqa: PLC0415 - the models load slowly
    from alex.api.requests import parse  # noqa: PLC0415 - the models load slowly

    if isinstance(record, dict) and isinstance(record.get("metadata"), dict):
        record = record | {"metadata": dict(_flat("", record["metadata"]))}
    return parse(DocumentBody, record).submission()


def _inside(folder: Path) -> list[Path]:
    """Readable files under a folder, in a stable order, without hidden ones."""
    files: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(parent)
        files += [
            here / name
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in READERS
        ]
    return files


def _corpus(path: Path) -> Iterator[Item]:
    """One document a line; a bad line is reported and the rest goes on."""
    with path.open("rb") as file:
        head = file.read(4)
        file.seek(0)
        wide = any(head.startswith(mark) and name != "utf-8-sig" for mark, name in BOMS)
        lines = _recoded(file.read()) if wide else file
        for number, record in enumerate(lines, start=1):
            if record.strip(b" \t\r\n\xef\xbb\xbf"):
                yield line(f"{path}:{number}", record)


def _recoded(data: bytes) -> list[bytes]:
    """Lines of a UTF-16 or UTF-32 file, as UTF-8."""
    return decode(data).encode().splitlines(keepends=True)


def line(where: str, record: bytes) -> Item:
    """One line of a corpus."""
    try:
        submission = submission_of(json.loads(record.decode("utf-8-sig")))
    except UnicodeDecodeError:
        return UnreadableItem(where, len(record), "The line is not UTF-8.")
    except (json.JSONDecodeError, RecursionError) as error:
        reason = getattr(error, "msg", "nested too deeply")
        return UnreadableItem(where, len(record), f"The line is not JSON: {reason}.")
    except InvalidInput as error:
        return UnreadableItem(where, len(record), error.detail)
    return LoadedItem(where, len(record), submission)


def _whole(extract: Extract) -> Reader:
    """A reader of files that are one document each, known by their place."""

    def reader(path: Path) -> Iterator[Item]:
        data = path.read_bytes()
        source = path.resolve().as_uri()
        title, text, published = extract(data, source)
        if not text.strip():
            yield UnreadableItem(str(path), len(data), "No text was found in it.")
            return
        attributes = Attributes(source=source, published=published)
        submission = Submission(text, title=title or path.stem, attributes=attributes)
        yield LoadedItem(str(path), len(data), submission)

    return reader


def _plain(data: bytes, _source: str) -> Content:
    return "", decode(data), None


def _markdown(data: bytes, _source: str) -> Content:
    text = decode(data)
    headings = (line[2:].strip() for line in text.splitlines() if line.startswith("# "))
    return next(headings, ""), text, None


def _page(media_type: str) -> Extract:
    """A reader of what pages on the web are, too."""

    def extract(data: bytes, source: str) -> Content:
        from researcher.sources.web import extraction, pdf  # noqa: PLC0415 - lxml and pypdf load slowly

        content = extraction.extract(data, media_type, source)
        if content.partial:
            raise InvalidInput(
                f"It has more than {pdf.PAGES} pages; split it, so that none is lost."
            )
        return content.title, content.text, content.published

    return extract


READERS: Mapping[str, Reader] = {
    ".jsonl": _corpus,
    ".md": _whole(_markdown),
    ".txt": _whole(_plain),
    ".html": _whole(_page("text/html")),
    ".htm": _whole(_page("text/html")),
    ".pdf": _whole(_page("application/pdf")),
}
"""What can be read, by the end of a file's name."""

KINDS = ", ".join(READERS)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The text is damaged: it is not the {encoding} it says it is."
        ) from error


def _guess(data: bytes) -> str:
    """The likeliest text; Western Windows wherever it is plausible, being by far the commonest."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - loads slowly, and few need it

    matches = from_bytes(data)
    western = (m for m in matches if "cp1252" in (m.encoding, *m.could_be_from_charset))
    match = next(western, matches.best())
    if match is None:
        raise InvalidInput("This is no text in any known encoding.")
    return str(match)


def _flat(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    """Objects become dotted keys and nulls are left out; the rest is the API's to judge."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        elif value is not None:
            yield f"{prefix}{key}", value
