"""Runs on a schedule: tidies up, then starts the research that is most overdue."""

from collections.abc import Callable
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from alex.research.schedule_policy import start_most_overdue, watchlist
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire

type Handler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def make_handler(services: Callable[[], Services]) -> Handler:
    """The Lambda handler over these services.

    What fails raises: Lambda then tries again, and keeps the event where that fails, too.
    """
    logger = Logger(service="scheduler", use_rfc3339=True, utc=True)

    @logger.inject_lambda_context
    def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
        wired = services()
        swept = wired.knowledge.sweep()
        job = start_most_overdue(wired.research, watchlist(wired.settings) or [])
        if job is None:
            logger.info("Nothing to start", swept=swept)
            return {"swept": swept, "job_id": None}
        logger.info("Started", job_id=job.id, subject=job.request.subject, swept=swept)
        return {"swept": swept, "job_id": job.id, "subject": job.request.subject}

    return handler


handler = make_handler(cache(lambda: wire(Settings.from_env())))
