"""Runs one research job to its end, in a process that may be killed at any moment."""

import asyncio
from pathlib import Path

from researcher.pipeline.run import run_job
from tests.support.pages import OUTLOOK, RESULTS, SITE, Pages
from tests.support.research import QUICK, light_services, settings_for

PAGES = {
    f"{SITE}/results": RESULTS,
    f"{SITE}/outlook": OUTLOOK,
    f"{SITE}/letter": "# Letter\n\nNorthwind opened 14 new laboratories in the year 2025.\n",
    f"{SITE}/orders": "# Orders\n\nNorthwind took orders of $512.9 million in June 2026.\n",
}


def run(folder: Path, base_url: str, job_id: str) -> None:
    """Run the job of a data folder with the model at an address."""
    with light_services(settings_for(folder, "openai", base_url)) as services:
        pages = Pages(PAGES)
        asyncio.run(run_job(services, job_id, lambda _settings: pages, retry_policy=QUICK))
