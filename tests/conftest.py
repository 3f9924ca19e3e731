"""What holds for every test."""

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SLOW = ("tests/adversarial", "tests/e2e")
"""Folders whose tests are all slow."""

ROOT = Path(__file__).resolve().parents[1]

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile(
    "any-machine", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark the tests of slow folders, before pytest selects by mark."""
    for item in items:
        if any(item.path.is_relative_to(ROOT / folder) for folder in SLOW):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """Ctrl-C reaches child processes, also where a shell's background has tests ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
