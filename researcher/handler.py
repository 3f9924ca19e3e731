"""Lambda's entry: requests go to the FastAPI app, job events to a run.

One event loop serves both for as long as the process lives: a loop per invocation would leave
the browser and its processes behind on a loop that is gone.
"""

import asyncio
import math
from collections.abc import Callable
from functools import cache
from typing import Any

from mangum import Mangum

from alex.api.http import PROBLEM_JSON
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from researcher.app import create_app

type Event = dict[str, Any]
type Handler = Callable[[Event, Any], Event]


def make_handler(services: Callable[[], Services]) -> Handler:
    """The handler over these services; one call at a time."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # before Mangum, which else makes one of its own
    http = Mangum(
        create_app(services),
        lifespan="off",  # else it starts anew at each request
        text_mime_types=["application/json", PROBLEM_JSON],  # others leave as base64
    )

    def handler(event: Event, context: Any) -> Event:  # noqa: ANN401 - Lambda's own
        asyncio.set_event_loop(loop)  # whatever ran in between, Mangum must find this one
        if "requestContext" in event:
            return http(event, context)
        job_id = event.get("job_id")
        if isinstance(job_id, str):
            seconds = context.get_remaining_time_in_millis() / 1000 if context else math.inf
            return loop.run_until_complete(_run(services(), job_id, seconds))
        raise ValueError(f"Neither a request nor a job: {sorted(event)}")

    return handler


async def _run(services: Services, job_id: str, seconds_left: float) -> Event:
    """Run a job before Lambda's time is up; a repeated event finds nothing to run."""
    # The agent SDK, trafilatura and Playwright take seconds to import: only a run needs them.
    from researcher.pipeline.run import run_job  # noqa: PLC0415
    from researcher.sources.web.reader import open_reader  # noqa: PLC0415

    job = await run_job(services, job_id, open_reader, seconds_left=seconds_left)
    return {"job_id": job_id, "status": job.status.value if job else None}


handler = make_handler(cache(lambda: wire(Settings.from_env())))
