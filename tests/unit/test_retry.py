"""Trying again, until a caller waits no longer."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.retry import RetriesExhausted, deadline, retry, time_is_up, time_limit


@dataclass
class Time:
    """A clock that runs while somebody sleeps."""

    now: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def failing(times: int) -> Iterator[Exception | None]:
    yield from [ConnectionError("busy")] * times
    while True:
        yield None


def is_transient(error: Exception) -> bool:
    return isinstance(error, ConnectionError)


@given(st.integers(0, 200), st.floats(0, 60))
def test_tries_end_at_the_deadline_and_not_before(failures: int, patience: float) -> None:
    time, outcomes, tries = Time(), failing(failures), 0

    def attempt() -> str:
        nonlocal tries
        tries += 1
        if error := next(outcomes):
            raise error
        return "done"

    def try_on() -> str:
        return retry(
            attempt, until=patience, transient=is_transient, clock=time.clock, sleep=time.sleep
        )

    try:
        assert try_on() == "done"
    except RetriesExhausted:
        assert tries <= failures
        # No pause is longer than five seconds, so it gave up no earlier than that.
        assert time.now > patience - 5
    else:
        assert tries == failures + 1
    assert time.now <= patience
    for place, pause in enumerate(time.pauses):
        assert pause <= min(0.2 * 2**place, 5)


def test_giving_up_says_why() -> None:
    def attempt() -> None:
        raise ConnectionError("busy")

    with pytest.raises(RetriesExhausted) as raised:
        retry(attempt, until=0, transient=is_transient)
    assert isinstance(raised.value.__cause__, ConnectionError)


def test_errors_that_stay_are_raised_at_once() -> None:
    time = Time()

    def attempt() -> None:
        raise KeyError("gone")

    with pytest.raises(KeyError):
        retry(attempt, until=9, transient=is_transient, clock=time.clock, sleep=time.sleep)
    assert time.pauses == []


def test_the_shorter_of_two_patiences_counts() -> None:
    free = deadline(20)
    with time_limit(5):
        assert deadline(20) < free - 10
        shorter = deadline(1)
        with time_limit(60):
            assert deadline(20) > free - 1
        assert deadline(20) > shorter
    assert deadline(20) >= free


def test_time_is_over_for_those_only_who_wait_no_longer() -> None:
    assert not time_is_up()
    with time_limit(60):
        assert not time_is_up()
        with time_limit(0):
            assert time_is_up()
        assert not time_is_up()
