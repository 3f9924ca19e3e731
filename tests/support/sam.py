"""SAM and the stand-in's environment, for tests: there, or the test skips; in CI it fails."""

import os
from functools import cache
from pathlib import Path

import pytest

from rehearsal.process import NotInstalled, prepare
from rehearsal.sam import SamCli, find_sam


@cache
def installed() -> tuple[SamCli, Path]:
    """SAM, and a Python with pip for its builds."""
    try:
        return find_sam(), prepare()
    except NotInstalled as error:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            raise
        pytest.skip(str(error))
