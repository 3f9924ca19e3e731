"""A whole run with the offline model over pages in memory and the laptop's own stores."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from alex.clock import now
from alex.knowledge.documents import Attributes, Filter, Submission
from alex.local.database import Database
from alex.local.jobs import QueuedLauncher, SqliteJobStore
from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest
from alex.research.leases import LEASE
from alex.research.service import JobService
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from researcher.checkpoint import Checkpoint
from researcher.facts.indexed_source import IndexedSource
from researcher.facts.numbers import mentions
from researcher.llm.offline.extractive import extract_draft
from researcher.pipeline.run import run_job
from researcher.prompts import PromptSource, WritingPrompt
from researcher.sources.relevance import Ranker
from researcher.sources.source import CollectedSources, Source, text_hash
from researcher.sources.web.extraction import Extracted, extract
from researcher.sources.web.pages import ReadFailure, WebPage
from researcher.verify.bundle import Bundle, verify_bundle
from researcher.verify.check import check
from researcher.verify.draft import placed_claims
from tests.support.needs import SHARED_DATA, needs_shared_data
from tests.support.pages import OUTLOOK, SITE, Pages, northwind

TOPIC = "Northwind Instruments second quarter results and risks"
START = f"{SITE}/results"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    wired = wire(Settings("local", tmp_path, sec_data_url=""))
    yield wired
    wired.close()


def asked(*urls: str, topic: str = TOPIC, pages: int = 5) -> ResearchRequest:
    return ResearchRequest(topic=topic, tickers=("NWI",), urls=urls, budget=Budget(pages=pages))


def run(services: Services, request: ResearchRequest, pages: Pages) -> Job:
    job = services.research.request(request)
    ended = asyncio.run(run_job(services, job.id, lambda _settings: pages))
    assert ended is not None
    return ended


def report_of(services: Services, job: Job) -> str:
    assert job.error is None
    assert job.report_id
    return services.knowledge.get(job.report_id)[1]


def bundle_of(services: Services, job: Job) -> Bundle:
    text = services.texts.get(job.evidence_id or "")
    assert text is not None
    return Bundle.model_validate_json(text)


def test_a_job_becomes_a_verified_report(services: Services) -> None:
    pages = northwind()
    job = run(services, asked(START), pages)
    assert job.status is JobStatus.SUCCEEDED
    assert list(dict.fromkeys(step.phase for step in job.steps)) == [
        "recall",
        "read",
        "write",
        "verify",
        "save",
    ]
    assert (job.cost["pages"], job.cost["usd"]) == (2, 0)
    assert pages.closed
    report = report_of(services, job)
    assert "$412.6 million" in report
    assert "38% of purchases" in report
    bundle = bundle_of(services, job)
    assert [source.text for source in bundle.sources] == list(pages.texts.values())
    assert verify_bundle(bundle).holds


def test_every_figure_of_a_report_stands_in_its_sources(services: Services) -> None:
    pages = northwind()
    bundle = bundle_of(services, run(services, asked(START), pages))
    for claim in bundle.kept:
        for figure in claim.figures:
            source = next(s for s in bundle.sources if s.key == figure.source)
            assert mentions(source.text[figure.start : figure.end])
        assert claim.quotes
        for quote in claim.quotes:
            source = next(s for s in bundle.sources if s.key == quote.source)
            assert source.text[quote.start : quote.end] == quote.text


def test_report_and_pages_are_found_by_search(services: Services) -> None:
    job = run(services, asked(START), northwind())
    found = services.search.search("What was Northwind's revenue in the second quarter?", 5)
    kinds = {hit.document.id: hit.document.attributes.kind for hit in found}
    assert kinds[job.report_id or ""] == "report"
    assert "page" in kinds.values()
    [page] = services.search.search("revenue", 1, Filter(source=START))
    assert page.document.attributes.tickers == ("NWI",)


@pytest.mark.parametrize(
    "request_",
    [
        ResearchRequest(topic=f"{TOPIC} {'and whatever bears on them ' * 40}.", urls=(START,)),
        ResearchRequest(urls=(START, *(f"{SITE}/{'long/' * 20}{n}" for n in range(6)))),
    ],
    ids=["a long question", "many pages"],
)
def test_a_question_longer_than_any_title_is_answered(
    services: Services, request_: ResearchRequest
) -> None:
    pages = northwind()
    named = replace(
        pages,
        texts={**pages.texts, START: f"# {'Results of Northwind ' * 40}\n\n{pages.texts[START]}"},
    )
    job = run(services, request_, named)
    assert request_.subject.rstrip(" .") in report_of(services, job)
    assert "$412.6 million" in report_of(services, job)
    for found in services.search.search("Northwind", 5):
        assert len(found.document.title or "") <= 500
    assert services.search.search("revenue", 1, Filter(source=START))


def test_a_job_that_has_ended_is_not_run_again(services: Services) -> None:
    job = run(services, asked(START), northwind())
    pages = northwind()
    assert asyncio.run(run_job(services, job.id, lambda _settings: pages)) is None
    assert pages.asked == []


def test_pages_that_cannot_be_read_are_told_with_their_reasons(services: Services) -> None:
    private, missing = f"{SITE}/private", f"{SITE}/missing"
    pages = replace(northwind(), broken={private: ReadFailure.ROBOTS})
    report = report_of(services, run(services, asked(private, START, missing), pages))
    assert f"<{private}>: The site forbids robots to read it." in report
    assert f"<{missing}>: The server answered 404." in report
    assert "$412.6 million" in report


def test_no_page_is_read_twice(services: Services) -> None:
    pages = northwind()
    run(services, asked(START, f"{START}#top", f"{START}/"), pages)
    assert len(pages.asked) == len(set(pages.asked)) == 2


def test_the_page_budget_holds(services: Services) -> None:
    pages = Pages(
        {f"{SITE}/{n}": f"{OUTLOOK}\nPage number {n} of the outlook.\n" for n in range(9)}
    )
    job = run(services, asked(*pages.texts, pages=3), pages)
    assert job.cost["pages"] == 3
    assert len(pages.asked) == 3


def test_when_nothing_can_be_read_the_job_fails_and_says_why(services: Services) -> None:
    job = run(services, asked(START), Pages({}))
    assert (job.status, job.report_id) == (JobStatus.FAILED, None)
    assert job.error == (
        f"No source could be read. {START}: The server answered 404. No report was stored."
    )
    assert services.knowledge.list().items == ()


def test_when_nothing_is_known_the_job_fails_and_says_why(services: Services) -> None:
    job = run(services, asked(), Pages({}))
    assert (job.status, job.report_id) == (JobStatus.FAILED, None)
    assert job.error == (
        "There was no page to read, and nothing stored bears on the question. No report was stored."
    )
    assert services.knowledge.list().items == ()


def test_an_empty_report_does_not_replace_a_good_one(services: Services) -> None:
    good = report_of(services, run(services, asked(START), northwind()))
    job = run(services, asked(START), Pages({}))
    assert job.status is JobStatus.FAILED
    assert job.error == (
        f"No source could be read. {START}: The server answered 404. The earlier report stays."
    )
    [report] = services.knowledge.list(kind="report").items
    assert services.knowledge.get(report.id)[1] == good


def test_without_pages_stored_documents_are_the_sources(services: Services) -> None:
    attributes = Attributes(source="https://example.com/outlook", tickers=("NWI",), kind="news")
    services.knowledge.ingest(Submission(OUTLOOK, title="Northwind outlook", attributes=attributes))
    job = run(services, asked(topic="Northwind Instruments orders and supplier risks"), Pages({}))
    report = report_of(services, job)
    assert "38% of purchases" in report
    assert "from the knowledge base" in report
    assert services.knowledge.list(kind="page").items == ()


def test_a_report_is_no_source_of_another(services: Services) -> None:
    run(services, asked(START), northwind())
    job = run(services, asked(topic="Northwind Instruments results"), Pages({}))
    assert {source.url for source in bundle_of(services, job).sources} <= set(northwind().texts)


def test_a_users_own_document_of_a_pages_address_is_left_alone(services: Services) -> None:
    own = Submission(
        "My own notes on the results.", attributes=Attributes(source=START, kind="note")
    )
    receipt = services.knowledge.ingest(own)
    run(services, asked(START), northwind())
    assert services.knowledge.get(receipt.document_id)[1] == "My own notes on the results."


def test_a_cancel_takes_effect_before_the_next_step(services: Services) -> None:
    job = services.research.request(asked(START))

    async def cancelled_while_reading() -> tuple[Job | None, Pages]:
        pages = replace(northwind(), gate=asyncio.Event(), reached=asyncio.Event())
        assert pages.gate
        assert pages.reached
        running = asyncio.create_task(run_job(services, job.id, lambda _settings: pages))
        await pages.reached.wait()
        services.research.cancel(job.id)
        pages.gate.set()
        return await running, pages

    ended, pages = asyncio.run(cancelled_while_reading())
    assert ended is not None
    assert ended.status is JobStatus.CANCELLED
    assert pages.asked == [START]
    assert pages.closed
    assert services.knowledge.list().items == ()


def test_a_run_that_died_goes_on_where_it_stopped(tmp_path: Path) -> None:
    wired = wire(Settings("local", tmp_path))
    database = Database(tmp_path / "alex.db")
    later = JobService(
        SqliteJobStore(database),
        QueuedLauncher(),
        clock=lambda: now() + LEASE + timedelta(minutes=1),
    )
    pages = northwind()
    job = wired.research.request(asked(START))

    class Dying(Pages):
        async def read(self, url: str) -> WebPage:
            if self.asked:
                asyncio.get_running_loop().call_soon(died.set)
                await asyncio.Event().wait()
            return await super().read(url)

    died = asyncio.Event()

    async def killed_at_the_second_page() -> None:
        dying = Dying(pages.texts, pages.links)
        running = asyncio.create_task(run_job(wired, job.id, lambda _settings: dying))
        await died.wait()
        running.cancel()
        await asyncio.wait({running})

    asyncio.run(killed_at_the_second_page())
    assert wired.research.get(job.id).status is JobStatus.RUNNING
    again = replace(wired, research=later)
    ended = asyncio.run(run_job(again, job.id, lambda _settings: pages))
    assert ended is not None
    assert ended.status is JobStatus.SUCCEEDED
    assert pages.asked == [f"{SITE}/outlook"]
    assert again.texts.get(f"evidence/{job.id}/gathered.json") is None
    database.close()
    wired.close()


def test_a_bug_ends_the_job_and_is_not_hidden(services: Services) -> None:
    class Broken(Pages):
        async def close(self) -> None:
            raise RuntimeError("secret detail")

    job = services.research.request(asked(START))
    with pytest.raises(RuntimeError, match="secret detail"):
        asyncio.run(run_job(services, job.id, lambda _settings: Broken(northwind().texts)))
    ended = services.research.get(job.id)
    assert ended.status is JobStatus.FAILED
    assert ended.error == "An unexpected error; the log has it."
    assert Checkpoint(services.texts, job.id).load("gathered", CollectedSources) is None


FILINGS = [
    ("bke-8-k-ex99-1", "Buckle third quarter results", "$293.6 million"),
    ("orcl-8-k", "Oracle annual meeting vote results", "2,300,385,739"),
    ("nvda-10-q-2025-08-27", "NVIDIA second quarter results", "$46,743 million"),
    ("aapl-10-q-2025-08-01", "Apple third quarter 2025 results", "$94,036 million"),
    ("tsla-10-q-2025-07-24", "Tesla second quarter 2025 results", "$22,496 million"),
]


def filing(name: str) -> Extracted:
    data = (SHARED_DATA / "sec" / "pages" / f"{name}.html").read_bytes()
    return extract(data, "text/html", f"{SITE}/{name}")


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


@needs_shared_data
@pytest.mark.parametrize(("name", "topic", "figure"), FILINGS[:2])
def test_a_real_filing_becomes_a_report(
    services: Services, name: str, topic: str, figure: str
) -> None:
    page = filing(name)
    request = ResearchRequest(topic=topic, urls=(f"{SITE}/{name}",))
    job = run(services, request, Pages({f"{SITE}/{name}": page.text}))
    bundle = bundle_of(services, job)
    assert verify_bundle(bundle).holds
    assert bundle.left_out == []
    assert figure in report_of(services, job)


@needs_shared_data
@pytest.mark.parametrize(("name", "topic", "figure"), FILINGS)
def test_every_claim_from_a_real_filing_is_proven_by_it(
    services: Services, name: str, topic: str, figure: str
) -> None:
    page = filing(name)
    source = PromptSource("S1", page.title, f"{SITE}/{name}", "", page.text)
    prompt = WritingPrompt(topic, date(2026, 8, 3), (source,))
    claims = [
        p.claim for p in placed_claims(extract_draft(prompt, Ranker(services.embedder, topic)))
    ]
    indexed = IndexedSource(
        Source(
            key="S1",
            url=source.url,
            title=page.title,
            text=page.text,
            sha256=text_hash(page.text),
            text_sha256=text_hash(page.text),
            retrieved=now(),
            via="http",
        )
    )
    refused = {c.text: reasons for c in claims if (reasons := check(c, {"S1": indexed}).reasons)}
    assert refused == {}
    told = " ".join(claim.text for claim in claims)
    assert figure in told
    calculated = numbers(" ".join(c.result for claim in claims for c in claim.calculations))
    assert numbers(told) - calculated <= numbers(page.text)
