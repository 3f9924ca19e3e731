"""One research run, from a leased job to a stored report. Plain Python drives the agents.

Each finished step is kept, so that a run started again after it died goes on from there.
Nothing is stored before all is verified, and then the evidence before the report that needs it.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace

from agents import AgentsException

from alex.errors import AlexError
from alex.research.jobs import Job, JobStatus
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings
from researcher.checkpoint import Checkpoint
from researcher.llm.failures import ModelFailed
from researcher.llm.ledger import Ledger
from researcher.llm.metered_model import MeteredModel
from researcher.llm.providers import choose_model
from researcher.llm.retry import RetryPolicy
from researcher.pipeline.assemble import (
    Findings,
    assemble_bundle,
    assemble_confirmation,
    find_earlier,
)
from researcher.pipeline.context import Cancelled, Run, question_of, stop_if_cancelled
from researcher.pipeline.read import read, recall_known
from researcher.pipeline.save import save
from researcher.pipeline.write import verify, write
from researcher.sources.relevance import Ranker
from researcher.sources.web.pages import PageReader
from researcher.verify.bundle import Bundle

logger = logging.getLogger(__name__)

SAVING_SECONDS = 60.0
"""Kept back of the time that a process has, for storing pages and report."""

_FINISHING = 0.1
"""Of the seconds: for finishing without the model, which is not waited for longer."""


_NO_USE = "The model's answers could not be used."


class OutOfTime(AlexError):
    """The run's time is used up before there was anything to save."""


async def run_job(
    services: Services,
    job_id: str,
    open_reader: Callable[[Settings], PageReader],
    *,
    retry_policy: RetryPolicy | None = None,
    seconds_left: float = math.inf,
) -> Job | None:
    """Run a job to its end; None where there is nothing to run. The job always says how it ended.

    Args:
        services: what the run works with.
        job_id: the job to run.
        open_reader: makes what reads pages; the run closes it.
        retry_policy: with the model.
        seconds_left: how long this process may live; the run ends in time to be saved.

    Raises:
        NotFound: there is no such job.
    """
    job = services.research.start(job_id)
    if job is None:
        return None
    try:
        return await _leased(
            services, job, open_reader, retry_policy or RetryPolicy(), seconds_left
        )
    finally:
        services.research.release(job_id)


async def _leased(
    services: Services,
    job: Job,
    open_reader: Callable[[Settings], PageReader],
    retry_policy: RetryPolicy,
    seconds_left: float,
) -> Job:
    jobs, checkpoint = services.research, Checkpoint(services.texts, job.id)
    run: Run | None = None
    try:
        async with _opened(services, job, open_reader, retry_policy, seconds_left) as run:
            bundle = await _research(run)
            run.note("save", "Storing what was read and written")
            evidence_id = await asyncio.to_thread(
                save, services, bundle, _progress_reporter(jobs, job.id)
            )
        ended = jobs.finish(
            job.id,
            JobStatus.SUCCEEDED,
            report_id=bundle.report_id,
            evidence_id=evidence_id,
            cost=bundle.cost,
        )
    except Cancelled:
        ended = jobs.finish(job.id, JobStatus.CANCELLED, cost=_cost(run))
    except (AlexError, AgentsException) as error:
        # A reason of our own says all; of a library's error the log needs where it came from.
        ours = isinstance(error, AlexError) and not isinstance(error, ModelFailed)
        level = logging.INFO if ours else logging.WARNING
        logger.log(level, "Research job %s failed: %s", job.id, error, exc_info=not ours)
        reason = error.detail if isinstance(error, AlexError) else _NO_USE
        ended = jobs.finish(job.id, JobStatus.FAILED, error=reason, cost=_cost(run))
    except Exception:
        reason = "An unexpected error; the log has it."
        jobs.finish(job.id, JobStatus.FAILED, error=reason, cost=_cost(run))
        checkpoint.clear()
        raise
    checkpoint.clear()
    return ended


def _progress_reporter(jobs: JobService, job_id: str) -> Callable[[str, str], None]:
    """Reports the progress of saving, which a cancel does not leave half done."""

    def report(phase: str, message: str) -> None:
        jobs.progress(job_id, phase, message)

    return report


def _cost(run: Run | None) -> dict[str, float]:
    """What a run without a report cost."""
    if run is None:
        return {}
    return run.ledger.cost() | {"seconds": round(run.ledger.seconds, 1)}


@asynccontextmanager
async def _opened(
    services: Services,
    job: Job,
    open_reader: Callable[[Settings], PageReader],
    retry_policy: RetryPolicy,
    seconds_left: float,
) -> AsyncIterator[Run]:
    """The run with its model and reader, which are closed in the end."""
    jobs, checkpoint = services.research, Checkpoint(services.texts, job.id)
    async with AsyncExitStack() as closing:
        llm = choose_model(services.settings, services.embedder)
        closing.push_async_callback(llm.close)
        reader = open_reader(services.settings)
        closing.push_async_callback(reader.close)
        ledger = Ledger(job.request.budget, llm.tariff, checkpoint)
        seconds, finishing = _seconds(job, ledger, seconds_left)
        offline = llm.provider == "offline"  # it is not waited for: it is this process
        metered = MeteredModel(
            llm.model,
            ledger,
            replace(retry_policy, timeout=None, attempts=1) if offline else retry_policy,
            lambda: stop_if_cancelled(jobs.get(job.id)),
        )
        began = asyncio.get_running_loop().time()
        yield Run(
            services=services,
            job=job,
            llm=replace(llm, model=metered),
            reader=reader,
            ranker=Ranker(services.embedder, question_of(job.request)),
            checkpoint=checkpoint,
            deadline=began + seconds,
            model_deadline=began + seconds - (0 if offline else finishing),
            ledger=ledger,
        )


def _seconds(job: Job, ledger: Ledger, seconds_left: float) -> tuple[float, float]:
    """How long this attempt may take, and how much of it is kept for finishing."""
    budget = job.request.budget.seconds
    unused = max(budget - ledger.seconds, _FINISHING * budget)  # enough to finish what is there
    left = max(min(unused, seconds_left - SAVING_SECONDS), 0.0)
    return left, _FINISHING * left


async def _research(run: Run) -> Bundle:
    """The phases up to a verified bundle."""
    seconds: dict[str, float] = {}
    with _timed(seconds, "recall"):
        known = await recall_known(run)
    with _timed(seconds, "read"):
        collected = await read(run)
    earlier = await asyncio.to_thread(find_earlier, run.services, run.job)
    found = Findings(collected, known, earlier, seconds)
    if earlier and earlier.tells_all(collected):
        same = await asyncio.to_thread(assemble_confirmation, run, found)
        if same:
            return same
    try:
        async with asyncio.timeout_at(run.deadline):
            with _timed(seconds, "write"):
                draft = await write(run, collected, known)
            with _timed(seconds, "verify"):
                claims = await verify(run, draft, collected)
    except TimeoutError as error:
        raise OutOfTime("The run's time was used up before anything could be verified.") from error
    return await asyncio.to_thread(assemble_bundle, run, found, draft, claims)


@contextmanager
def _timed(seconds: dict[str, float], phase: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    seconds[phase] = round(time.monotonic() - start, 2)
