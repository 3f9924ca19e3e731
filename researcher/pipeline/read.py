"""A run's first phases: recall what is known, then read.

At a cap of the budget reading ends with what it has, and says so. What an earlier attempt at the
run has finished is not done again.
"""

import asyncio
from contextlib import suppress

from agents import MaxTurnsExceeded, ModelBehaviorError
from pydantic import BaseModel

from alex.knowledge.documents import Filter
from researcher.agents.reader import reader
from researcher.llm.asking import run_agent
from researcher.llm.prices import Tokens
from researcher.llm.spending import CapReached
from researcher.pipeline.context import Run, cap_of
from researcher.prompts import Known, ReadingPrompt
from researcher.sources.collector import ReadRefused, SourceCollector, addresses_in
from researcher.sources.sec.client import SecClient
from researcher.sources.source import CollectedSources, Source, text_hash
from researcher.sources.web.pages import PageUnreadable
from researcher.tools.reading import ReaderContext, find_known
from researcher.tools.sec_data import SecData
from researcher.verify.identity import report_id_of

_AGENT_SHARE, _READING_SHARE, _COLLECTING_SHARE = 0.5, 0.7, 0.8
"""Of the seconds: when the agent must be done, when the last page is begun, when all is read."""

_EXTRA_TURNS = 6
_WRITING_CALLS = 4
"""Kept back while reading: a draft, what may have to be asked again, and a revision."""

_AROUND_MATERIAL = 12_000
"""Tokens of a writing call besides its sources: prompt, schema, what is known."""

_STORED_SOURCES = 5
_FARTHEST = 0.75
"""Cosine distance up to which a stored document bears on a subject."""


_SAME_MATTER = 0.25
"""Cosine distance up to which a report without a common ticker is on the same matter."""


class Recalled(BaseModel):
    """What the knowledge base held when the run began; the run's own pages are not in it."""

    known: list[Known]


class ReadingDone(BaseModel):
    """Marks that reading was finished."""


async def recall(run: Run) -> list[Known]:
    """What the knowledge base holds already, this subject's own report first."""
    if recalled := run.checkpoint.recall("known", Recalled):
        return recalled.known
    run.note("recall", "Looking up what is already known")
    found = await asyncio.to_thread(find_known, run.services.search, run.subject)
    own = report_id_of(run.job.request)
    told = [item for item in found if item.kind != "check"]  # it repeats what a report says
    known = [item for item in told if item.kind != "report" or _concerns(item, run, own)]
    reports = sum(item.kind == "report" for item in known)
    run.note("recall", f"Found {len(known)} documents, {reports} of them earlier reports")
    known.sort(key=lambda item: item.document_id != own)
    run.checkpoint.keep("known", Recalled(known=known))
    return known


def _concerns(report: Known, run: Run, own: str) -> bool:
    """Whether an earlier report is on the same matter, not only of the same sort."""
    shared = set(report.tickers) & {ticker.upper() for ticker in run.job.request.tickers}
    return report.document_id == own or bool(shared) or report.distance <= _SAME_MATTER


async def read(run: Run) -> CollectedSources:
    """Let the reader agent read, then what it left of the start; at a cap, what there is."""
    before = run.checkpoint.recall("gathered", CollectedSources)
    if before and run.checkpoint.recall("read", ReadingDone):
        return before
    loop = asyncio.get_running_loop()
    request = run.job.request
    began, left = loop.time(), run.deadline - loop.time()
    collector = SourceCollector(
        run.reader,
        run.ranker,
        pages=request.budget.pages,
        size=request.budget.bytes,
        deadline=began + _READING_SHARE * left,
        note=lambda message: run.note("read", message),
        keep=lambda gathered: run.checkpoint.keep("gathered", gathered),
        offered=(*request.urls, *addresses_in(request.subject)),
        gathered=before,
    )
    if not request.urls and not collector.sources:
        await asyncio.to_thread(_add_stored, run, collector)
    sec = SecData(_sec_client(run, collector), collector, _listed(run))
    run.note("read", "Reading sources")
    try:
        async with asyncio.timeout_at(began + _AGENT_SHARE * left):
            await _let_read(run, collector, sec)
    except (TimeoutError, MaxTurnsExceeded, CapReached) as error:
        run.reach("read", f"Reading ended early. {cap_of(error, run)}")
    except ModelBehaviorError:
        run.note("read", "The model's turns could not be used; reading the start pages without it")
    try:
        async with asyncio.timeout_at(began + _COLLECTING_SHARE * left):
            await _read_what_was_asked(run, collector, sec)
    except TimeoutError as error:
        run.reach("read", f"Not all that was named was read. {cap_of(error, run)}")
    if collector.stopped:
        raise collector.stopped
    for cap in collector.gathered.reached:
        run.reach("read", f"{cap} More pages were wanted.")
    run.checkpoint.keep("gathered", collector.gathered)
    run.checkpoint.keep("read", ReadingDone())
    return collector.gathered


async def _read_what_was_asked(run: Run, collector: SourceCollector, sec: SecData) -> None:
    """What the request names and the agent left."""
    for ticker in () if collector.stopped else _listed(run):
        with suppress(PageUnreadable):  # kept as unread
            await sec.facts(ticker)
    for url in run.job.request.urls:
        with suppress(PageUnreadable, ReadRefused):  # kept as unread, or over a cap
            await collector.read(url)


def _listed(run: Run) -> tuple[str, ...]:
    """The tickers to ask the SEC about."""
    return run.job.request.tickers if run.services.settings.sec_data_url else ()


def _sec_client(run: Run, collector: SourceCollector) -> SecClient:
    settings = run.services.settings
    return SecClient(
        collector.fetch_data,
        web_url=settings.sec_web_url,
        data_url=settings.sec_data_url,
        user_agent=settings.user_agent,
    )


async def _let_read(run: Run, collector: SourceCollector, sec: SecData) -> None:
    request = run.job.request
    brief = ReadingPrompt(run.subject, request.urls, request.budget.pages, _listed(run))
    writing = (run.writer.material or 0) + _AROUND_MATERIAL
    kept = Tokens(writing, run.writer.settings.max_tokens or 0)
    with run.ledger.keeping(kept, _WRITING_CALLS):
        await run_agent(
            reader(run.writer.model, run.writer.reading),
            brief.render(),
            ReaderContext(collector, run.services.search, sec),
            turns=request.budget.pages + _EXTRA_TURNS,
        )


def _add_stored(run: Run, collector: SourceCollector) -> None:
    """Stored documents as sources, where no page was named; reports prove nothing by themselves."""
    where = Filter(tickers=run.job.request.tickers)
    for hit in run.services.search.search(run.subject, 4 * _STORED_SOURCES, where):
        near = hit.best.distance <= _FARTHEST
        if hit.document.attributes.kind in {"report", "check"} or not near:
            continue
        if len(collector.sources) >= _STORED_SOURCES:
            return
        document, text = run.services.knowledge.get(hit.document.id)
        collector.add(
            Source(
                key=f"S{len(collector.sources) + 1}",
                url=document.attributes.source or f"alex:document/{document.id}",
                title=document.title or "",
                text=text,
                sha256=text_hash(text),
                text_sha256=text_hash(text),
                retrieved=document.updated,
                via="knowledge base",
                published=document.attributes.published,
                document_id=document.id,
            )
        )
