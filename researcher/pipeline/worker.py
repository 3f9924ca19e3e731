"""Runs a job to its end on this machine: for the laptop's worker and command."""

import asyncio

from alex.research.jobs import Job
from alex.services import Services


def run_job_here(services: Services, job_id: str) -> Job | None:
    """Run a job; None where there is nothing to run: it has ended, or another run has it.

    Raises:
        NotFound: there is no such job.
    """
    # The agent SDK, trafilatura and Playwright take seconds to import: only a run needs them.
    from researcher.pipeline.run import run_job as run  # noqa: PLC0415
    from researcher.sources.web.reader import open_reader  # noqa: PLC0415

    return asyncio.run(run(services, job_id, open_reader))
