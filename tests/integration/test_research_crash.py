"""A run killed with -9 at random moments, each time started again, ends as one clean run."""

import json
import multiprocessing
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest
from alex.services import Services
from researcher.checkpoint import Checkpoint
from researcher.llm.ledger import CallOutcome, Spending
from researcher.verify.bundle import verify_bundle
from tests.support.fake_openai import INPUT, OUTPUT, FakeModel, fake_openai
from tests.support.research import PRICES, bundle_of, light_services, settings_for
from tests.support.research_child import PAGES, run

if sys.platform == "win32":
    PROCESSES = multiprocessing.get_context("spawn")
else:
    PROCESSES = multiprocessing.get_context("forkserver")
"""Where it can be, a server loads everything once and each process is a fork of it."""

SEED = 20_261_121
KILLS = 20
CALLS = 7
"""Of an unbroken run: five turns of reading, a draft, a revision."""

DELAY = 0.03
"""Seconds of each answer."""

BUDGET = Budget(usd=2, pages=6)
AN_ANSWER = (PRICES[0] * INPUT + PRICES[1] * OUTPUT) / 1_000_000


def started(folder: Path, model: FakeModel, job_id: str) -> BaseProcess:
    """A process that runs the job."""
    process = PROCESSES.Process(target=run, args=(folder, model.base_url, job_id))
    process.start()
    return process


def killed_after(process: BaseProcess, seconds: float) -> bool:
    """Kill a process after so long; False where it had ended by itself."""
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode != 0


def ended(process: BaseProcess) -> None:
    """Wait for a process's own end."""
    process.join(60)
    assert process.exitcode == 0


@dataclass
class Round:
    """One job, killed and started again until it has ended.

    Attributes:
        kept: requests, by their place, whose answers were on disk at a kill; with how many
            requests there were by then.
        cut_off: dollars of the calls that a kill cut off.
    """

    folder: Path
    model: FakeModel
    kept: list[tuple[int, int]] = field(default_factory=list)
    cut_off: float = 0.0
    kills: int = 0
    phases: list[str] = field(default_factory=list)

    def look(self, services: Services, job_id: str) -> None:
        """Note what was on disk when the process died."""
        steps = services.research.get(job_id).steps
        self.phases.append(steps[-1].phase if steps else "start")
        spending = Checkpoint(services.texts, job_id).load("calls", Spending)
        calls = spending.calls if spending else []
        for call in calls:
            if call.answer:
                request = json.loads(call.answer)["response_id"].removeprefix("chat-")
                self.kept.append((int(request) - 1, len(self.model.requests)))
        if calls:
            self.cut_off = float(sum(c.usd for c in calls if c.outcome is CallOutcome.SENT))
        if spending:
            assert spending.usd <= BUDGET.usd


def asked(services: Services) -> Job:
    return services.research.request(
        ResearchRequest(topic="Northwind results", urls=tuple(PAGES), budget=BUDGET)
    )


def question(request: dict[str, Any]) -> str:
    """A request, whatever the tools returned in it."""
    said = [m if m["role"] != "tool" else m["tool_call_id"] for m in request["messages"]]
    return json.dumps([said, "tools" in request], sort_keys=True)


def outcome(services: Services, job: Job) -> object:
    """What a user has in the end, but for times and costs."""
    bundle = bundle_of(services, job)
    assert verify_bundle(bundle).holds
    documents = services.knowledge.list(limit=100).items
    return (
        job.report_id,
        bundle.claims,
        bundle.questions,
        bundle.limits,
        [(source.key, source.url, source.text_sha256) for source in bundle.sources],
        sorted((d.id, d.title, d.attributes.kind) for d in documents),
    )


def check(services: Services, job: Job, played: Round) -> None:
    """One report, no call paid for twice, nothing left behind."""
    assert (job.status, job.error) == (JobStatus.SUCCEEDED, None)
    assert len(services.knowledge.list(kind="report").items) == 1
    questions = [question(request) for request in played.model.requests]
    for place, so_far in played.kept:
        assert questions[place] not in questions[so_far:]
    assert len(set(questions)) == CALLS
    assert len(questions) - CALLS <= played.kills
    assert job.cost["usd"] == pytest.approx(CALLS * float(AN_ANSWER) + played.cut_off)
    assert job.cost["usd"] <= BUDGET.usd
    assert all(services.texts.get(f"evidence/{job.id}/{s}.json") is None for s in Checkpoint.STEPS)
    assert list((played.folder / "running").glob("*")) == []


@pytest.mark.slow
def test_killed_twenty_times_and_started_again_equals_one_clean_run(tmp_path: Path) -> None:
    if sys.platform != "win32":
        PROCESSES.set_forkserver_preload([run.__module__])
    idle = PROCESSES.Process(target=len, args=((),))  # everything is loaded before time counts
    idle.start()
    ended(idle)
    chance = random.Random(SEED)  # noqa: S311 - moments, not secrets
    expected, whole = clean(tmp_path / "clean")
    kills, rounds = 0, 0
    while kills < KILLS:
        rounds += 1
        moments = [chance.uniform(0, whole) for _ in range(KILLS - kills)]
        kills += killed(tmp_path / f"killed-{rounds}", moments, expected)
    sys.stdout.write(f"seed {SEED}: {kills} kills in {rounds} runs of {whole:.2f} s\n")


def clean(folder: Path) -> tuple[object, float]:
    """What an unbroken run leaves, and how long it takes."""
    with (
        fake_openai(delay=DELAY, one_page_a_turn=True) as model,
        light_services(settings_for(folder, "openai", model.base_url)) as services,
    ):
        job = asked(services)
        began = time.monotonic()
        ended(started(folder, model, job.id))
        whole = time.monotonic() - began
        job = services.research.get(job.id)
        check(services, job, Round(folder, model))
        return outcome(services, job), whole


def killed(folder: Path, moments: Sequence[float], expected: object) -> int:
    """A job whose run is killed at these moments until it comes through; the number of kills."""
    with (
        fake_openai(delay=DELAY, one_page_a_turn=True) as model,
        light_services(settings_for(folder, "openai", model.base_url)) as services,
    ):
        played, job, left = Round(folder, model), asked(services), iter(moments)
        while not (job := services.research.get(job.id)).status.final:
            process, moment = started(folder, model, job.id), next(left, None)
            if moment is None:
                ended(process)
            elif killed_after(process, moment):
                played.kills += 1
                played.look(services, job.id)
        check(services, job, played)
        assert outcome(services, job) == expected
    sys.stdout.write(f"killed in: {', '.join(played.phases) or 'nothing'}\n")
    return played.kills
