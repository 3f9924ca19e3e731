"""The same question asked again: what the report says of changes, and what none leaves behind."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alex.clock import now
from alex.knowledge.documents import Filter
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest
from alex.research.leases import LEASE
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from researcher.pipeline.run import run_job
from researcher.sources.web.pages import ReadFailure
from researcher.verify.bundle import Bundle, verify_bundle
from tests.support.pages import OUTLOOK, RESULTS, SITE, Pages, northwind

START, NEXT = f"{SITE}/results", f"{SITE}/outlook"
REQUEST = ResearchRequest(
    topic="Northwind Instruments second quarter results and risks",
    tickers=("NWI",),
    urls=(START, NEXT),
    budget=Budget(pages=5),
)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    wired = wire(Settings("local", tmp_path))
    yield wired
    wired.close()


def run(services: Services, pages: Pages, request: ResearchRequest = REQUEST) -> Job:
    job = services.research.request(request)
    ended = asyncio.run(run_job(services, job.id, lambda _settings: pages))
    assert ended
    return ended


def bundle_of(services: Services, evidence_id: str | None) -> Bundle:
    text = services.texts.get(evidence_id or "")
    assert text
    return Bundle.model_validate_json(text)


def report_of(services: Services, job: Job) -> str:
    assert job.error is None
    return services.knowledge.get(job.report_id or "")[1]


def checks(services: Services) -> list[str]:
    return [d.id for d in services.knowledge.list(kind="check").items]


def changed(text: str) -> str:
    """The section that says what changed."""
    found = re.search(r"## What changed since .*?(?=\n## )", text, re.DOTALL)
    assert found
    return found[0]


def pages_with(**texts: str) -> Pages:
    return replace(northwind(), texts={START: RESULTS, NEXT: OUTLOOK} | texts)


def test_where_nothing_changed_a_short_entry_says_so_and_the_report_stays(
    services: Services,
) -> None:
    first = run(services, northwind())
    good = report_of(services, first)
    before = {document.id for document in services.knowledge.list(limit=100).items}
    second = run(services, northwind())
    assert (second.status, second.report_id) == (JobStatus.SUCCEEDED, first.report_id)
    assert report_of(services, second) == good
    [entry] = {document.id for document in services.knowledge.list(limit=100).items} - before
    document, text = services.knowledge.get(entry)
    assert document.attributes.kind == "check"
    assert len(text) < len(good)
    assert "2 sources read again, all unchanged; no new statement." in text
    assert f"The report: `{first.report_id}`" in text
    assert str(first.evidence_id) in text
    assert second.steps[-1].message.startswith("No change since")


def test_the_model_is_not_asked_where_nothing_changed(services: Services) -> None:
    run(services, northwind())
    second = run(services, northwind())
    assert "write" not in {step.phase for step in second.steps}


def test_entries_without_news_do_not_pile_up(services: Services) -> None:
    run(services, northwind())
    jobs = [run(services, northwind()) for _ in range(3)]
    assert len(checks(services)) == 1
    assert len({job.evidence_id for job in jobs}) == 1
    assert bundle_of(services, jobs[-1].evidence_id).job_id == jobs[-1].id


def test_an_entry_without_news_is_found_and_can_be_checked(services: Services) -> None:
    first = run(services, northwind())
    second = run(services, northwind())
    [hit] = services.search.search("No change at Northwind?", 1, Filter(kind="check"))
    assert hit.document.attributes.tickers == ("NWI",)
    confirmed = bundle_of(services, second.evidence_id)
    assert confirmed.kind == "check"
    assert [c.text for c in confirmed.kept] == [
        c.text for c in bundle_of(services, first.evidence_id).kept
    ]
    assert verify_bundle(confirmed).holds


def test_a_changed_figure_leads_the_report_with_both_values_cited(services: Services) -> None:
    first = run(services, northwind())
    second = run(services, pages_with(**{START: RESULTS.replace("412.6", "420.1")}))
    report = report_of(services, second)
    section = changed(report)
    assert report.index("## What changed since") < report.index("## Summary")
    line = "- Revenue (Three Months Ended June 30, 2026): $412.6 million [1] → $420.1 million [2]"
    assert line in section
    assert "$378.5" not in section.split("→")[0]
    assert str(first.evidence_id) in section
    assert re.search(rf"^1\. As it was before: .*<{START}>", report, re.MULTILINE)
    assert re.search(rf"^2\. (?!As it was).*<{START}>", report, re.MULTILINE)


def test_a_restated_sentence_is_told_with_what_it_was(services: Services) -> None:
    run(services, northwind())
    second = run(services, pages_with(**{NEXT: OUTLOOK.replace("14%", "9%")}))
    section = changed(report_of(services, second))
    assert "- Orders for laboratory sensors grew 9% in the quarter" in section
    assert "Before: Orders for laboratory sensors grew 14% in the quarter" in section
    assert "Revenue" not in section


def test_the_earlier_statements_are_proven_too(services: Services) -> None:
    run(services, northwind())
    second = run(services, pages_with(**{START: RESULTS.replace("412.6", "420.1")}))
    bundle = bundle_of(services, second.evidence_id)
    assert verify_bundle(bundle).holds
    assert bundle.news
    old = bundle.news.sources[0].model_copy(update={"text": RESULTS.replace("412.6", "402.6")})
    forged = bundle.model_copy(update={"news": bundle.news.model_copy(update={"sources": [old]})})
    assert not verify_bundle(forged).holds


def test_the_superseded_report_can_be_reached(services: Services) -> None:
    first = run(services, northwind())
    second = run(services, pages_with(**{START: RESULTS.replace("412.6", "420.1")}))
    document, _ = services.knowledge.get(second.report_id or "")
    assert document.attributes.metadata["supersedes"] == first.evidence_id
    earlier = bundle_of(services, str(document.attributes.metadata["supersedes"]))
    assert "$412.6 million" in {c.figure.value for c in earlier.kept if c.figure}


def test_a_new_report_ends_the_entry_that_nothing_changed(services: Services) -> None:
    run(services, northwind())
    run(services, northwind())
    assert checks(services)
    run(services, pages_with(**{START: RESULTS.replace("412.6", "420.1")}))
    assert not checks(services)


def test_a_page_that_is_gone_is_told(services: Services) -> None:
    run(services, northwind())
    second = run(services, replace(northwind(), texts={START: RESULTS}))
    section = changed(report_of(services, second))
    assert f"Could not be read again: <{NEXT}>: The server answered 404." in section
    assert re.search(r"\d statements? of the earlier report rested on it\.", section)
    assert "38% of purchases" not in report_of(services, second)


def test_a_page_that_is_only_late_takes_nothing_from_the_report(services: Services) -> None:
    first = run(services, northwind())
    good = report_of(services, first)
    late = replace(northwind(), broken={NEXT: ReadFailure.TIMEOUT})
    second = run(services, late)
    assert report_of(services, second) == good
    _, text = services.knowledge.get(checks(services)[0])
    assert "1 source read again, all unchanged" in text
    assert f"## Not read again this time\n\n- <{NEXT}>: " in text
    assert verify_bundle(bundle_of(services, second.evidence_id)).holds


def test_what_a_smaller_budget_leaves_unread_is_told(services: Services) -> None:
    first = run(services, northwind())
    small = replace(REQUEST, budget=Budget(pages=1))
    second = run(services, northwind(), small)
    assert second.report_id == first.report_id
    _, text = services.knowledge.get(checks(services)[0])
    assert "1 source read again" in text
    assert f"## Not read again this time\n\n- <{NEXT}>\n" in text
    assert verify_bundle(bundle_of(services, second.evidence_id)).holds


def test_a_page_that_changed_in_nothing_told_makes_no_news(services: Services) -> None:
    first = run(services, northwind())
    second = run(services, pages_with(**{NEXT: f"{OUTLOOK}\nVisitors today: 1,204\n"}))
    assert second.report_id == first.report_id
    _, text = services.knowledge.get(checks(services)[0])
    assert "2 sources read again, 1 of them other than before, in nothing told" in text


def test_a_statement_that_is_gone_is_told(services: Services) -> None:
    run(services, northwind())
    shorter = re.sub(r" Two\nsuppliers.*", "\n", OUTLOOK, flags=re.DOTALL)
    assert shorter != OUTLOOK
    section = changed(report_of(services, run(services, pages_with(**{NEXT: shorter}))))
    assert (
        "No longer stated: Two suppliers of optical parts account for 38% of purchases" in section
    )


class CutOff(JobService):
    """A job service whose run dies before it can say that it has ended."""

    def finish(self, *_: object, **__: object) -> Job:
        raise SystemError("The process died.")


def test_an_attempt_that_died_after_storing_is_not_its_own_predecessor(
    services: Services, tmp_path: Path
) -> None:
    first = run(services, northwind())
    newer = pages_with(**{START: RESULTS.replace("412.6", "420.1")})
    job = services.research.request(REQUEST)
    with closing(Database(tmp_path / "alex.db")) as database:
        store = SqliteJobStore(database)
        dying = replace(services, research=CutOff(store, QueuedLauncher()))
        with pytest.raises(SystemError):
            asyncio.run(run_job(dying, job.id, lambda _settings: newer))
        soon = now() + LEASE + timedelta(minutes=1)
        again = replace(services, research=JobService(store, QueuedLauncher(), clock=lambda: soon))
        ended = asyncio.run(run_job(again, job.id, lambda _settings: newer))
    assert ended
    assert str(first.evidence_id) in changed(report_of(services, ended))
    assert not checks(services)


def test_another_model_writes_anew_and_says_that_nothing_is_new(services: Services) -> None:
    first = run(services, northwind())
    evidence = bundle_of(services, first.evidence_id)
    other = evidence.model_copy(update={"model": "another model"})
    services.texts.put(first.evidence_id or "", other.model_dump_json())
    section = changed(report_of(services, run(services, northwind())))
    assert "Nothing that the sources state is new; the report is written anew." in section
