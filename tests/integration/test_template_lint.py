"""SAM finds nothing to say about the template."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.sam import installed
from tests.support.template import ROOT


@pytest.mark.slow
def test_the_template_is_valid_and_lints_clean(tmp_path: Path) -> None:
    sam, _ = installed()
    told = subprocess.run(
        [*sam.words, "validate", "--lint", "--template-file", str(ROOT / "template.yaml")],
        cwd=tmp_path,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "is a valid SAM Template" in told.stdout
