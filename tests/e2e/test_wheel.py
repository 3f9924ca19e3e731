"""The wheel, installed where nothing else is: a new environment, an empty home, no checkout."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from alex import __version__
from tests.e2e.test_demo import DOCUMENTS

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
"""What programs need of the environment, where the platform has it."""

OURS = {"alex", "researcher", "laptop", f"alex-{__version__}.dist-info"}
DATA = {
    "alex/py.typed",
    "alex/data/tokenizer.json",
    "laptop/site/pages/index.html",
    "laptop/site/pages/orders.js",
    "laptop/site/pages/style.css",
    "researcher/reports/page.css",
    "researcher/sources/web/visible.js",
}
OF_LAMBDA = ("aws_lambda_powertools", "awslambdaric", "boto3", "botocore", "fastapi", "mangum")


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a folder that is home and working directory."""

    scripts: Path
    home: Path

    def run(self, program: str, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment's, with no settings but these."""
        kept = {name: os.environ[name] for name in PLATFORM if name in os.environ}
        return subprocess.run(
            [self.scripts / program, *args],
            env={**kept, "HOME": str(self.home), "USERPROFILE": str(self.home), **env},
            cwd=self.home,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=240,
            check=False,
        )

    def json(self, *args: str) -> Any:  # noqa: ANN401 - whatever the command printed
        """What `alex` prints for programs."""
        done = self.run("alex", *args, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--wheel", "--out-dir", str(folder))
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    environment, home = folder / "environment", folder / "home"
    home.mkdir()
    # The lock's versions, and only of what the wheel itself asks for.
    locked = folder / "locked.txt"
    uv("export", "--frozen", "--no-hashes", "--no-emit-project", "--output-file", str(locked))
    uv("venv", "--python", sys.executable, str(environment))
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    uv("pip", "install", "--python", str(python), "--constraint", str(locked), str(wheel))
    return Installed(scripts, home)


def uv(*args: str) -> None:
    done = subprocess.run(
        [os.environ.get("UV", "uv"), *args], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_wheel_holds_our_packages_with_their_data_and_no_other(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == OURS
    assert set(names) >= DATA


def test_the_installed_command_researches_finds_and_exports(
    installed: Installed, tmp_path: Path
) -> None:
    summary = installed.json("demo", "--data-dir", str(tmp_path))
    assert summary["documents"] == DOCUMENTS[summary["via"]]
    assert summary["found"] is True
    learned = ("--data-dir", summary["data_dir"])
    found = installed.json("search", "How large is the order backlog?", *learned)
    assert summary["report_id"] in ids(found["results"])
    page = tmp_path / "report.html"
    done = installed.run(
        "alex", "documents", "export", summary["report_id"], "--output", str(page), *learned
    )
    assert done.returncode == 0, done.stderr
    assert "<style>" in page.read_text(encoding="utf-8")


def ids(results: Sequence[dict[str, Any]]) -> list[str]:
    return [result["document_id"] for result in results]


def test_what_lambda_alone_needs_is_not_installed(installed: Installed) -> None:
    code = f"from importlib.util import find_spec as f; print([m for m in {OF_LAMBDA} if f(m)])"
    assert installed.run("python", "-c", code).stdout.strip() == "[]"


def test_rehearse_says_that_it_wants_a_checkout(installed: Installed) -> None:
    done = installed.run("alex", "rehearse")
    assert done.returncode == 2
    assert "run it in a checkout of the project" in done.stderr


def test_bedrock_says_what_to_install(installed: Installed, tmp_path: Path) -> None:
    env = {"ALEX_PROVIDER": "bedrock", "ALEX_MODEL": "amazon.nova-lite-v1:0"}
    args = ("research", "Sensors", "--url", "http://127.0.0.1:9/", "--data-dir", str(tmp_path))
    done = installed.run("alex", *args, **env, ALEX_MODEL_REGION="us-east-1", ALEX_BROWSER="")
    assert done.returncode != 0
    assert "install alex[bedrock]" in done.stderr
