"""The requirements of what is deployed are those of the lock, and as the laptop's."""

import subprocess
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("file", "group"),
    [("functions/requirements.txt", "functions"), ("researcher/requirements.txt", "researcher")],
)
def test_requirements_are_exported_from_the_lock(file: str, group: str) -> None:
    command = f"uv export --frozen --no-annotate --only-group {group} --output-file {file}"
    options = command.removesuffix(f" --output-file {file}").split()
    exported = subprocess.run(options, cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = _requirements(exported.stdout)
    assert _requirements((ROOT / file).read_text()) == wanted, f"{file} is stale; run: {command}"


def test_the_laptop_and_what_is_deployed_want_the_same_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    bounds: dict[str, set[SpecifierSet]] = {}
    groups = (
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
    )
    for written in chain.from_iterable(groups):
        if isinstance(written, str):  # and no group included by another
            wanted = Requirement(written)
            bounds.setdefault(wanted.name, set()).add(wanted.specifier)
    assert {name: found for name, found in bounds.items() if len(found) > 1} == {}


def _requirements(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]
