"""The laptop's API key: made once, kept in the data folder, readable by its owner only."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from alex.errors import Misconfigured

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key, and whether it was made just now: then its owner has yet to see it."""

    value: str
    new: bool


def load_or_create(data_dir: Path) -> ApiKey:
    """The folder's key; the first call makes it.

    Raises:
        Misconfigured: the file cannot be read or written, or is empty.
    """
    path = data_dir / "api-key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        made = _make(path)
        if made:
            return ApiKey(made, new=True)
        path.chmod(_OWNER_ONLY)
        value = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"The API key in {path} cannot be read or written.") from error
    if not value:
        raise Misconfigured(f"{path} is empty; delete it and a new key will be made.")
    return ApiKey(value, new=False)


def _make(path: Path) -> str | None:
    """A new key in a new file; None where there is a file."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return None
    value = secrets.token_urlsafe(32)
    with os.fdopen(file, "w", encoding="ascii") as written:
        written.write(value + "\n")
    return value
