"""A database that the first edition made: its `alex demo` at commit ed6a705, vacuumed.

Six documents, of which one is a report, with their passages and vectors; the report's evidence;
the research job. It is version 1 of the schema, and so is the bundle. It is never made anew.
"""

import lzma
from pathlib import Path

REPORT = "report-5de9b0bbd6012e9f08603f44"
EVIDENCE = "evidence/3c667cca076e458c8ff1177aa6aff7e2.json"
STATEMENTS = 52
"""In the report, each proven."""

_PACKED = Path(__file__).resolve().parents[1] / "integration" / "data" / "first_edition.db.xz"


def unpack(folder: Path) -> Path:
    """Put it into a data folder, as it was; the file."""
    file = folder / "alex.db"
    file.write_bytes(lzma.decompress(_PACKED.read_bytes()))
    return file
