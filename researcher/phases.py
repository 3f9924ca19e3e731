"""The phases of a run: recall, read, write, verify. Each takes what the one before it made."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from agents import MaxTurnsExceeded, Usage

from alex.documents import Filter
from alex.errors import AlexError
from alex.research import Job
from alex.wiring import Services
from researcher.agents.reader import reader
from researcher.agents.reviser import RefusedClaim, Revision, refusals, reviser
from researcher.agents.writer import writer
from researcher.asking import ask, run_agent
from researcher.brief import Known, ReadingBrief, SourceMaterial, WritingBrief
from researcher.bundle import ClaimRecord, record, report_id_of
from researcher.draft import Draft, placed_claims
from researcher.evidence import check
from researcher.exhibits import Exhibit, Source, text_hash
from researcher.gathering import Gathered, Gathering, Refused, addresses_in
from researcher.journal import Journal
from researcher.models import Writer
from researcher.reading.pages import PageReader, PageUnreadable
from researcher.relevance import Ranker, excerpt
from researcher.tools import Desk, find_known

_AGENT_SHARE, _READING_SHARE = 0.5, 0.7
"""Of the seconds: when the agent must be done, and when the last page is begun."""

_EXTRA_TURNS = 6
_STORED_SOURCES = 5
_FARTHEST = 0.75
"""Cosine distance up to which a stored document bears on a subject."""


_SAME_MATTER = 0.25
"""Cosine distance up to which a report without a common ticker is on the same matter."""


class Cancelled(AlexError):
    """Somebody asked for the run to stop."""


@dataclass(slots=True)
class Run:
    """What the phases share.

    Attributes:
        deadline: on the running loop's clock.
        usage: of all model calls.
    """

    services: Services
    job: Job
    writer: Writer
    reader: PageReader
    ranker: Ranker
    journal: Journal
    deadline: float
    usage: Usage = field(default_factory=Usage)

    @property
    def subject(self) -> str:
        """The question in words."""
        return self.job.request.subject

    def note(self, phase: str, message: str) -> None:
        """Report progress.

        Raises:
            Cancelled: a cancel was asked for meanwhile.
        """
        job = self.services.research.progress(self.job.id, phase, message)
        if job.cancel_requested:
            raise Cancelled("The run was cancelled.")


async def recall(run: Run) -> list[Known]:
    """What the knowledge base holds already, this subject's own report first."""
    run.note("recall", "Looking up what is already known")
    found = await asyncio.to_thread(find_known, run.services.search, run.subject)
    own = report_id_of(run.job.request)
    known = [item for item in found if item.kind != "report" or _concerns(item, run, own)]
    reports = sum(item.kind == "report" for item in known)
    run.note("recall", f"Found {len(known)} documents, {reports} of them earlier reports")
    return sorted(known, key=lambda item: item.document_id != own)


def _concerns(report: Known, run: Run, own: str) -> bool:
    """Whether an earlier report is on the same matter, not only of the same sort."""
    shared = set(report.tickers) & {ticker.upper() for ticker in run.job.request.tickers}
    return report.document_id == own or bool(shared) or report.distance <= _SAME_MATTER


async def read(run: Run) -> Gathered:
    """Let the reader agent read, then what it left of the start pages; at a cap, what there is."""
    loop = asyncio.get_running_loop()
    request = run.job.request
    left = run.deadline - loop.time()
    gathering = Gathering(
        run.reader,
        run.ranker,
        pages=request.budget.pages,
        deadline=loop.time() + _READING_SHARE * left,
        note=lambda message: run.note("read", message),
        keep=lambda gathered: run.journal.keep("gathered", gathered),
        offered=(*request.urls, *addresses_in(request.subject)),
        gathered=run.journal.recall("gathered", Gathered),
    )
    if not request.urls and not gathering.sources:
        await asyncio.to_thread(_add_stored, run, gathering)
    run.note("read", "Reading sources")
    try:
        async with asyncio.timeout_at(loop.time() + _AGENT_SHARE * left):
            await _let_read(run, gathering)
    except (TimeoutError, MaxTurnsExceeded):
        run.note("read", "The reader stopped at a cap")
    for url in request.urls:
        with suppress(PageUnreadable, Refused):  # kept as unread, or over a cap
            await gathering.read(url)
    if gathering.stopped:
        raise gathering.stopped
    return gathering.gathered


