"""Whole runs on companies, over HTTP: the SEC's place is taken by a server of the test."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from alex.research.jobs import Budget, Job, JobStatus, ResearchRequest
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from researcher.facts.numbers import Amount, mentions
from researcher.llm.offline.sec_figures import VIA
from researcher.pipeline.run import run_job
from researcher.sources.sec.model import Company
from researcher.sources.web.client import GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageReader
from researcher.sources.web.proxy import GuardedProxy
from researcher.verify.bundle import Bundle, verify_bundle
from tests.support.needs import SHARED_DATA, needs_shared_data
from tests.support.sec_data import (
    DATA,
    EXAMPLE,
    K8,
    K10,
    Q10,
    QUARTERLY_TEXT,
    WEB,
    document_url,
    sec_files,
    tickers,
)
from tests.support.site import Reply, Route, Site, serving

AGENT = "Example Research research@example.com"
SNOWFLAKE = Company(1640147, "Snowflake Inc.", ("SNOW",))
PROPERTIES = Company(1997711, "Logistic Properties of the Americas", ("LPA",))
TESLA = Company(1318605, "Tesla, Inc.", ("TSLA",))


def open_http(settings: Settings) -> PageReader:
    return HttpReader(
        GuardedProxy(Guard.allowing(settings.allow_hosts)), GuardedClient(settings.user_agent)
    )


def routes(files: Mapping[str, bytes]) -> dict[str, Route]:
    """Files by address as a server's routes."""
    return {
        urlsplit(url).path: Reply(body, content_type="application/json")
        for url, body in files.items()
    }


def html(text: str) -> Reply:
    paragraphs = "".join(f"<p>{part}</p>" for part in text.split("\n\n")[1:])
    heading = text.split("\n", 1)[0].lstrip("# ")
    return Reply(f"<html><title>{heading}</title><main><h1>{heading}</h1>{paragraphs}</main>")


def example_routes() -> dict[str, Route]:
    """All of Example Analytics, its newest reports included."""
    documents = {
        urlsplit(document_url(filed)).path: html(QUARTERLY_TEXT.replace("quarterly", name))
        for filed, name in ((Q10, "quarterly"), (K10, "annual"))
    }
    return routes(sec_files()) | documents


type Ran = Callable[..., tuple[Job, Services]]


@pytest.fixture
def ran(tmp_path: Path) -> Iterator[Callable[..., tuple[Job, Services]]]:
    """Runs a request against a server of the SEC's place."""
    wired: list[Services] = []

    def run(
        site: Site, *names: str, agent: str = AGENT, pages: int = 12, guarded: bool = False
    ) -> tuple[Job, Services]:
        settings = Settings(
            "local",
            tmp_path,
            user_agent=agent,
            allow_hosts=() if guarded else (f"127.0.0.1:{site.port}",),
            sec_web_url=site.url(""),
            sec_data_url=site.url(""),
        )
        services = wire(settings)
        wired.append(services)
        request = ResearchRequest(tickers=names, budget=Budget(pages=pages))
        job = asyncio.run(run_job(services, services.research.request(request).id, open_http))
        assert job
        return job, services

    yield run
    for services in wired:
        services.close()


def report_of(job: Job, services: Services) -> str:
    assert job.error is None
    assert job.report_id
    return services.knowledge.get(job.report_id)[1]


def bundle_of(job: Job, services: Services) -> Bundle:
    return Bundle.model_validate_json(services.texts.get(job.evidence_id or "") or "")


