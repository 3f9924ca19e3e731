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
from researcher.llm.ledger import CapReached
from researcher.llm.prices import Tokens
from researcher.llm.structured_output import run_agent
from researcher.pipeline.context import Run, cap_of
from researcher.prompts import KnownDocument, ReadingPrompt
from researcher.sources.collector import ReadRefused, SourceCollector, addresses_in
from researcher.sources.sec.client import SecClient
from researcher.sources.source import CollectedSources, Source, text_hash
from researcher.sources.web.pages import PageUnreadable
from researcher.tools.reading import ReaderContext, find_known_documents
from researcher.tools.sec_data import SecData
from researcher.verify.identity import report_id_of

_AGENT_SHARE, _READING_SHARE, _COLLECTING_SHARE = 0.5, 0.7, 0.8
"""Of the seconds: when the agent must be done, when the last page is begun, when all is read."""

_EXTRA_TURNS = 6
_WRITING_CALLS = 4
"""Kept back while reading: a draft, what may have to be asked again, and a revision."""

_PROMPT_TOKENS = 12_000
"""Tokens of a writing call besides its sources: prompt, schema, what is known."""

_STORED_SOURCES = 5
_FARTHEST = 0.75
"""Cosine distance up to which a stored document bears on a subject."""


_SAME_MATTER = 0.25
"""Cosine distance up to which a report without a common ticker is on the same matter."""


class Recalled(BaseModel):
    """What the knowledge base held when the run began; the run's own pages are not in it."""

    known: list[KnownDocument]


class ReadingDone(BaseModel):
    """Marks that reading was finished."""


async def recall_known(run: Run) -> list[KnownDocument]:
    """What the knowledge base holds already, this subject's own report first."""
    if recalled := run.checkpoint.load("known", Recalled):
        return recalled.known
    run.note("recall", "Looking up what is already known")
    found = await asyncio.to_thread(find_known_documents, run.services.search, run.subject)
    own = report_id_of(run.job.request)
    relevant = [item for item in found if item.kind != "check"]  # it repeats what a report says
    known = [item for item in relevant if item.kind != "report" or _concerns(item, run, own)]
    reports = sum(item.kind == "report" for item in known)
    run.note("recall", f"Found {len(known)} documents, {reports} of them earlier reports")
    known.sort(key=lambda item: item.document_id != own)
    run.checkpoint.save("known", Recalled(known=known))
    return known


def _concerns(report: KnownDocument, run: Run, own: str) -> bool:
    """Whether an earlier report is on the same matter, not only of the same sort."""
    shared = set(report.tickers) & {ticker.upper() for ticker in run.job.request.tickers}
    return report.document_id == own or bool(shared) or report.distance <= _SAME_MATTER


async def read(run: Run) -> CollectedSources:
    """Let the reader agent read, then what it left of the start; at a cap, what there is."""
    before = run.checkpoint.load("gathered", CollectedSources)
    if before and run.checkpoint.load("read", ReadingDone):
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
        keep=lambda collected: run.checkpoint.save("gathered", collected),
        offered=(*request.urls, *addresses_in(request.subject)),
        collected=before,
    )
    if not request.urls and not collector.sources:
        await asyncio.to_thread(_add_stored, run, collector)
    sec = SecData(_sec_client(run, collector), collector, _sec_tickers(run))
    run.note("read", "Reading sources")
    try:
        async with asyncio.timeout_at(began + _AGENT_SHARE * left):
            await _run_reader(run, collector, sec)
    except (TimeoutError, MaxTurnsExceeded, CapReached) as error:
        run.reach("read", f"Reading ended early. {cap_of(error, run)}")
    except ModelBehaviorError:
        run.note("read", "The model's turns could not be used; reading the start pages without it")
    try:
        async with asyncio.timeout_at(began + _COLLECTING_SHARE * left):
            await _read_requested(run, collector, sec)
    except TimeoutError as error:
        run.reach("read", f"Not all that was named was read. {cap_of(error, run)}")
    if collector.stopped:
        raise collector.stopped
    for cap in collector.collected.reached:
        run.reach("read", f"{cap} More pages were wanted.")
    run.checkpoint.save("gathered", collector.collected)
    run.checkpoint.save("read", ReadingDone())
    return collector.collected


async def _read_requested(run: Run, collector: SourceCollector, sec: SecData) -> None:
    """What the request names and the agent left."""
    for ticker in () if collector.stopped else _sec_tickers(run):
        with suppress(PageUnreadable):  # kept as unread
            await sec.facts(ticker)
    for url in run.job.request.urls:
        with suppress(PageUnreadable, ReadRefused):  # kept as unread, or over a cap
            await collector.read(url)


def _sec_tickers(run: Run) -> tuple[str, ...]:
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


async def _run_reader(run: Run, collector: SourceCollector, sec: SecData) -> None:
    request = run.job.request
    prompt = ReadingPrompt(run.subject, request.urls, request.budget.pages, _sec_tickers(run))
    writing = (run.llm.source_characters or 0) + _PROMPT_TOKENS
    reserved = Tokens(writing, run.llm.settings.max_tokens or 0)
    with run.ledger.holding_back(reserved, _WRITING_CALLS):
        await run_agent(
            reader(run.llm.model, run.llm.reading_settings),
            prompt.render(),
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
