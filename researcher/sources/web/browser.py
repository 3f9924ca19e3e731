"""Where Chromium is on this machine, if it is.

Nothing heavy is imported here: tests and `open_reader` ask before they load Playwright.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

OVERRIDE = "ALEX_BROWSER"
"""Path of the browser to use; set but empty or missing on disk means: use none."""

INSTALL = f"{sys.executable} -m playwright install chromium-headless-shell"
"""The command that gets one, in a checkout as in an installation by `uv tool`."""

_COMMANDS = (
    # The headless shell first: half the memory and twice as fast to launch.
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
)

_INSTALLED: Mapping[str, tuple[str, ...]] = {
    "linux": (
        # The programs themselves: the wrapper scripts in /usr/bin need a shell and add flags.
        "/usr/lib/chromium/chromium-headless-shell",
        "/usr/lib/chromium/chromium",
        "/usr/lib/chromium-browser/chromium-browser",
        "/opt/google/chrome/chrome",
        "/opt/microsoft/msedge/msedge",
    ),
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    ),
    "win32": (
        r"Google\Chrome\Application\chrome.exe",
        r"Chromium\Application\chrome.exe",
        r"Microsoft\Edge\Application\msedge.exe",
    ),
}

_WINDOWS_ROOTS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

_PLAYWRIGHT_CACHE: Mapping[str, str] = {
    "linux": ".cache/ms-playwright",
    "darwin": "Library/Caches/ms-playwright",
    "win32": "AppData/Local/ms-playwright",
}

_PLAYWRIGHT_BINARIES = (
    "chromium_headless_shell-*/*/headless_shell*",
    "chromium_headless_shell-*/*/chrome-headless-shell*",
    "chromium-*/*/chrome",
    "chromium-*/*/chrome.exe",
    "chromium-*/*/*.app/Contents/MacOS/*",
)


def find_browser(env: Mapping[str, str] | None = None) -> Path | None:
    """The Chromium to drive, or None; `env` stands in for the process's own environment."""
    env = os.environ if env is None else env
    override = env.get(OVERRIDE)
    if override is not None:
        return _executable(Path(override)) if override.strip() else None
    return next((found for path in _candidates(env) if (found := _executable(path))), None)


def _candidates(env: Mapping[str, str]) -> Iterator[Path]:
    """Every place worth a look on this platform, best first."""
    yield from _downloaded_by_playwright(env)
    roots = [env[name] for name in _WINDOWS_ROOTS if name in env] or [""]
    for place in _INSTALLED.get(sys.platform, ()):
        for root in roots if sys.platform == "win32" else [""]:
            yield Path(root) / place
    for command in _COMMANDS:
        if found := shutil.which(command, path=env.get("PATH")):
            yield Path(found)


def _downloaded_by_playwright(env: Mapping[str, str]) -> Iterator[Path]:
    """What `playwright install` left: the build its driver was tested with."""
    configured = env.get("PLAYWRIGHT_BROWSERS_PATH", "")
    relative = _PLAYWRIGHT_CACHE.get(sys.platform)
    if configured and configured != "0":
        cache = Path(configured)
    elif relative and (home := env.get("HOME") or env.get("USERPROFILE")):
        cache = Path(home) / relative
    else:
        return
    for pattern in _PLAYWRIGHT_BINARIES:
        yield from sorted(cache.glob(pattern), reverse=True)


def _executable(path: Path) -> Path | None:
    return path if path.is_file() and os.access(path, os.X_OK) else None