def test_a_ticker_becomes_a_verified_report_from_primary_data(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, services = ran(site, "EXA")
    assert job.status is JobStatus.SUCCEEDED
    report, bundle = report_of(job, services), bundle_of(job, services)
    assert verify_bundle(bundle).holds
    assert bundle.left_out == []
    assert report.startswith("# Example Analytics Inc. (EXA): results, outlook and risks\n")
    assert (
        "Revenue rose 9.0% to $412.600 million in the three months ended July 31, 2026, from"
        " $378.500 million in the three months ended July 31, 2025."
    ) in report
    assert "| Net income | -$12.300 million | $39.600 million | [1] |" in report
    assert "| Revenue | $801.250 million | $744.000 million | [1] |" in report
    assert "| Total assets | $2,250.000 million | $1,998.000 million |" in report
    assert "Restated: Net income of Example Analytics Inc. in the fiscal year" in report
    assert "driven by demand for its weather analytics service" in report
    assert f"{document_url(K8, site.url(''))}>: " in report  # asked for, and told as missing


def test_figures_come_before_filings_and_filings_newest_first(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, services = ran(site, "EXA")
        paths = [hit for hit in site.hits if "robots" not in hit]
    assert paths == [
        "/files/company_tickers.json",
        f"/submissions/{EXAMPLE.key}.json",
        f"/api/xbrl/companyfacts/{EXAMPLE.key}.json",
        *(urlsplit(document_url(filed)).path for filed in (Q10, K8, K10)),
    ]
    assert set(site.agents) == {AGENT}
    assert [source.via for source in bundle_of(job, services).sources] == [VIA, "http", "http"]
    assert job.cost["pages"] == 2


def test_the_page_budget_is_of_pages(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, services = ran(site, "EXA", pages=1)
    assert [source.via for source in bundle_of(job, services).sources] == [VIA, "http"]


def test_without_a_contact_the_run_goes_on_without_the_sec(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, _ = ran(site, "EXA", agent="Alex/0.1 (research agent)")
    assert site.hits == []
    assert job.status is JobStatus.FAILED
    assert job.error
    assert "put your e-mail address into ALEX_USER_AGENT" in job.error


def test_without_a_network_the_reason_is_told(ran: Ran) -> None:
    with serving({}) as site:
        pass
    job, _ = ran(site, "EXA")
    assert job.status is JobStatus.FAILED
    assert job.error
    assert "The server could not be reached." in job.error


def test_the_egress_guard_stands_before_the_sec_too(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, _ = ran(site, "EXA", guarded=True)
    assert site.hits == []
    assert "127.0.0.1 is not a public address" in (job.error or "")


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("<html>Undeclared Automated Tool</html>", 403), "turns this program away"),
        (Reply("Not Found", 404), "has no XBRL figures of Example Analytics Inc. (EXA)"),
        (Reply('{"facts": {"us-ga', content_type="application/json"), "it is no JSON"),
        (Reply("[]", content_type="application/json"), "it is no JSON object"),
    ],
)
def test_without_figures_the_filings_are_read_all_the_same(
    ran: Ran, reply: Reply, words: str
) -> None:
    broken = {f"/api/xbrl/companyfacts/{EXAMPLE.key}.json": reply}
    with serving(example_routes() | broken) as site:
        job, services = ran(site, "EXA")
    report = report_of(job, services)
    assert words in report
    assert "driven by demand for its weather analytics service" in report


def test_two_companies_are_told_apart(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, services = ran(site, "EXA", "BSPL")
    report = report_of(job, services)
    assert verify_bundle(bundle_of(job, services)).holds
    assert (
        "| Example Analytics Inc.: Revenue | $412.600 million | $378.500 million | [1] |" in report
    )
    assert "| Beispiel AG: Revenue | €43,862,372 | €39,436,343 | [2] |" in report


def test_an_unknown_ticker_is_told_with_likely_ones(ran: Ran) -> None:
    with serving(example_routes()) as site:
        job, services = ran(site, "EXA", "EXAX")
    assert "The SEC lists no company under 'EXAX'. Did you mean EXA" in report_of(job, services)


def test_asked_again_with_nothing_new_the_report_stays(ran: Ran) -> None:
    with serving(example_routes()) as site:
        first, services = ran(site, "EXA")
        before = report_of(first, services)
        second, again = ran(site, "EXA")
    assert report_of(second, again) == before
    assert any("No change" in step.message for step in second.steps)


@contextmanager
def public_data(*companies: Company) -> Iterator[Site]:
    """A server with the public data sets, and a ticker list of these companies."""
    files = {f"{WEB}/files/company_tickers.json": json.dumps(tickers(*companies)).encode()}
    for folder, path in (("companyfacts", "api/xbrl/companyfacts"), ("submissions", "submissions")):
        for file in (SHARED_DATA / "sec" / folder).glob("CIK*.json"):
            files[f"{DATA}/{path}/{file.name}"] = file.read_bytes()
    with serving(routes(files)) as site:
        yield site


def filed_values(company: Company) -> set[Decimal]:
    """Every value of a company's facts file."""
    path = SHARED_DATA / "sec" / "companyfacts" / f"{company.key}.json"
    data = json.loads(path.read_bytes(), parse_float=Decimal)
    return {
        Decimal(entry["val"])
        for taxonomy in data["facts"].values()
        for concept in taxonomy.values()
        for entries in concept["units"].values()
        for entry in entries
    }


def told_values(bundle: Bundle) -> set[Decimal]:
    """Every amount the report states that it did not calculate; a loss is less than nothing."""
    calculated = {c.result for claim in bundle.kept for c in claim.claim.calculations}
    return {
        -mention.value if claim.text.startswith("Net loss: ") else mention.value
        for claim in bundle.kept
        for mention in mentions(claim.text)
        if isinstance(mention, Amount) and mention.text.strip() not in calculated
    }


@needs_shared_data
@pytest.mark.parametrize(
    ("company", "headline"),
    [
        (SNOWFLAKE, "| Revenue | $1,042.074 million | $828.709 million | [1] |"),
        (PROPERTIES, "| Revenue | $43,862,372 | $39,436,343 | $31,983,567 | $25,596,073 | [1] |"),
    ],
)
def test_every_figure_of_a_report_was_filed(ran: Ran, company: Company, headline: str) -> None:
    with public_data(SNOWFLAKE, PROPERTIES) as site:
        job, services = ran(site, company.tickers[0])
    bundle = bundle_of(job, services)
    assert verify_bundle(bundle).holds
    assert bundle.left_out == []
    assert headline in report_of(job, services)
    told = told_values(bundle)
    assert len(told) > 25
    assert told <= filed_values(company)


@needs_shared_data
def test_a_restated_figure_of_a_real_company_is_told(ran: Ran) -> None:
    with public_data(PROPERTIES) as site:
        job, services = ran(site, "LPA")
    assert re.search(
        r"Restated: Diluted earnings per share of .* was \$0\.019 in the 20-F filed"
        r" April 26, 2024, and is \$0\.11 in the 20-F filed April 2, 2025\.",
        report_of(job, services),
    )


@needs_shared_data
def test_a_real_filing_index_leads_to_the_newest_reports(ran: Ran) -> None:
    with public_data(TESLA) as site:
        job, _ = ran(site, "TSLA")
        read = [hit for hit in site.hits if "/Archives/" in hit]
    folder = "/Archives/edgar/data/1318605"
    assert read == [
        f"{folder}/000095017022019867/tsla-20220930.htm",
        f"{folder}/000156459022034639/tsla-8k_20221019.htm",
        f"{folder}/000095017022000796/tsla-20211231.htm",
    ]
    assert job.status is JobStatus.FAILED  # the data set has neither its facts nor its documents
