"""The deployment rehearsed: the real template on the stand-in, checked through its API.

`python -m rehearsal.rehearse`, and `alex rehearse`. Exit status: 0 all checks hold, 1 one does
not, 2 the rehearsal could not be set up.
"""

import json
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from laptop.site.server import RunningSite, running_site
from rehearsal.checks import CHECKS, Check, Outcome, carry_out
from rehearsal.deployment import Deployment, client
from rehearsal.process import ROOT, NotStarted, StandIn, prepare, stand_in
from rehearsal.sam import Sam, SamFailed, find_sam

STACK = "alex-rehearsal"
REGION = "eu-central-1"

RESEARCHER = "researcher.handler.handler"

ONLY_AWS = (
    "Regions: that S3 Vectors, its full text and the embedding container exist where you deploy.",
    "Quotas of your account: Lambda's and SageMaker's concurrency, Bedrock's model access.",
    "The embedding container itself: its image tag, its cold start, its speed and its price.",
    "The researcher's image in Lambda's sandbox; where Docker runs, tests build it and run it.",
    "API Gateway's own validation of request bodies, its error templates and its 29 seconds.",
    "Delivery of the schedule's own dead letters, alarms and their e-mail, X-Ray and dashboard.",
    "BM25 scores to the digit, and approximate search over millions of vectors.",
    "IAM beyond policies: service control policies and boundaries of your organization.",
)
"""What a green rehearsal does not show."""

type Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal has shown.

    Attributes:
        seconds: from start to end, tear-down included.
        sam: the SAM that deployed.
        researcher: how the researcher ran.
    """

    outcomes: Sequence[Outcome]
    seconds: float
    region: str
    sam: str
    researcher: str

    @property
    def passed(self) -> bool:
        """Whether every check held."""
        return all(outcome.passed for outcome in self.outcomes)

    def as_json(self) -> dict[str, object]:
        """For programs."""
        return asdict(self) | {"passed": self.passed, "only_aws": list(ONLY_AWS)}


def rehearse(tell: Tell, *, region: str = REGION, checks: Sequence[Check] = CHECKS) -> Rehearsal:
    """Deploy to a stand-in of its own, hold the checks, tear everything down.

    Args:
        tell: hears of progress, a line at a time.
        region: where the stack believes to be.
        checks: what to hold against it, in order.

    Raises:
        NotStarted: the stand-in did not start.
        SamFailed: the template did not build or deploy.
    """
    started = time.monotonic()
    with _stage(tell, region) as (running, sam, site):
        outcomes = [
            _timed(tell, "sam build", lambda: _build(running, sam)),
            _timed(tell, "sam deploy", lambda: _deploy(running, sam)),
        ]
        deployment = Deployment.of(running, STACK, site)
        for check in checks:
            outcomes.append(carry_out(check, deployment))
            _tell_outcome(tell, outcomes[-1])
        if not all(outcome.passed for outcome in outcomes):
            tell(f"The functions wrote:\n{_tail(running.log)}")
    return Rehearsal(
        outcomes=outcomes,
        seconds=time.monotonic() - started,
        region=region,
        sam=" ".join(Path(word).name for word in sam.command),
        researcher="from its source, in place of the image",
    )


@contextmanager
def _stage(tell: Tell, region: str) -> Iterator[tuple[StandIn, Sam, RunningSite]]:
    """The stand-in, SAM pointed to it, and the site that research reads."""
    with ExitStack() as stack:
        tell("Preparing the stand-in for AWS")
        interpreter = prepare()
        site = stack.enter_context(running_site())
        image = {
            "handler": RESEARCHER,
            "path": [str(ROOT), str(ROOT / "functions"), sysconfig.get_path("purelib")],
            "environment": {"ALEX_ALLOW_HOSTS": site.authority},
        }
        running = stack.enter_context(stand_in(interpreter, region=region, image=image))
        folder = running.folder / "sam"
        folder.mkdir()
        yield running, find_sam(running, interpreter, folder), site


def _build(running: StandIn, sam: Sam) -> str:
    sam.build()
    sam.name_image(f"{running.account}.dkr.ecr.{running.region}.amazonaws.com/alex:source")
    functions = [each for each in sam.template.parent.iterdir() if each.is_dir()]
    return f"{len(functions)} functions, each with all that it imports"


def _deploy(running: StandIn, sam: Sam) -> str:
    try:
        sam.deploy(STACK)
    except SamFailed as failure:
        events = client(running, "cloudformation").describe_stack_events(StackName=STACK)
        reasons = [
            f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
            for event in events["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
        ]
        told = "\n".join([*reasons, "The functions wrote:", _tail(running.log)])
        raise SamFailed(f"{failure}\n{told}") from failure
    resources = client(running, "cloudformation").get_paginator("list_stack_resources")
    made = [
        resource
        for page in resources.paginate(StackName=STACK)
        for resource in page["StackResourceSummaries"]
    ]
    return (
        f"{len(made)} resources of the unmodified template.yaml, each function under its own role"
    )


def _timed(tell: Tell, name: str, act: Callable[[], str]) -> Outcome:
    """A step without which there is nothing to check."""
    tell(f"{name} …")
    started = time.monotonic()
    outcome = Outcome(name, True, act(), time.monotonic() - started)
    _tell_outcome(tell, outcome)
    return outcome


def _tell_outcome(tell: Tell, outcome: Outcome) -> None:
    mark = "✓" if outcome.passed else "✗"
    tell(f"{mark} {outcome.name} ({outcome.seconds:.0f} s): {outcome.detail}")


def _tail(log: Path, size: int = 4000) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-size:]


def main(arguments: Sequence[str] = ()) -> int:
    """Rehearse and print; returns the exit status."""
    as_json = "--json" in arguments

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - progress of a command

    try:
        result = rehearse(tell)
    except (NotStarted, SamFailed) as error:
        tell(str(error))
        return 2
    print(json.dumps(result.as_json(), indent=2) if as_json else table(result))  # noqa: T201 - its output
    return 0 if result.passed else 1


def table(result: Rehearsal) -> str:
    """What was shown and what was not, as text."""
    lines = [f"Rehearsed in {result.seconds:.0f} s. The researcher ran {result.researcher}.", ""]
    lines += ["Shown on the stand-in:"]
    for outcome in result.outcomes:
        mark = "✓" if outcome.passed else "✗"
        lines.append(f"  {mark} {outcome.name:<22}{outcome.seconds:>5.1f} s  {outcome.detail}")
    lines += ["", "Only AWS can show:", *(f"  · {each}" for each in ONLY_AWS)]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
