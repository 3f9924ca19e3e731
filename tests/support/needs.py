"""What a test needs from the machine; missing, it skips with a reason, or fails in CI."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from researcher.sources.web.browser import find_browser

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Filings and retrieval sets that may stand beside the checkout; never part of the project."""


def _need(present: bool, reason: str) -> pytest.MarkDecorator:
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    return pytest.mark.skipif(not present and not in_ci, reason=reason)


BROWSER = _need(find_browser() is not None, "no Chromium found: see README, Browser")
"""For a single parameter of a test or fixture."""


def needs_browser[T: Callable[..., object]](test: T) -> T:
    """Run only where Chromium is installed."""
    marked: T = BROWSER(test)
    return marked


def needs_shared_data[T: Callable[..., object]](test: T) -> T:
    """Run only where the public data sets stand beside the checkout."""
    marked: T = _need(SHARED_DATA.is_dir(), f"no data sets at {SHARED_DATA}")(test)
    return marked
