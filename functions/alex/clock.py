"""The time, and how it is written down."""

from datetime import UTC, datetime


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A time in UTC to the microsecond, in a form that sorts as times do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
