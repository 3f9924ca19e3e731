"""The requirements of what is deployed are those of the lock."""

import subprocess
from pathlib import Path

import pytest

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


def _requirements(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith("#")]
