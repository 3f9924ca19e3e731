"""The phases of a run: recall, read, write, verify. Each takes what the one before it made.

At a cap of the budget a phase ends with what it has, and says so. A phase that was finished by an
earlier attempt at the run is not done again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from agents import MaxTurnsExceeded, ModelBehaviorError
from openai import OpenAIError
from pydantic import BaseModel

from alex.documents import Filter
from alex.errors import AlexError
from alex.research import Job, ResearchRequest
from alex.wiring import Services
from researcher.agents.reader import reader
from researcher.agents.reviser import RefusedClaim, Revision, refusals, reviser
from researcher.agents.writer import writer
from researcher.asking import Unusable, ask, run_agent
from researcher.brief import Known, ReadingBrief, SourceMaterial, WritingBrief
from researcher.bundle import ClaimRecord, record, report_id_of
from researcher.draft import Draft, placed_claims
from researcher.evidence import check
from researcher.exhibits import Exhibit, Source, text_hash
from researcher.extractive import extract
from researcher.filed import spelled_out
from researcher.gathering import Gathered, Gathering, Refused, addresses_in
from researcher.journal import Journal
from researcher.models import Writer
from researcher.offline import NAME as OFFLINE
from researcher.patience import NoAnswer
from researcher.prices import Tokens
from researcher.reading.pages import PageReader, PageUnreadable
from researcher.relevance import Ranker, excerpt
from researcher.sec.client import SecClient
from researcher.sec.desk import SecDesk
from researcher.spending import CapReached, Ledger
from researcher.tools import Desk, find_known

_AGENT_SHARE, _READING_SHARE = 0.5, 0.7
"""Of the seconds: when the agent must be done, and when the last page is begun."""

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


class Cancelled(AlexError):
    """Somebody asked for the run to stop."""


def question_of(request: ResearchRequest) -> str:
    """The question in words; of bare tickers, what everybody asks."""
    bare = bool(request.tickers) and not (request.topic or request.urls)
    return f"{request.subject}: results, outlook and risks" if bare else request.subject


@dataclass(slots=True)
class Run:
    """What the phases share.

    Attributes:
        deadline: on the running loop's clock; the run is over then.
        asking_until: the model is not waited for any longer; what is left of the time is for
            finishing without it.
        ledger: of all model calls.
    """

    services: Services
    job: Job
    writer: Writer
    reader: PageReader
    ranker: Ranker
    journal: Journal
    deadline: float
    asking_until: float
    ledger: Ledger

    @property
    def subject(self) -> str:
        """The question in words."""
        return question_of(self.job.request)

    def note(self, phase: str, message: str) -> None:
        """Report progress.

        Raises:
            Cancelled: a cancel was asked for meanwhile.
        """
        stop_if_cancelled(self.services.research.progress(self.job.id, phase, message))

    def reach(self, phase: str, cap: str) -> None:
        """Report that a cap of the budget was reached; the report will say it, too.

        Raises:
            Cancelled: a cancel was asked for meanwhile.
        """
        self.ledger.reach(cap)
        self.note(phase, cap)


def stop_if_cancelled(job: Job) -> None:
    """Let a run stop where it is not wanted any more.

    Raises:
        Cancelled: a cancel was asked for, or another run has ended the job.
    """
    if job.cancel_requested or job.status.final:
        raise Cancelled("The run was cancelled.")


class Recalled(BaseModel):
    """What the knowledge base held when the run began; the run's own pages are not in it."""

    known: list[Known]


class ReadingDone(BaseModel):
    """Marks that reading was finished."""


async def recall(run: Run) -> list[Known]:
    """What the knowledge base holds already, this subject's own report first."""
    if recalled := run.journal.recall("known", Recalled):
        return recalled.known
    run.note("recall", "Looking up what is already known")
    found = await asyncio.to_thread(find_known, run.services.search, run.subject)
    own = report_id_of(run.job.request)
    told = [item for item in found if item.kind != "check"]  # it repeats what a report says
    known = [item for item in told if item.kind != "report" or _concerns(item, run, own)]
    reports = sum(item.kind == "report" for item in known)
    run.note("recall", f"Found {len(known)} documents, {reports} of them earlier reports")
    known.sort(key=lambda item: item.document_id != own)
    run.journal.keep("known", Recalled(known=known))
    return known


def _concerns(report: Known, run: Run, own: str) -> bool:
    """Whether an earlier report is on the same matter, not only of the same sort."""
    shared = set(report.tickers) & {ticker.upper() for ticker in run.job.request.tickers}
    return report.document_id == own or bool(shared) or report.distance <= _SAME_MATTER


async def read(run: Run) -> Gathered:
    """Let the reader agent read, then what it left of the start; at a cap, what there is."""
    before = run.journal.recall("gathered", Gathered)
    if before and run.journal.recall("read", ReadingDone):
        return before
    loop = asyncio.get_running_loop()
    request = run.job.request
    left = run.deadline - loop.time()
    gathering = Gathering(
        run.reader,
        run.ranker,
        pages=request.budget.pages,
        size=request.budget.bytes,
        deadline=loop.time() + _READING_SHARE * left,
        note=lambda message: run.note("read", message),
        keep=lambda gathered: run.journal.keep("gathered", gathered),
        offered=(*request.urls, *addresses_in(request.subject)),
        gathered=before,
    )
    if not request.urls and not gathering.sources:
        await asyncio.to_thread(_add_stored, run, gathering)
    sec = SecDesk(_sec_client(run), gathering, _listed(run))
    run.note("read", "Reading sources")
    try:
        async with asyncio.timeout_at(loop.time() + _AGENT_SHARE * left):
            await _let_read(run, gathering, sec)
    except (TimeoutError, MaxTurnsExceeded, CapReached) as error:
        run.reach("read", f"Reading ended early. {_cap_of(error, run)}")
    except ModelBehaviorError:
        run.note("read", "The model's turns could not be used; reading the start pages without it")
    for ticker in () if gathering.stopped else _listed(run):
        with suppress(PageUnreadable):  # kept as unread
            await sec.facts(ticker)
    for url in request.urls:
        with suppress(PageUnreadable, Refused):  # kept as unread, or over a cap
            await gathering.read(url)
    if gathering.stopped:
        raise gathering.stopped
    for cap in gathering.gathered.reached:
        run.reach("read", f"{cap} More pages were wanted.")
    run.journal.keep("gathered", gathering.gathered)
    run.journal.keep("read", ReadingDone())
    return gathering.gathered


