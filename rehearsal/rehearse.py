"""The deployment rehearsed: the real template on the stand-in, checked through its API."""

import sysconfig
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from laptop.site.server import RunningSite, running_site
from rehearsal.checks import CHECKS, REMOVAL, Check, CheckOutcome, run_check
from rehearsal.deployment import Deployment, client
from rehearsal.process import ROOT, StandIn, ignoring_interrupts, prepare, stand_in
from rehearsal.sam import Sam, SamFailed, find_sam, sam_for

STACK = "alex-rehearsal"
REGION = "eu-central-1"

RESEARCHER = "researcher.handler.handler"

ONLY_AWS = (
    "Regions: that S3 Vectors, its full text and the embedding container exist where you deploy.",
    "Quotas of your account: Lambda's and SageMaker's concurrency, Bedrock's model access.",
    "The embedding container itself: its image tag, its cold start, its speed and its price.",
    "The researcher's image in Lambda's sandbox; where Docker runs, tests build it and run it.",
    "API Gateway's own error templates and its 29 seconds.",
    "Delivery of the schedule's own dead letters, alarms and their e-mail, X-Ray and dashboard.",
    "BM25 scores to the digit, and approximate search over millions of vectors.",
    "IAM beyond policies: service control policies and boundaries of your organization.",
)
"""What a green rehearsal does not show."""

type Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal has shown.

    Attributes:
        seconds: from start to end, tear-down included.
        sam: the version of the SAM that deployed.
        researcher: how the researcher ran.
    """

    outcomes: Sequence[CheckOutcome]
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
        return {"passed": self.passed, **asdict(self), "only_aws": list(ONLY_AWS)}


def rehearse(
    note: Note,
    report: Callable[[CheckOutcome], None],
    *,
    region: str = REGION,
    checks: Sequence[Check] = CHECKS,
    meanwhile: Callable[[Deployment], None] = lambda _: None,
) -> Rehearsal:
    """Deploy to a stand-in of its own, hold the checks, tear everything down.

    Args:
        note: hears what is about to happen.
        report: hears what came of each step.
        region: where the stack believes to be.
        checks: what to hold against it, in order.
        meanwhile: what else to do with the stack before it is removed.

    Raises:
        NotInstalled: what the rehearsal needs cannot be had.
        NotStarted: the stand-in did not start.
        SamFailed: the template did not build or deploy.
    """
    started = time.monotonic()
    outcomes: list[CheckOutcome] = []

    def record(outcome: CheckOutcome) -> None:
        outcomes.append(outcome)
        report(outcome)

    with _stand_in_and_sam(note, region) as (running, sam, site):
        note("Building and deploying, the real `sam` and the real template")
        record(_timed("sam build", lambda: _build(running, sam)))
        record(_timed("sam deploy", lambda: _deploy(running, sam)))
        deployment = Deployment.of(running, STACK, site)
        for check in checks:
            record(run_check(check, deployment))
        meanwhile(deployment)
        with ignoring_interrupts():
            note("Removing the stack.")  # from here on no Ctrl-C is heard
            record(run_check(REMOVAL, deployment))
        if not all(outcome.passed for outcome in outcomes):
            note("\n".join(["The functions wrote:", *deployment.logged(), _tail(running.log)]))
    return Rehearsal(
        outcomes=outcomes,
        seconds=time.monotonic() - started,
        region=region,
        sam=sam.cli.version,
        researcher="from its source, in place of the image",
    )


@contextmanager
def _stand_in_and_sam(note: Note, region: str) -> Iterator[tuple[StandIn, Sam, RunningSite]]:
    """The stand-in, SAM pointed to it, and the site that research reads."""
    with ExitStack() as stack:
        note("Preparing the stand-in for AWS; the first time downloads it")
        interpreter, cli = prepare(), find_sam()
        site = stack.enter_context(running_site())
        image = {
            "handler": RESEARCHER,
            "path": [str(ROOT), str(ROOT / "functions"), sysconfig.get_path("purelib")],
            # The site answers 404 in the SEC's place: a rehearsal asks nobody outside.
            "environment": {
                "ALEX_ALLOW_HOSTS": site.authority,
                "ALEX_SEC_WEB_URL": site.base_url,
                "ALEX_SEC_DATA_URL": site.base_url,
            },
        }
        running = stack.enter_context(stand_in(interpreter, region=region, image=image))
        yield running, sam_for(running, cli, interpreter), site


def _build(running: StandIn, sam: Sam) -> str:
    sam.build()
    sam.name_image(f"{running.account}.dkr.ecr.{running.region}.amazonaws.com/alex:source")
    functions = [each for each in sam.template.parent.iterdir() if each.is_dir()]
    return f"{len(functions)} zip functions"


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
        reasons_and_log = "\n".join([*reasons, "The functions wrote:", _tail(running.log)])
        raise SamFailed(f"{failure}\n{reasons_and_log}") from failure
    resources = client(running, "cloudformation").get_paginator("list_stack_resources")
    made = [
        resource
        for page in resources.paginate(StackName=STACK)
        for resource in page["StackResourceSummaries"]
    ]
    return (
        f"{len(made)} resources of the unmodified template.yaml, each function under its own role"
    )


def _timed(name: str, act: Callable[[], str]) -> CheckOutcome:
    """A step without which there is nothing to check."""
    started = time.monotonic()
    return CheckOutcome(name, True, act(), time.monotonic() - started)


def _tail(log: Path, size: int = 4000) -> str:
    return log.read_text(encoding="utf-8", errors="replace")[-size:]
