"""Finding the browser of a machine."""

import os
from pathlib import Path

import pytest

from researcher.sources.web.browser import OVERRIDE, find_browser


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_the_override_decides(tmp_path: Path) -> None:
    chosen = program(tmp_path / "my-chromium")
    assert find_browser({OVERRIDE: str(chosen)}) == chosen
    assert find_browser({OVERRIDE: str(tmp_path / "missing")}) is None
    assert find_browser({OVERRIDE: str(tmp_path)}) is None
    assert find_browser({OVERRIDE: ""}) is None


@pytest.mark.skipif(os.name == "nt", reason="Windows knows programs by their name, not by a bit")
def test_a_file_that_is_no_program_is_no_browser(tmp_path: Path) -> None:
    chosen = program(tmp_path / "chromium")
    chosen.chmod(0o644)
    if not os.access(chosen, os.X_OK):
        assert find_browser({OVERRIDE: str(chosen)}) is None


@pytest.mark.parametrize(
    "place",
    [
        "chromium_headless_shell-1200/chrome-linux/headless_shell",
        "chromium-1200/chrome-linux/chrome",
    ],
)
def test_what_playwright_downloaded_is_found(tmp_path: Path, place: str) -> None:
    browser = program(tmp_path / place)
    assert find_browser({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}) == browser


def test_the_newest_download_wins_and_the_shell_before_the_whole_browser(tmp_path: Path) -> None:
    program(tmp_path / "chromium-1300/chrome-linux/chrome")
    program(tmp_path / "chromium_headless_shell-1100/chrome-linux/headless_shell")
    newest = program(tmp_path / "chromium_headless_shell-1200/chrome-linux/headless_shell")
    assert find_browser({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}) == newest
