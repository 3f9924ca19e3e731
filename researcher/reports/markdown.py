"""Text of pages and models as Markdown: whatever it says, it stays text."""

import re
from datetime import date

_ACTIVE = re.compile(r"([\[\]<>`])")


def safe(text: str) -> str:
    """On one line, and unable to make a link, an image or HTML."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def cell(text: str) -> str:
    """Safe inside a table."""
    return safe(text).replace("|", "/")


def row(cells: list[str]) -> str:
    """A table's row."""
    return "| " + " | ".join(cells) + " |"


def bullets(lines: list[str]) -> str:
    """A list."""
    return "\n".join(f"- {line}" for line in lines)


def link(url: str) -> str:
    """An autolink, where the address can stand in one."""
    plain = url.replace("<", "%3C").replace(">", "%3E").replace(" ", "%20")
    return f"<{plain}>" if plain.startswith(("http://", "https://")) else f"`{plain}`"


def day(moment: date) -> str:
    """Such as 3 August 2026."""
    return f"{moment.day} {moment:%B %Y}"


def count_of(number: int, noun: str) -> str:
    """A number with its noun: `1 document`, `1,200 documents`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
