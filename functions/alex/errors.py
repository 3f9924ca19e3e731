"""Everything that can go wrong, as a caller sees it.

AlexError
├── InvalidInput     the request is wrong; names each bad field
├── TooLarge         the request is right but exceeds a limit
├── NotFound         no such document or job
├── Conflict         the state does not allow it now
├── Unavailable      a dependency is cold, busy or down; try again later
└── Misconfigured    a setting is missing or wrong

Adapters translate a vendor's errors into these once, with `raise … from error`;
`alex.api.http` turns them into responses. Any other exception is a bug and reaches the caller as
a plain 500.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: `field` is its dotted path in the request (`documents.3.text`)."""

    field: str
    message: str


class AlexError(Exception):
    """The root; `detail` is safe to show to any caller."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidInput(AlexError):
    """The request is wrong."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.errors = tuple(errors)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInput":
        """One wrong field."""
        return cls(f"{field}: {message}", [FieldError(field, message)])


class TooLarge(InvalidInput):
    """The request exceeds a limit; `detail` names the limit."""


class NotFound(AlexError):
    """No such document or job."""


class Conflict(AlexError):
    """The state does not allow it now."""


class Unavailable(AlexError):
    """A dependency is cold, busy or down; `retry_after` is in seconds."""

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Misconfigured(AlexError):
    """A setting is missing or wrong; `detail` names it."""
