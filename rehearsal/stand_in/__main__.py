"""`python -m rehearsal.stand_in`: the stand-in as a process of its own."""

import argparse
import json
from pathlib import Path

from rehearsal.stand_in.server import run

TOKENIZER = Path(__file__).resolve().parents[2] / "functions" / "alex" / "data" / "tokenizer.json"


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description="A stand-in for AWS, on loopback.")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--tokenizer", type=Path, default=TOKENIZER)
    parser.add_argument(
        "--image", type=json.loads, help="JSON: handler, path and environment to run for an image"
    )
    options = parser.parse_args()
    run(options.region, options.account, options.tokenizer, options.image)


if __name__ == "__main__":
    main()
