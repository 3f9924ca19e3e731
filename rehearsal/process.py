"""Starts the stand-in as a process of its own environment, and ends it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from rehearsal.folders import temporary_folder

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "rehearsal"

START_SECONDS = 60.0

_KEPT = ("PATH", "SYSTEMROOT", "COMSPEC", "DOCKER_HOST")
"""What of the user's environment the stand-in may see; never credentials, a profile or a region."""


_APART: Mapping[str, Any] = (
    {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    if sys.platform == "win32"
    else {"start_new_session": True}
)
"""A terminal's Ctrl-C is for the rehearsal, which then ends the stand-in, not for the stand-in."""


class NotStarted(Exception):
    """The stand-in did not come up; the message carries the end of its log."""


class NotInstalled(NotStarted):
    """What the rehearsal needs cannot be had on this machine; the message says what."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running stand-in.

    Attributes:
        folder: its temporary files, its log and its functions' code; gone when it ends.
    """

    endpoint: str
    region: str
    account: str
    access_key_id: str
    secret_access_key: str
    folder: Path

    @property
    def log(self) -> Path:
        """What it and its functions wrote."""
        return self.folder / "stand-in.log"

    def environment(self) -> dict[str, str]:
        """Variables that point any AWS client to the stand-in, whatever the user's own are."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": str(self.folder / "aws-config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "aws-credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def inject_faults(self, faults: Mapping[str, Sequence[Mapping[str, object]]]) -> None:
        """Let the next calls of some operations fail: `{"s3vectors:PutVectors": [{"code": …}]}`."""
        request = urllib.request.Request(  # noqa: S310 - always loopback
            f"{self.endpoint}/_stand-in/faults", data=json.dumps(faults).encode(), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - always loopback
            pass


def find_uv() -> str | None:
    """The uv that runs this, or the one on PATH."""
    return os.environ.get("UV") or shutil.which("uv")


def prepare() -> Path:
    """Install the stand-in's own environment; returns its interpreter.

    Raises:
        NotInstalled: uv is missing, or the installation failed.
    """
    uv = find_uv()
    if uv is None:
        raise NotInstalled("uv is not on PATH; it installs the stand-in's environment.")
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT"}
    }
    command = [uv, "sync", "--project", str(PROJECT), "--frozen", "--quiet"]
    installed = subprocess.run(  # noqa: S603 - uv, with arguments of our own
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if installed.returncode:
        raise NotInstalled(f"The stand-in's environment cannot be made: {installed.stderr.strip()}")
    folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return PROJECT / ".venv" / folder / name


@contextmanager
def stand_in(
    interpreter: Path, *, region: str = "us-east-1", image: Mapping[str, object] | None = None
) -> Iterator[StandIn]:
    """Run a stand-in on a free port until the block ends.

    Args:
        interpreter: of its environment, as `prepare` gives it.
        region: the region of clients that name none.
        image: what runs in place of the image: `handler`, `path`, `environment`.

    Raises:
        NotStarted: it did not come up; the message carries the end of its log.
    """
    options = ["--region", region, *(["--image", json.dumps(image)] if image else [])]
    ending = ExitStack()
    try:
        folder = ending.enter_context(temporary_folder("alex-rehearsal-"))
        log = ending.enter_context((folder / "stand-in.log").open("wb"))
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [interpreter, "-m", "rehearsal.stand_in", *options],
            env=_environment(folder),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            **_APART,
        )
        ending.callback(_stop, process)
        yield _await_start(process, folder)
    finally:
        with ignoring_interrupts():
            ending.close()


@contextmanager
def ignoring_interrupts() -> Iterator[None]:
    """Let no second Ctrl-C cut short what takes seconds and leaves nothing behind."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread hears of it
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "USERPROFILE": str(folder),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder),
        "TEMP": str(folder),
        "TMP": str(folder),
        "PYTHONUNBUFFERED": "1",
    }


def _await_start(process: subprocess.Popen[bytes], folder: Path) -> StandIn:
    """The address that the stand-in prints once it answers."""
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        line = _pipe(process.stdout).readline()
    finally:
        timer.cancel()
    if not line:
        tail = (folder / "stand-in.log").read_text(errors="replace")[-2000:]
        raise NotStarted(f"The stand-in did not start.\n{tail}")
    return StandIn(folder=folder, **json.loads(line))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Close its input, which it takes as the end; kill it where it does not listen."""
    _pipe(process.stdin).close()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    _pipe(process.stdout).close()


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """The process's end of a pipe that we asked for."""
    if stream is None:
        raise NotStarted("The stand-in has no pipe to its standard streams.")
    return stream