def _cap_of(error: Exception, run: Run) -> str:
    """What was used up, in words."""
    if isinstance(error, AlexError):
        return error.detail
    if isinstance(error, MaxTurnsExceeded):
        return "The reader did not come to an end by itself."
    return f"Its share of the {run.job.request.budget.seconds} seconds was used up."


def _listed(run: Run) -> tuple[str, ...]:
    """The tickers to ask the SEC about."""
    return run.job.request.tickers if run.services.settings.sec_data_url else ()


def _sec_client(run: Run) -> SecClient:
    settings = run.services.settings
    return SecClient(
        run.reader.fetch_data,
        web_url=settings.sec_web_url,
        data_url=settings.sec_data_url,
        user_agent=settings.user_agent,
    )


async def _let_read(run: Run, gathering: Gathering, sec: SecDesk) -> None:
    request = run.job.request
    brief = ReadingBrief(run.subject, request.urls, request.budget.pages, _listed(run))
    writing = (run.writer.material or 0) + _AROUND_MATERIAL
    kept = Tokens(writing, run.writer.settings.max_tokens or 0)
    with run.ledger.keeping(kept, _WRITING_CALLS):
        await run_agent(
            reader(run.writer.model, run.writer.reading),
            brief.render(),
            Desk(gathering, run.services.search, sec),
            turns=request.budget.pages + _EXTRA_TURNS,
        )


def _add_stored(run: Run, gathering: Gathering) -> None:
    """Stored documents as sources, where no page was named; reports prove nothing by themselves."""
    where = Filter(tickers=run.job.request.tickers)
    for hit in run.services.search.search(run.subject, 4 * _STORED_SOURCES, where):
        near = hit.best.distance <= _FARTHEST
        if hit.document.attributes.kind in {"report", "check"} or not near:
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
    """A draft from the sources, or an empty one where there are none.

    Where the budget allows the model no draft, it is extracted from the sources without it.
    """
    if draft := run.journal.recall("draft", Draft):
        return draft
    if not gathered.sources:
        return Draft(title=run.subject, summary=[])
    if draft := run.journal.recall("extract", Draft):
        return _without_model(run, draft)
    run.note("write", f"Writing from {len(gathered.sources)} sources")
    brief = await asyncio.to_thread(_brief, run, gathered.sources, known)
    try:
        async with asyncio.timeout_at(run.asking_until):
            draft = await ask(
                lambda schema: writer(run.writer.model, run.writer.settings, schema),
                brief.render(),
                Draft,
            )
    except CapReached as cap:
        run.reach("write", f"{cap.detail} So no model wrote this: it is taken from the sources.")
    except TimeoutError:
        seconds = run.job.request.budget.seconds
        run.reach(
            "write",
            f"Of the {seconds} seconds too few were left for the model to write. So no model wrote"
            " this: it is taken from the sources.",
        )
    else:
        run.journal.keep("draft", draft)
        return draft
    draft = await asyncio.to_thread(extract, brief, run.ranker)
    run.journal.keep("extract", draft)
    return _without_model(run, draft)


def _without_model(run: Run, draft: Draft) -> Draft:
    """The draft, with the run's writer named as who made it."""
    run.writer = replace(run.writer, provider="offline", name=OFFLINE)
    return draft


def _brief(run: Run, sources: Sequence[Source], known: Sequence[Known]) -> WritingBrief:
    """What the writer is told; of the sources as much as it has room for."""
    room = run.writer.material
    materials = [
        SourceMaterial(
            key=source.key,
            title=source.title,
            url=source.url,
            published=source.published.isoformat() if source.published else "",
            via=source.via,
            text=source.text
            if room is None
            else excerpt(source.text, source.title, run.ranker, room // len(sources)),
        )
        for source in sources
    ]
    subject = spelled_out(run.subject, sources)
    return WritingBrief(subject, run.job.created.date(), tuple(materials), tuple(known))


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
    """The one chance to mend; where it fails or the budget forbids it, what is proven stands."""
    if revision := run.journal.recall("revision", Revision):
        return revision
    run.note("verify", f"Asking once to mend {len(refused)} statements")
    told = refusals([RefusedClaim(c.id, c.claim, tuple(c.reasons)) for c in refused])
    brief = await asyncio.to_thread(_brief, run, gathered.sources, ())
    revision = Revision()
    try:
        async with asyncio.timeout_at(run.asking_until):
            revision = await ask(
                lambda schema: reviser(run.writer.model, run.writer.settings, schema),
                f"{brief.render()}\n\n{told}",
                Revision,
            )
    except (CapReached, TimeoutError) as error:
        run.reach("verify", f"No statement was mended. {_cap_of(error, run)}")
    except (Unusable, NoAnswer, OpenAIError):
        run.note("verify", "The model could not mend them; they are left out")
    run.journal.keep("revision", revision)
    return revision
