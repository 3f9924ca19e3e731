"""The `alex` command as a process of its own, for tests that stop it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def running_alex(*args: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    """A running `alex` with these variables and no other of its own; killed in the end."""
    inherited = {n: v for n, v in os.environ.items() if not n.startswith("ALEX_")}
    running = subprocess.Popen(
        [sys.executable, "-m", "laptop.main", *args],
        env={**inherited, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()
