"""How Lambda functions run: zips with nothing but what was built, the image from its source.

ministack runs a zip in a subprocess of its own interpreter, whose packages would hide one that
`sam build` forgot; they are taken off its path. It runs an image in Docker; where that is not to
be, the image's handler runs from the source tree instead, under its own role and variables.
"""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
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
    if image is not None:
        from_source = _executor(image, faults)
        lambda_svc._execute_function_docker = from_source  # noqa: SLF001 - no public seam


def _executor(image: ImageSource, faults: Faults) -> Execute:
    """Runs image functions from the source."""
    package = _package(image)

    def execute(function: dict[str, Any], event: dict[str, Any], request: str) -> dict[str, Any]:
        if faults.take(IMAGE_FAULT):
            error = {"errorType": "Runtime.ExitError", "errorMessage": "A fault that was ordered"}
            return {"body": error, "error": True, "log": json.dumps(error)}
        config = function.get("config") or function
        variables = (config.get("Environment") or {}).get("Variables") or {}
        as_zip = {
            **config,
            "Runtime": "python3.12",
            "Handler": "entry.handler",
            "Environment": {"Variables": variables | image.environment},
        }
        record = {**function, "config": as_zip, "code_zip": package}
        result: dict[str, Any] = lambda_svc._execute_function_warm(  # noqa: SLF001 - no public seam
            record, event, request
        )
        return result

    return execute


def _package(image: ImageSource) -> bytes:
    """A zip whose one module imports the handler from the source."""
    module, _, name = image.handler.rpartition(".")
    entry = _ENTRY.format(path=list(image.path), module=module, name=name)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("entry.py", entry)
    return buffer.getvalue()
