"""How Lambda functions run: zips with nothing but what was built, the image from its source.

ministack runs a zip in subprocesses of its own interpreter, whose packages would hide one that
`sam build` forgot; they are taken off its path. It unpacks the zip for each of them; here all of
them share one copy, since unpacking and deleting thousands of files takes longer than any check.
It runs an image in Docker; where that is not to be, the image's handler runs from the source tree
instead, under its own role and variables.
"""

import io
import json
import tempfile
import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc, scheduler

from rehearsal.stand_in.faults import Faults

SCHEDULE_SECONDS = 1
"""How often due schedules are looked for; ministack's own ten seconds are long to wait for."""

IMAGE_FAULT = "lambda:ImageFunction"
"""The operation under which faults of the image's function are ordered."""

_ALONE = """\
import sys
sys.path[:] = [each for each in sys.path if not each.endswith(("site-packages", "dist-packages"))]
"""

_ENTRY = """\
import sys
sys.path[:0] = {path!r}
from {module} import {name} as handler
"""

ENTRY = "entry.handler"
"""The handler of a package that imports the real one from elsewhere."""

type Execute = Callable[[dict[str, Any], dict[str, Any], str], dict[str, Any]]
"""ministack's executors: function record, event and request id in, result out."""


@dataclass(frozen=True, slots=True)
class ImageSource:
    """What runs in place of an image.

    Attributes:
        handler: `package.module.function`, as the image's CMD has it.
        path: folders of the source and of its packages.
        environment: variables beside those of the template.
    """

    handler: str
    path: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)


def install(image: ImageSource | None, faults: Faults) -> None:
    """Change how ministack runs functions; without a source, images need Docker."""
    known_runtime = lambda_runtime._detect_runtime_binary  # noqa: SLF001 - no public seam

    def alone(runtime: str) -> tuple[str, str]:
        binary, script = known_runtime(runtime)
        return binary, _ALONE + script if runtime.startswith("python") else script

    lambda_runtime._detect_runtime_binary = alone  # noqa: SLF001 - no public seam
    scheduler._SCHEDULE_TICK_INTERVAL = SCHEDULE_SECONDS  # noqa: SLF001 - no public seam
    run = lambda_svc._execute_function_warm  # noqa: SLF001 - no public seam
    lambda_svc._execute_function_warm = _from_shared_copy(run)  # noqa: SLF001 - no public seam
    if image is not None:
        from_source = _executor(image, faults, run)
        lambda_svc._execute_function_docker = from_source  # noqa: SLF001 - no public seam


def _from_shared_copy(run: Execute) -> Execute:
    """Runs zips from one unpacked copy for all their processes."""
    unpacking, copies = threading.Lock(), Path(tempfile.gettempdir()) / "code"

    def execute(function: dict[str, Any], event: dict[str, Any], request: str) -> dict[str, Any]:
        config = function.get("config") or function
        copy = copies / config["CodeSha256"].replace("/", "-")
        with unpacking:
            if not copy.exists():
                with zipfile.ZipFile(io.BytesIO(function["code_zip"])) as archive:
                    archive.extractall(copy)
        package = _package(config["Handler"], (str(copy),))
        record = {**function, "config": {**config, "Handler": ENTRY}, "code_zip": package}
        return run(record, event, request)

    return execute


def _executor(image: ImageSource, faults: Faults, run: Execute) -> Execute:
    """Runs image functions from the source."""
    package = _package(image.handler, tuple(image.path))

    def execute(function: dict[str, Any], event: dict[str, Any], request: str) -> dict[str, Any]:
        if faults.take(IMAGE_FAULT):
            error = {"errorType": "Runtime.ExitError", "errorMessage": "A fault that was ordered"}
            return {"body": error, "error": True, "log": json.dumps(error)}
        config = function.get("config") or function
        variables = (config.get("Environment") or {}).get("Variables") or {}
        as_zip = {
            **config,
            "Runtime": "python3.12",
            "Handler": ENTRY,
            "Environment": {"Variables": variables | image.environment},
        }
        record = {**function, "config": as_zip, "code_zip": package}
        return run(record, event, request)

    return execute


@cache
def _package(handler: str, path: tuple[str, ...]) -> bytes:
    """A zip whose one module imports a handler from folders elsewhere."""
    module, _, name = handler.rpartition(".")
    entry = _ENTRY.format(path=list(path), module=module, name=name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("entry.py", entry)
    return buffer.getvalue()
