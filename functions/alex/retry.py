"""How long somebody waits for an answer, and trying again within that time.

A gateway gives up after 29 seconds whatever the function behind it is doing. So a handler says
once how long its caller will wait; what talks to slow services asks how much of that is left.
"""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float | None] = ContextVar("ends", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Whatever runs inside should have answered after so many seconds."""
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def deadline(wait_seconds: float) -> float:
    """The moment, on the monotonic clock, at which waiting should end.

    That is after `wait_seconds` seconds, or earlier where the caller waits no longer. The answer
    depends on the calling thread's context: ask before handing work to other threads.
    """
    own, callers = time.monotonic() + wait_seconds, _ends.get()
    return own if callers is None else min(own, callers)


def time_is_up() -> bool:
    """Whether the caller's time limit, where there is one, has passed."""
    callers = _ends.get()
    return callers is not None and time.monotonic() >= callers


class RetriesExhausted(Exception):
    """The deadline came before a try succeeded; the cause is the last try's error."""


def retry[T](
    attempt: Callable[[], T],
    *,
    until: float,
    transient: Callable[[Exception], bool],
    first: float = 0.2,
    longest: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Try, and try again after transient errors, with pauses that grow and are never in step.

    Args:
        attempt: one try.
        until: no try starts after this moment.
        transient: whether an error may be gone at the next try; others are raised as they are.
        first: the longest first pause in seconds; each next one may be twice as long.
        longest: the longest pause.
        clock: tells the moment, in seconds, that `until` is compared with.
        sleep: waits for so many seconds.

    Raises:
        RetriesExhausted: the next pause would end after the deadline.
    """
    pause = first
    while True:
        try:
            return attempt()
        except Exception as error:
            if not transient(error):
                raise
            wait = random.uniform(0, pause)  # noqa: S311 - spreads load, keeps no secret
            if clock() + wait >= until:
                raise RetriesExhausted from error
        sleep(wait)
        pause = min(2 * pause, longest)
