"""Draw README's picture of a report: `uv run python guides/images/draw.py`, after `alex demo`."""

import re
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from laptop.console import THEME
from laptop.local import LocalBackend, data_folder, settings_for
from laptop.rendering import PlainMarkdown

PICTURE = Path(__file__).parent / "report.svg"
COLUMNS = 92
PAPER = TerminalTheme(
    (250, 249, 246),
    (38, 38, 42),
    [
        (38, 38, 42),
        (165, 60, 50),
        (40, 110, 70),
        (150, 105, 20),
        (40, 80, 150),
        (120, 60, 130),
        (20, 105, 120),
        (120, 120, 120),
    ],
)


def main() -> None:
    """Take the demo's newest report and draw its beginning."""
    backend = LocalBackend(settings_for(data_folder(None) / "demo"))
    [report] = backend.documents(cursor=None, limit=1, kind="report", ticker=None).documents
    text = backend.document(report.document_id).text
    parts = re.split(r"(?m)^(?=## )", text)
    console = Console(record=True, width=COLUMNS, file=StringIO(), theme=THEME)
    # The title, the summary and the key figures; the picture is a taste.
    console.print(PlainMarkdown("".join(parts[:3])))
    console.print("…", style="quiet")
    sources = next(part for part in parts if part.startswith("## Sources"))
    console.print(PlainMarkdown("".join(sources.splitlines(keepends=True)[:4])))
    svg = console.export_svg(title="alex demo", theme=PAPER)
    # The picture asks no server for a font; a viewer's own monospaced one serves.
    PICTURE.write_text(re.sub(r"@font-face {.*?}\s*", "", svg, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