async def _let_read(run: Run, gathering: Gathering) -> None:
    request = run.job.request
    await run_agent(
        reader(run.writer.model, run.writer.settings),
        ReadingBrief(run.subject, request.urls, request.budget.pages).render(),
        Desk(gathering, run.services.search),
        run.usage,
        turns=request.budget.pages + _EXTRA_TURNS,
    )


def _add_stored(run: Run, gathering: Gathering) -> None:
    """Stored documents as sources, where no page was named; reports prove nothing by themselves."""
    where = Filter(tickers=run.job.request.tickers)
    for hit in run.services.search.search(run.subject, 4 * _STORED_SOURCES, where):
        near = hit.best.distance <= _FARTHEST
        if hit.document.attributes.kind == "report" or not near:
            continue
        if len(gathering.sources) >= _STORED_SOURCES:
            return
        document, text = run.services.knowledge.get(hit.document.id)
        gathering.add(
            Source(
                key=f"S{len(gathering.sources) + 1}",
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


async def write(run: Run, gathered: Gathered, known: Sequence[Known]) -> Draft:
    """A draft from the sources, or an empty one where there are none."""
    if draft := run.journal.recall("draft", Draft):
        return draft
    if not gathered.sources:
        return Draft(title=run.subject, summary=[])
    run.note("write", f"Writing from {len(gathered.sources)} sources")
    task = await asyncio.to_thread(_task, run, gathered.sources, known)
    draft = await ask(
        lambda schema: writer(run.writer.model, run.writer.settings, schema),
        task,
        Draft,
        run.usage,
    )
    run.journal.keep("draft", draft)
    return draft


def _task(run: Run, sources: Sequence[Source], known: Sequence[Known]) -> str:
    room = run.writer.material
    materials = [
        SourceMaterial(
            key=source.key,
            title=source.title,
            url=source.url,
            published=source.published.isoformat() if source.published else "",
            text=source.text
            if room is None
            else excerpt(source.text, source.title, run.ranker, room // len(sources)),
        )
        for source in sources
    ]
    brief = WritingBrief(run.subject, run.job.created.date(), tuple(materials), tuple(known))
    return brief.render()


async def verify(run: Run, draft: Draft, gathered: Gathered) -> list[ClaimRecord]:
    """Check every claim; what fails is mended once or left out."""
    exhibits = {source.key: Exhibit(source) for source in gathered.sources}
    records: dict[str, ClaimRecord] = {}
    for placed in placed_claims(draft):
        verdict = await asyncio.to_thread(check, placed.claim, exhibits)
        checked = record(placed.place, placed.id, placed.claim, verdict)
        records[placed.id] = checked.model_copy(update={"figure": placed.figure})
    refused = [claim for claim in records.values() if not claim.kept]
    run.note("verify", f"{len(records) - len(refused)} of {len(records)} statements are proven")
    if refused:
        for mended in (await _revise(run, gathered, refused)).claims:
            before = records.get(mended.id)
            if before is None or before.kept:
                continue
            verdict = await asyncio.to_thread(check, mended.claim, exhibits)
            after = record(before.place, before.id, mended.claim, verdict)
            if after.kept:
                records[mended.id] = after.model_copy(update={"revised": True})
    return list(records.values())


async def _revise(run: Run, gathered: Gathered, refused: Sequence[ClaimRecord]) -> Revision:
    if revision := run.journal.recall("revision", Revision):
        return revision
    run.note("verify", f"Asking once to mend {len(refused)} statements")
    told = refusals([RefusedClaim(c.id, c.claim, tuple(c.reasons)) for c in refused])
    task = await asyncio.to_thread(_task, run, gathered.sources, ())
    revision = await ask(
        lambda schema: reviser(run.writer.model, run.writer.settings, schema),
        f"{task}\n\n{told}",
        Revision,
        run.usage,
    )
    run.journal.keep("revision", revision)
    return revision
