"""Evidence as it is stored, read back at any version since the first."""

from pydantic import BaseModel, Field, ValidationError

from alex.errors import AlexError
from researcher.verify.bundle import VERSION, Bundle


class Unreadable(AlexError):
    """Evidence that is damaged, or that a newer Alex stored."""


class _Versioned(BaseModel):
    """All that is looked at before it is known whether the rest would be understood."""

    version: int = Field(default=1, ge=1)


def read_bundle(text: str) -> Bundle:
    """The bundle that was stored; the text stays as it is, and so does its seal.

    Raises:
        Unreadable: it is no bundle, or a newer Alex's.
    """
    try:
        version = _Versioned.model_validate_json(text).version
        if version > VERSION:
            raise Unreadable(
                f"A newer Alex stored it (its version is {version}, this one knows {VERSION}). "
                "Upgrade Alex."
            )
        return Bundle.model_validate_json(text)
    except ValidationError as error:
        raise Unreadable("It is damaged.") from error
