"""What a test needs from the machine; missing, it skips with a reason."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from researcher.sources.web.browser import find_browser

SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Filings and retrieval sets that may stand beside the checkout; never part of the project."""

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}

# CI installs a browser: there, a test that cannot find it must fail. No clone brings the data.
BROWSER = pytest.mark.skipif(
    find_browser() is None and not IN_CI, reason="no Chromium found: see README, Browser"
)
"""For a single parameter of a test or fixture."""

DATA = pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="no data sets beside the checkout")


def needs_browser[T: Callable[..., object]](test: T) -> T:
    """Run only where Chromium is installed."""
    marked: T = BROWSER(test)
    return marked


def needs_shared_data[T: Callable[..., object]](test: T) -> T:
    """Run only where the public data sets stand beside the checkout."""
    marked: T = DATA(test)
    return marked
