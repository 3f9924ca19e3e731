"""`sam local invoke`: each zip function, as built, with its sample event, in Lambda's container."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rehearsal.sam import Sam, sam_for
from tests.support import docker
from tests.support.aws_stack import (
    CONCURRENCY,
    RESEARCHER,
    make_endpoint,
    make_researcher,
    make_stack,
    shared_stand_in,
)
from tests.support.bridge import bridged
from tests.support.local_api import EVENTS
from tests.support.sam import installed

pytestmark = [docker.needs_docker, pytest.mark.timeout(1500)]

BASE = "public.ecr.aws/lambda/python:3.12"
"""What SAM runs zip functions in, and pulls unless it is there."""


@dataclass(frozen=True)
class SamLocal:
    """Built functions, ready to be invoked."""

    sam: Sam
    endpoint: str
    variables: Path
    pull: tuple[str, ...]

    def invoke(self, function: str, event: str, status: int | None) -> Any:  # noqa: ANN401 - JSON
        """What a function answers to a sample event; with a status, the body of that answer."""
        done = subprocess.run(
            [
                *(*self.sam.cli.words, "local", "invoke", function, *self.pull),
                *("--template-file", str(self.sam.template)),
                *("--event", str(EVENTS / f"{event}.json")),
                *("--env-vars", str(self.variables)),
            ],
            cwd=self.sam.folder,
            # A variable of the calling shell goes before the template's.
            env={**self.sam.environment, "AWS_ENDPOINT_URL": self.endpoint},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.strip().splitlines()[-1])
        if status is None:
            return answer
        assert answer["statusCode"] == status, (event, answer, done.stderr)
        return json.loads(answer["body"] or "null")


@pytest.fixture(scope="module")
def local() -> Iterator[SamLocal]:
    cli, interpreter = installed()
    stand_in = shared_stand_in()
    stack = make_stack(stand_in)
    make_researcher(stand_in)
    sam = sam_for(stand_in, cli, interpreter)
    sam.build()
    port = urlsplit(stand_in.endpoint).port
    assert port
    with bridged(port) as endpoint:
        # SAM passes variables that the template names, and no others.
        built = sam.template.read_text(encoding="utf-8")
        named = built.replace(
            "ALEX_BACKEND: aws", f"ALEX_BACKEND: aws\n        AWS_ENDPOINT_URL: {endpoint}", 1
        )
        assert named != built
        sam.template.write_text(named, encoding="utf-8")
        values = {
            "ALEX_STACK": "test",
            "ALEX_TABLE": stack.table,
            "ALEX_BUCKET": stack.bucket,
            "ALEX_VECTOR_INDEX": stack.index,
            "ALEX_TEXT_SEARCH": "index",
            "ALEX_EMBEDDING_ENDPOINT": make_endpoint(stand_in),
            "ALEX_EMBEDDING_CONCURRENCY": str(CONCURRENCY),
            "ALEX_RESEARCHER_FUNCTION": RESEARCHER,
        }
        variables = sam.folder / "variables.json"
        variables.write_text(json.dumps({"Parameters": values}), encoding="utf-8")
        there = subprocess.run(
            ["docker", "image", "inspect", BASE], capture_output=True, check=False
        )
        yield SamLocal(sam, endpoint, variables, () if there.returncode else ("--skip-pull-image",))


def test_each_function_answers_its_sample_events(local: SamLocal) -> None:
    local.invoke("IngestFunction", "ingest", 201)
    local.invoke("IngestFunction", "ingest-batch", 207)
    found = local.invoke("SearchFunction", "search", 200)
    assert "Harbor Lights" in found["results"][0]["title"]
    for name in ("search-by-url", "documents", "document", "health"):
        local.invoke("SearchFunction", name, 200)
    local.invoke("SearchFunction", "document-delete", 204)
    started = local.invoke("SchedulerFunction", "schedule", None)
    assert started["job_id"]
    assert started["subject"]
