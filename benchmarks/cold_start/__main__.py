"""What a cold start costs: `uv run python -m benchmarks.cold_start [--runs N] [--json]`.

For every Lambda function, in fresh processes: seconds to import its handler, wire its services
and create the AWS clients it needs; and the same as a ratio to `import boto3` plus creating those
clients, which no function that talks to AWS through boto3 can do without. Then the unpacked
size of what the zip functions and the image carry, without bytecode.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

LAMBDA_LIMIT_MB = 250
"""Unpacked size that Lambda takes of a zip function."""

CLIENTS = {
    "ingest.app": ("dynamodb", "s3", "s3vectors", "sagemaker-runtime"),
    "search.app": ("dynamodb", "s3", "s3vectors", "sagemaker-runtime"),
    "scheduler.app": ("dynamodb", "lambda"),
    "fulltext.app": ("s3vectors",),
    "researcher.handler": ("dynamodb", "lambda"),
}
"""What each handler talks to when it is first asked for its main work."""

_ENVIRONMENT = {
    "ALEX_BACKEND": "aws",
    "ALEX_STACK": "cold-start",
    "ALEX_TABLE": "table",
    "ALEX_BUCKET": "bucket",
    "ALEX_VECTOR_INDEX": "arn:aws:s3vectors:us-east-1:123456789012:bucket/b-b/index/i-i",
    "ALEX_EMBEDDING_ENDPOINT": "endpoint",
    "ALEX_RESEARCHER_FUNCTION": "researcher",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_EC2_METADATA_DISABLED": "true",
}

_OURS = """
import importlib, sys, time
started = time.perf_counter()
importlib.import_module({module!r})
from alex.settings import Settings
from alex.wiring import wire
wire(Settings.from_env())
wired = time.perf_counter()
from alex.aws.clients import Clients
clients = Clients()
for name in {names!r}:
    getattr(clients, name)
print(wired - started, time.perf_counter() - started)
"""

_BARE = """
import time
started = time.perf_counter()
import boto3
for service in {services!r}:
    boto3.client(service)
print(time.perf_counter() - started)
"""

_ATTRIBUTES = {"sagemaker-runtime": "sagemaker", "lambda": "lambda_"}


@dataclass(frozen=True, slots=True)
class Start:
    """Medians in seconds.

    Attributes:
        wired: to import the handler and wire its services.
        ready: to have its clients, too.
        bare: to import boto3 and create the same clients.
        ratio: of ready to bare.
    """

    handler: str
    wired: float
    ready: float
    bare: float
    ratio: float


def measure(handler: str, runs: int) -> Start:
    """Start a handler, and bare boto3, so many times in turn."""
    services = CLIENTS[handler]
    names = tuple(_ATTRIBUTES.get(service, service) for service in services)
    ours = _OURS.format(module=handler, names=names)
    bare = _BARE.format(services=services)
    _timings(ours)  # makes bytecode, as what is deployed has it
    pairs = [(_timings(ours), _timings(bare)) for _ in range(runs)]
    wired = statistics.median(ours[0] for ours, _ in pairs)
    ready = statistics.median(ours[1] for ours, _ in pairs)
    alone = statistics.median(bare[0] for _, bare in pairs)
    return Start(handler, wired, ready, alone, ready / alone)


def _timings(code: str) -> list[float]:
    """The numbers that a fresh Python prints for this code."""
    environment = _ENVIRONMENT | {"PYTHONPATH": f"{ROOT}/functions:{ROOT}", "PATH": ""}
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    return [float(number) for number in done.stdout.split()]


def artifact_megabytes(part: str) -> float:
    """Unpacked size of a deployable's packages and our own code, as Lambda counts it."""
    with tempfile.TemporaryDirectory() as name:
        command = [
            *("uv", "pip", "install", "--quiet", "--target", name, "--no-deps"),
            *("--python-platform", "x86_64-manylinux_2_28", "--only-binary", ":all:"),
            *("--python-version", "3.12", "--requirement", str(ROOT / part / "requirements.txt")),
        ]
        subprocess.run(command, check=True)  # noqa: S603 - uv, with arguments of our own
        return (_bytes(Path(name)) + _bytes(ROOT / part) + _bytes(ROOT / "functions/alex")) / 1e6


def _bytes(folder: Path) -> int:
    return sum(
        file.stat().st_size
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cold_start", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--runs", type=int, default=5, help="starts of each (default: 5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    starts = [measure(handler, options.runs) for handler in CLIENTS]
    sizes = {part: artifact_megabytes(part) for part in ("functions", "researcher")}
    if options.json:
        print(json.dumps({"starts": [asdict(s) for s in starts], "megabytes": sizes}, indent=2))
        return
    print(f"{'handler':20}{'wired':>9}{'ready':>9}{'boto3':>9}{'ratio':>8}")
    for start in starts:
        print(
            f"{start.handler:20}{start.wired:8.2f}s{start.ready:8.2f}s{start.bare:8.2f}s"
            f"{start.ratio:8.2f}"
        )
    print(f"\nzip functions: {sizes['functions']:.0f} MB unpacked of {LAMBDA_LIMIT_MB}")
    print(f"researcher:    {sizes['researcher']:.0f} MB of packages and code in its image")


if __name__ == "__main__":
    main()
