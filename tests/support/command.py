"""The `alex` command as a user runs it, in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from laptop.main import run


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        return json.loads(self.out)


type Alex = Callable[..., Ended]


def command(
    folder: Path, capsys: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch
) -> Alex:
    """`alex` with a data folder of its own, and no other setting of the machine's."""
    for name in ("ALEX_API_ENDPOINT", "ALEX_API_KEY", "ALEX_PROVIDER", "ALEX_ALLOW_HOSTS"):
        environment.delenv(name, raising=False)
    environment.setenv("ALEX_DATA_DIR", str(folder))

    def alex(*args: object) -> Ended:
        capsys.readouterr()
        code = run([str(arg) for arg in args])
        written = capsys.readouterr()
        return Ended(code, written.out, written.err)

    return alex
