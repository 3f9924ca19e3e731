"""The real `sam build` and `sam deploy`, pointed to the stand-in."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.process import ROOT, StandIn

VERSION = "1.170.*"
"""What runs where no `sam` is on PATH."""

IMAGE_FUNCTION = "ResearcherFunction"


class SamFailed(Exception):
    """SAM ended with an error; the message carries the end of what it wrote."""


@dataclass(frozen=True, slots=True)
class Sam:
    """SAM, working in a folder of its own beside an unmodified checkout.

    Attributes:
        command: how it is called.
        folder: where it builds, and keeps its caches.
        environment: its variables, none of them the user's AWS ones.
    """

    command: tuple[str, ...]
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
            *("--cache-dir", str(self.folder / "cache")),
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
        command = [*self.command, *arguments, "--config-file", str(ROOT / "samconfig.toml")]
        with self.log.open("ab") as log:
            ended = subprocess.run(  # noqa: S603 - SAM, with arguments of our own
                command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if ended.returncode:
            tail = self.log.read_text(encoding="utf-8", errors="replace")[-1500:]
            raise SamFailed(f"`sam {arguments[0]}` failed.\n{tail}")


def find_sam(stand_in: StandIn, interpreter: Path, folder: Path) -> Sam:
    """The user's SAM, or one that uv fetches.

    Args:
        stand_in: where it deploys to.
        interpreter: a Python of the functions' version with pip, first on SAM's PATH.
        folder: where it works.

    Raises:
        SamFailed: there is neither.
    """
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = own | stand_in.environment()
    environment |= {
        "PATH": os.pathsep.join([str(interpreter.parent), own.get("PATH", "")]),
        "SAM_CLI_POLL_DELAY": "0.5",
        "SAM_CLI_TELEMETRY": "0",
    }
    environment.pop("VIRTUAL_ENV", None)
    return Sam(_command(), folder, environment)


def _command() -> tuple[str, ...]:
    installed = shutil.which("sam")
    if installed:
        return (installed,)
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv:
        return (uv, "tool", "run", "--quiet", "--from", f"aws-sam-cli=={VERSION}", "sam")
    raise SamFailed("Neither sam nor uv is on PATH.")
