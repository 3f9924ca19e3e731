"""What a rehearsal holds against the deployed stack; each check says what it has shown."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rehearsal import api_checks, stack_checks
from rehearsal.deployment import CheckFailed, Deployment


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, and what carries it out and tells what it has shown."""

    name: str
    run: Callable[[Deployment], str]


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """What became of a check."""

    name: str
    passed: bool
    detail: str
    seconds: float


def run_check(check: Check, deployment: Deployment) -> CheckOutcome:
    """Run one check; a service's unexpected answer fails it like a broken expectation."""
    started = time.monotonic()
    try:
        passed, detail = True, check.run(deployment)
    except CheckFailed as failure:
        passed, detail = False, str(failure)
    except Exception as error:  # noqa: BLE001 - told to the user; the other checks go on
        passed, detail = False, f"{type(error).__name__}: {error}"
    return CheckOutcome(check.name, passed, detail, time.monotonic() - started)


CHECKS: Sequence[Check] = (
    Check("The key is required", api_checks.key_is_required),
    Check("Health and full text", api_checks.health),
    Check("Ingest", api_checks.ingest),
    Check("Bad requests", api_checks.bad_requests),
    Check("Search", api_checks.search),
    Check("Documents", api_checks.documents),
    Check("A cold endpoint", api_checks.cold_endpoint),
    Check("Research", stack_checks.research),
    Check("The schedule", stack_checks.schedule),
    Check("Permissions", stack_checks.permissions),
    Check("Forgetting", api_checks.forgetting),
    Check("The usage plan", stack_checks.usage_plan),
)
"""In this order: later ones find what earlier ones left, until all of it is forgotten."""

REMOVAL = Check("Removal", stack_checks.removal)
