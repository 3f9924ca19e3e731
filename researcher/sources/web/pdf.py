"""PDF to text, page after page, with the lines of a paragraph joined again."""

import io
import logging
import re

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from alex.errors import InvalidInput
from researcher.sources.web.linearise import INVISIBLE

# What a damaged file lacks is said once, by `InvalidInput`, or does not matter.
logging.getLogger("pypdf").setLevel(logging.ERROR)

PAGES = 500
"""A PDF is read up to this page."""

_ENDS = re.compile(r"[.:;!?\d)%”\"]$")
_FULL = 0.75
"""A line this long, compared with the page's longest, was broken because it was full."""


def pdf_text(data: bytes) -> tuple[str, str, bool]:
    """Title, text, and whether the text ends before the document does.

    Raises:
        InvalidInput: it is damaged or encrypted.
    """
    try:
        reader = PdfReader(io.BytesIO(data))
        pages = [reader.pages[number].extract_text() for number in range(_readable(reader))]
        title = (reader.metadata and reader.metadata.title) or ""
        partial = len(reader.pages) > PAGES
    except (
        PyPdfError,
        ArithmeticError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        # On damaged files pypdf raises the plain ones, too.
        raise InvalidInput("The PDF is damaged or encrypted.") from error
    except RecursionError as error:
        raise InvalidInput("The PDF refers to itself.") from error
    text = "\n\n".join(_reflowed(page) for page in pages).strip()
    return title.strip(), f"{text}\n" if text else "", partial


def _readable(reader: PdfReader) -> int:
    return min(len(reader.pages), PAGES)


def _reflowed(page: str) -> str:
    """A page with the lines of a paragraph joined; rows of a table stay apart."""
    lines = [line.strip() for line in INVISIBLE.sub("", page).splitlines()]
    width = max(map(len, lines), default=0)
    paragraphs: list[str] = []
    last = ""
    for line in lines:
        if last and line and _continues(last, line, width):
            paragraphs[-1] += f" {line}"
        else:
            paragraphs.append(line)
        last = line
    return "\n".join(paragraphs).strip()


def _continues(last: str, line: str, width: int) -> bool:
    full = len(last) >= _FULL * width
    return full and (line[0].islower() or not _ENDS.search(last))
