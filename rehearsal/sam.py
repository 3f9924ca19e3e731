"""The real `sam build` and `sam deploy`, pointed to the stand-in."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.process import ROOT, NotInstalled, StandIn, find_uv

PACKAGE = "aws-sam-cli==1.170.*"
"""What runs where no `sam` is on PATH."""

_SETTINGS = {"SAM_CLI_POLL_DELAY": "0.5", "SAM_CLI_TELEMETRY": "0"}
_NOT_KEPT = ("AWS_", "SAM_CLI_", "VIRTUAL_ENV")
_STOP_SECONDS = 10

IMAGE_FUNCTION = "ResearcherFunction"


class SamFailed(Exception):
    """SAM ended with an error; the message carries the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class SamCli:
    """A SAM that answers.

    Attributes:
        words: how it is called.
        version: what it calls itself.
    """

    words: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Sam:
    """SAM, working in a folder of its own beside an unmodified checkout.

    Attributes:
        folder: where it builds, and keeps its caches.
        environment: its variables, none of them the user's AWS ones.
    """

    cli: SamCli
    folder: Path
    environment: Mapping[str, str]

    @property
    def template(self) -> Path:
        """The built template, which SAM's deploy reads."""
        return self.folder / "build" / "template.yaml"

    @property
    def log(self) -> Path:
        """What it wrote."""
        return self.folder / "sam.log"

    def build(self) -> None:
        """Build the zip functions from the checkout's template.

        Raises:
            SamFailed: it does not build.
        """
        self._run(
            "build",
            *("--template-file", str(ROOT / "template.yaml")),
            *("--build-dir", str(self.folder / "build")),
            "--no-cached",  # a folder of its own is built in once
            *("--exclude", IMAGE_FUNCTION),
        )

    def name_image(self, uri: str) -> None:
        """Write into the built template what building and pushing the image would have."""
        built = self.template.read_text(encoding="utf-8")
        named = re.sub(r"(?m)^(\s+)PackageType: Image$", rf"\g<0>\n\g<1>ImageUri: {uri}", built)
        self.template.write_text(named, encoding="utf-8")

    def deploy(self, stack: str) -> None:
        """Deploy what was built, with the checkout's samconfig.

        Raises:
            SamFailed: the stack was not made.
        """
        self._run(
            "deploy",
            *("--template-file", str(self.template)),
            *("--stack-name", stack),
            "--no-progressbar",
        )

    def _run(self, *arguments: str) -> None:
        command = [*self.cli.words, *arguments, "--config-file", str(ROOT / "samconfig.toml")]
        with self.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - SAM, with arguments of our own
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                status = process.wait()
            finally:
                _end(process)
        if status:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-1500:]
            raise SamFailed(f"`sam {arguments[0]}` failed.\n{tail}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop SAM where a Ctrl-C left it running; uv hands the signal on to it."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def find_sam() -> SamCli:
    """The user's own SAM, or one that uv fetches.

    Raises:
        NotInstalled: there is neither.
    """
    installed, uv = shutil.which("sam"), find_uv()
    if installed:
        words: tuple[str, ...] = (installed,)
    elif uv:
        words = (uv, "tool", "run", "--quiet", "--python", "3.12", "--from", PACKAGE, "sam")
    else:
        raise NotInstalled("Neither sam nor uv is on PATH.")
    tried = subprocess.run(  # noqa: S603 - SAM, with arguments of our own
        [*words, "--version"],
        env=os.environ | _SETTINGS,
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        raise NotInstalled(f"SAM does not start: {tried.stderr.strip()}")
    return SamCli(words, tried.stdout.strip())


def sam_for(stand_in: StandIn, cli: SamCli, interpreter: Path) -> Sam:
    """SAM, pointed to a stand-in and working in its folder.

    Args:
        stand_in: where it deploys to.
        cli: which one.
        interpreter: a Python of the functions' version with pip, first on SAM's PATH.
    """
    folder = stand_in.folder / "sam"
    folder.mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_KEPT)}
    path = os.pathsep.join([str(interpreter.parent), own.get("PATH", "")])
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    environment = own | stand_in.environment() | _SETTINGS | temporary | {"PATH": path}
    return Sam(cli, folder, environment)
