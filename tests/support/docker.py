"""A Docker engine, for tests: there, or the test skips, in CI too, which has none."""

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import pytest

from tests.support.template import ROOT

MEMORY_MB = 2048
NOBODY_WE_KNOW = "993:990"
"""Lambda runs an image as a user that the image has never heard of."""


@cache
def missing() -> str:
    """Why containers cannot be run here; empty where they can."""
    if sys.platform != "linux":
        return "containers reach this machine's loopback on Linux only"
    docker = shutil.which("docker")
    if docker is None:
        return "no Docker here"
    asked = subprocess.run(
        [docker, "info", "--format", "{{.ServerVersion}}"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if asked.returncode == 0 else "no Docker engine answers here"


needs_docker = pytest.mark.skipif(bool(missing()), reason=missing() or "an engine answers")
"""Never a failure: neither users nor CI need an engine; the rehearsal runs from source then."""


def build(tag: str) -> str:
    """Build the researcher's image as `sam build` does; its tag."""
    docker("build", "--network=host", "-t", tag, "-f", "researcher/Dockerfile", ".", seconds=900)
    return tag


def docker(*args: str, seconds: float = 60) -> str:
    """What a Docker command prints; a failing one fails the test with what it said."""
    done = subprocess.run(
        ["docker", *args],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"docker {args[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout.strip()


@contextmanager
def running(image: str, variables: Mapping[str, str]) -> Iterator[str]:
    """An image as Lambda runs it; the container's name.

    A read-only root with only /tmp to write, an unknown user without capabilities, 2 GB of
    memory and no /dev/shm. The network is this machine's, for the stand-ins are on loopback.
    """
    name = f"alex-test-{uuid.uuid4().hex[:10]}"
    settings = [word for pair in variables.items() for word in ("-e", "=".join(pair))]
    docker(
        *("run", "--detach", "--name", name, "--network", "host", "--init"),
        *("--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=512m,mode=1777"),  # noqa: S108 - in the container
        *("--user", NOBODY_WE_KNOW, "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *("--ipc", "none", "--memory", f"{MEMORY_MB}m", "--memory-swap", f"{MEMORY_MB}m"),
        *settings,
        image,
    )
    try:
        yield name
    finally:
        docker("rm", "--force", "--volumes", name)


def logs(container: str) -> str:
    """What a container has written."""
    done = subprocess.run(
        ["docker", "logs", container], capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr
