"""Pages of a listing, and the opaque cursors that lead from one to the next."""

import base64
import json
from dataclasses import dataclass

from alex.errors import InvalidInput


def cursor(*position: str) -> str:
    """An opaque cursor for a position in a listing."""
    text = json.dumps(position, ensure_ascii=False)  # escaped, a long id would not fit
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(cursor: str, length: int) -> list[str]:
    """The position, of so many parts, that a cursor stands for.

    Raises:
        InvalidInput: nobody here made this cursor.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        parts = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        readable = [part for part in parts if isinstance(part, str) and part.encode()]
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidInput.of("cursor", "is not one that a listing gave out") from error
    if len(readable) != length or readable != parts:
        raise InvalidInput.of("cursor", "is not one that a listing gave out")
    return readable


@dataclass(frozen=True, slots=True)
class Page[T]:
    """One page of a listing; `cursor` asks for the next, None ends it."""

    items: tuple[T, ...]
    cursor: str | None = None
