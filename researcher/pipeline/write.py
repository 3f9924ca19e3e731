"""A run's last phases: write a draft from what was read, and verify it.

Where the budget allows the model no call, they end with what can be had without it, and say so.
What an earlier attempt at the run has finished is not done again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from researcher.agents.reviser import ClaimRevision, RefusedClaim, refused_claims_prompt, reviser
from researcher.agents.writer import writer
from researcher.facts.indexed_source import IndexedSource
from researcher.llm.failures import ModelFailed
from researcher.llm.ledger import CapReached
from researcher.llm.offline.extractive import extract_draft
from researcher.llm.offline.model import NAME as OFFLINE
from researcher.llm.offline.model import OfflineModel
from researcher.llm.offline.sec_figures import spelled_out
from researcher.llm.structured_output import UnusableAnswer, ask
from researcher.pipeline.context import Run, cap_of
from researcher.prompts import KnownDocument, PromptSource, WritingPrompt
from researcher.sources.relevance import excerpt
from researcher.sources.source import CollectedSources, Source
from researcher.verify.bundle import ClaimRecord, record
from researcher.verify.check import check
from researcher.verify.draft import Draft, placed_claims


async def write(run: Run, collected: CollectedSources, known: Sequence[KnownDocument]) -> Draft:
    """A draft from the sources, or an empty one where there are none.

    Where the budget allows the model no draft, it is extracted from the sources without it.
    """
    if draft := run.checkpoint.load("draft", Draft):
        return draft
    if not collected.sources:
        return Draft(title=run.subject, summary=[])
    if draft := run.checkpoint.load("extract", Draft):
        return _without_model(run, draft)
    run.note("write", f"Writing from {len(collected.sources)} sources")
    prompt = await asyncio.to_thread(_writing_prompt, run, collected.sources, known)
    try:
        async with asyncio.timeout_at(run.model_deadline):
            draft = await ask(
                lambda schema: writer(run.llm.model, run.llm.settings, schema),
                prompt.render(),
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
        run.checkpoint.save("draft", draft)
        return draft
    draft = await asyncio.to_thread(extract_draft, prompt, run.ranker)
    run.checkpoint.save("extract", draft)
    return _without_model(run, draft)


def _without_model(run: Run, draft: Draft) -> Draft:
    """The draft, with the offline model in place of the chosen one: it mends nothing either."""
    model = OfflineModel(run.services.embedder)
    run.llm = replace(run.llm, model=model, provider="offline", name=OFFLINE)
    return draft


def _writing_prompt(
    run: Run, sources: Sequence[Source], known: Sequence[KnownDocument]
) -> WritingPrompt:
    """The prompt of the writer; of the sources as much as it has room for."""
    room = run.llm.source_characters
    prompt_sources = [
        PromptSource(
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
    return WritingPrompt(subject, run.job.created.date(), tuple(prompt_sources), tuple(known))


async def verify(run: Run, draft: Draft, collected: CollectedSources) -> list[ClaimRecord]:
    """Check every claim; what fails is mended once or left out."""
    indexed = {source.key: IndexedSource(source) for source in collected.sources}
    records: dict[str, ClaimRecord] = {}
    for placed in placed_claims(draft):
        verdict = await asyncio.to_thread(check, placed.claim, indexed)
        checked = record(placed.place, placed.id, placed.claim, verdict)
        records[placed.id] = checked.model_copy(update={"figure": placed.figure})
    refused = [claim for claim in records.values() if not claim.kept]
    run.note("verify", f"{len(records) - len(refused)} of {len(records)} statements are proven")
    if refused:
        for mended in (await _revise(run, collected, refused)).claims:
            before = records.get(mended.id)
            if before is None or before.kept:
                continue
            verdict = await asyncio.to_thread(check, mended.claim, indexed)
            after = record(before.place, before.id, mended.claim, verdict)
            if after.kept:
                records[mended.id] = after.model_copy(update={"revised": True})
    return list(records.values())


async def _revise(
    run: Run, collected: CollectedSources, refused: Sequence[ClaimRecord]
) -> ClaimRevision:
    """The one chance to mend; where it fails or the budget forbids it, what is proven stands."""
    if revision := run.checkpoint.load("revision", ClaimRevision):
        return revision
    run.note("verify", f"Asking once to mend {len(refused)} statements")
    refused_claims = refused_claims_prompt(
        [RefusedClaim(c.id, c.claim, tuple(c.reasons)) for c in refused]
    )
    prompt = await asyncio.to_thread(_writing_prompt, run, collected.sources, ())
    revision = ClaimRevision()
    try:
        async with asyncio.timeout_at(run.model_deadline):
            revision = await ask(
                lambda schema: reviser(run.llm.model, run.llm.settings, schema),
                f"{prompt.render()}\n\n{refused_claims}",
                ClaimRevision,
            )
    except (CapReached, TimeoutError) as error:
        run.reach("verify", f"No statement was mended. {cap_of(error, run)}")
    except (UnusableAnswer, ModelFailed):
        run.note("verify", "The model could not mend them; they are left out")
    run.checkpoint.save("revision", revision)
    return revision
