"""The demo: a made-up company's site is researched, kept and found again."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from alex.api.documents import WholeDocument
from alex.api.research import JobView
from alex.api.search import ResultView
from alex.errors import AlexError
from alex.knowledge.documents import Filter
from alex.research.jobs import JobStatus, ResearchRequest
from alex.settings import Settings
from laptop.api_json import Json
from laptop.backend import Backend
from laptop.local import LocalBackend
from laptop.site.server import RunningSite, running_site
from researcher.pipeline.save import CHECK
from researcher.verify.bundle import Bundle
from researcher.verify.stored import read_bundle

PORT = 8765
"""Always the same: a page is known by its address, so a second run finds what the first kept."""

TOPIC = "How did Larkspur Instruments do in the third quarter of 2026, and what is next?"
TICKER = "LKSP"
PAGES = ("/", "/results.html", "/outlook.html", "/orders.html", "/letter-2025.pdf")
FORBIDDEN = "/members/briefing.html"
"""What the site's robots.txt forbids; the report says that it was not read."""

QUESTION = "Larkspur Instruments revenue in the third quarter of 2026"


class DemoFailed(AlexError):
    """The demo did not come to its end."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What came of it.

    Attributes:
        evidence: what proves the report.
        documents: how many pages and reports the demo's folder holds now.
        new: how many of them this run added; a second run adds none.
        unchanged: what the run noted where nothing had changed since the report; else empty.
        rank: the report's place among the results of the search.
    """

    job: JobView
    report: WholeDocument
    results: list[ResultView]
    rank: int
    evidence: Bundle
    documents: int
    new: int
    unchanged: str
    folder: str

    def as_json(self) -> Json:
        """The summary for programs."""
        return {
            "job_id": self.job.job_id,
            "report_id": self.report.document_id,
            "evidence_id": self.job.evidence_id,
            "via": self.evidence.via,
            "verified": len(self.evidence.kept),
            "found": True,
            "rank": self.rank,
            "documents": self.documents,
            "new": self.new,
            "unchanged": self.unchanged or None,
            "data_dir": self.folder,
        }


@contextmanager
def demo_site(folder: Path) -> Iterator[tuple[RunningSite, Path]]:
    """The site, and the folder for what is learned from it.

    Where the usual port is taken, another one makes other addresses: what is learned then goes
    into a folder of its own, and nothing is doubled in the usual one.
    """
    with ExitStack() as stack:
        try:
            site = stack.enter_context(running_site(PORT))
        except OSError:
            site = stack.enter_context(running_site())
            folder = Path(tempfile.mkdtemp(prefix="alex-demo-"))
        yield site, folder


def request(site: RunningSite) -> ResearchRequest:
    """What the demo asks for."""
    urls = tuple(site.url(path) for path in (*PAGES, FORBIDDEN))
    return ResearchRequest(topic=TOPIC, tickers=(TICKER,), urls=urls)


def run_demo(
    folder: Path, follow: Callable[[Backend, JobView], JobView], note: Callable[[str], None]
) -> Demo:
    """Research the site, keep the report, find it again.

    `follow` sees the job through; `note` hears what is about to happen.

    Raises:
        DemoFailed: there is no verified report, or the search does not find it.
    """
    with demo_site(folder) as (site, place):
        # A made-up company files nothing with the SEC.
        settings = Settings("local", place, allow_hosts=(site.authority,), sec_data_url="")
        backend = LocalBackend(settings)
        before = _documents(backend)
        note(f"A small site about a made-up company is served at {site.base_url} .")
        job = follow(backend, backend.request(request(site), uuid.uuid4().hex))
    if job.status is JobStatus.CANCELLED:
        raise KeyboardInterrupt
    if job.report_id is None or job.evidence_id is None:
        raise DemoFailed(f"The research {job.status}: {job.error or 'without a reason'}")
    report = backend.document(job.report_id)
    results = backend.search(
        QUESTION, k=3, where=Filter(tickers=(TICKER,)), group="document"
    ).results
    found = [result.document_id for result in results]
    if report.document_id not in found:
        raise DemoFailed(f"The search {QUESTION!r} does not find the report.")
    after = _documents(backend)
    evidence = _evidence(backend, job.evidence_id)
    return Demo(
        job=job,
        report=report,
        results=results,
        rank=found.index(report.document_id) + 1,
        evidence=evidence,
        documents=len(after),
        new=len(after - before),
        unchanged=job.steps[-1].message if evidence.kind == CHECK else "",
        folder=str(place),
    )


def _documents(backend: LocalBackend) -> set[str]:
    """Ids of pages and reports, and not of the note that nothing changed; there are few."""
    listed = backend.documents(cursor=None, limit=100, kind=None, ticker=None)
    return {document.document_id for document in listed.documents if document.kind != CHECK}


def _evidence(backend: LocalBackend, key: str) -> Bundle:
    """The bundle that proves the report.

    Raises:
        DemoFailed: it was not kept, or proves nothing.
    """
    text = backend.services.texts.get(key)
    if text is None:
        raise DemoFailed(f"The evidence {key} was not kept.")
    bundle = read_bundle(text)
    if not bundle.kept:
        raise DemoFailed("Nothing in the report could be verified.")
    return bundle
