"""The one exception that an operation answers with."""

from collections.abc import Mapping


class ServiceError(Exception):
    """An error response.

    Attributes:
        code: the modelled exception's name; boto3 raises the class of that name.
        status: overrides the HTTP status that the service's model gives the code.
        members: further members of the response, beside its message.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int | None = None,
        members: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = dict(members or {})


def invalid(message: str) -> ServiceError:
    """A `ValidationException`."""
    return ServiceError("ValidationException", message)


def not_found(message: str) -> ServiceError:
    """A `NotFoundException`."""
    return ServiceError("NotFoundException", message)


def conflict(message: str) -> ServiceError:
    """A `ConflictException`."""
    return ServiceError("ConflictException", message)
