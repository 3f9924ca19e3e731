"""One research run, from a claimed job to a stored report. Plain Python drives the agents.

Each finished step is journaled, so that a run started again after it died goes on from there.
Nothing is stored before all is verified, and then the evidence before the report that needs it.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from agents import AgentsException
from openai import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    OpenAIError,
    PermissionDeniedError,
    RateLimitError,
)

from alex.errors import AlexError
from alex.research import Job, JobStatus
from alex.settings import Settings
from alex.wiring import Services
from researcher.bundle import Bundle
from researcher.journal import Journal
from researcher.models import choose
from researcher.phases import Cancelled, Run, read, recall, verify, write
from researcher.reading.pages import PageReader
from researcher.relevance import Ranker
from researcher.saving import bundled, save

logger = logging.getLogger(__name__)


class OutOfTime(AlexError):
    """The run's seconds are used up before there was anything to save."""


async def run_job(
    services: Services, job_id: str, open_reader: Callable[[Settings], PageReader]
) -> Job | None:
    """Run a job to its end; None where there is nothing to run. The job always says how it ended.

    Raises:
        NotFound: there is no such job.
    """
    job = services.research.start(job_id)
    if job is None:
        return None
    desk = services.research
    try:
        async with _opened(services, job, open_reader) as run:
            bundle = await _research(run)
            evidence_id = await asyncio.to_thread(save, services, bundle, run.note)
        ended = desk.finish(
            job_id,
            JobStatus.SUCCEEDED,
            report_id=bundle.report_id,
            evidence_id=evidence_id,
            cost=bundle.cost,
        )
    except Cancelled:
        ended = desk.finish(job_id, JobStatus.CANCELLED)
    except (AlexError, AgentsException, OpenAIError) as error:
        logger.warning("Research job %s failed", job_id, exc_info=error)
        ended = desk.finish(job_id, JobStatus.FAILED, error=plain_reason(error))
    except Exception:
        desk.finish(job_id, JobStatus.FAILED, error="An unexpected error; the log has it.")
        raise
    Journal(services.texts, job_id).clear()
    return ended


_REASONS: tuple[tuple[type[OpenAIError], str], ...] = (
    (APITimeoutError, "The model did not answer in time."),
    (APIConnectionError, "The model's server could not be reached."),
    (AuthenticationError, "The model's server refused the key."),
    (PermissionDeniedError, "The model's server refused the key."),
    (RateLimitError, "The model's server says its rate limit or quota is used up."),
)
"""The more special errors first."""


def plain_reason(error: Exception) -> str:
    """Why a run failed, in words for its owner; a server's own text is not passed on."""
    if isinstance(error, AlexError):
        return error.detail
    if isinstance(error, APIStatusError) and not isinstance(error, tuple(k for k, _ in _REASONS)):
        return f"The model's server answered with status {error.status_code}."
    told = (reason for kind, reason in _REASONS if isinstance(error, kind))
    return next(told, "The model's answers could not be used.")


@asynccontextmanager
async def _opened(
    services: Services, job: Job, open_reader: Callable[[Settings], PageReader]
) -> AsyncIterator[Run]:
    """The run with its model and reader, which are closed in the end."""
    writer = choose(services.settings, services.embedder)
    reader = open_reader(services.settings)
    try:
        yield Run(
            services=services,
            job=job,
            writer=writer,
            reader=reader,
            ranker=Ranker(services.embedder, job.request.subject),
            journal=Journal(services.texts, job.id),
            deadline=asyncio.get_running_loop().time() + job.request.budget.seconds,
        )
    finally:
        await reader.close()
        await writer.close()


async def _research(run: Run) -> Bundle:
    """The phases up to a verified bundle."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "recall"):
        known = await recall(run)
    with _timed(seconds, "read"):
        gathered = await read(run)
    try:
        async with asyncio.timeout_at(run.deadline):
            with _timed(seconds, "write"):
                draft = await write(run, gathered, known)
            with _timed(seconds, "verify"):
                claims = await verify(run, draft, gathered)
    except TimeoutError as error:
        budget = run.job.request.budget.seconds
        raise OutOfTime(f"The {budget} seconds of the budget were used up.") from error
    return bundled(run, draft=draft, claims=claims, gathered=gathered, known=known, seconds=seconds)


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - start, 2)
