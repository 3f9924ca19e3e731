"""Handing many documents in: in batches, with every failure reported and the rest done."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from laptop.api_json import Json, submission_json
from laptop.backend import Backend, BatchLimit, IngestOutcome
from researcher.sources.files import Item, LoadedItem


@dataclass(slots=True)
class IngestTally:
    """What became of everything so far.

    Attributes:
        documents: an entry a document that came in: where it was read, its id, what happened.
        failures: an entry a document that did not: where it stands and why.
        stopped: the user stopped it before the end.
    """

    documents: list[Json] = field(default_factory=list)
    failures: list[Json] = field(default_factory=list)
    stopped: bool = False

    @property
    def counts(self) -> Counter[str]:
        """How many documents had each outcome."""
        return Counter(str(document["outcome"]) for document in self.documents)

    def add(self, where: str, outcome: IngestOutcome) -> None:
        """Note one outcome."""
        if outcome.outcome == "failed":
            self.failures.append({"where": where, "reason": outcome.reason})
        else:
            self.documents.append(
                {
                    "where": where,
                    "document_id": outcome.document_id,
                    "outcome": outcome.outcome,
                    "passages": outcome.passages,
                }
            )

    def as_json(self) -> Json:
        """The summary for programs."""
        names = ("created", "replaced", "unchanged")
        return {
            **{name: self.counts[name] for name in names},
            "failed": len(self.failures),
            "stopped": self.stopped,
            "documents": self.documents,
            "failures": self.failures,
        }


def ingest_all(
    items: Iterable[Item],
    backend: Backend,
    *,
    advance: Callable[[int, IngestTally], None],
    stop: Callable[[], bool],
) -> IngestTally:
    """Hand in everything that can be read.

    `advance` is told after each batch how many bytes of the files are done, and `stop` asked.
    """
    tally = IngestTally()
    for batch in _batches(items, backend.batch):
        if stop():
            tally.stopped = True
            break
        loaded = [item for item in batch if isinstance(item, LoadedItem)]
        outcomes = iter(backend.ingest([item.submission for item in loaded]) if loaded else ())
        for item in batch:
            if isinstance(item, LoadedItem):
                tally.add(item.where, next(outcomes))
            else:
                tally.add(item.where, IngestOutcome("failed", reason=item.reason))
        advance(sum(item.size for item in batch), tally)
    return tally


def _batches(items: Iterable[Item], limit: BatchLimit) -> Iterator[list[Item]]:
    """Items in order, as many at a time as one call may hold."""
    batch: list[Item] = []
    room = limit.size
    for item in items:
        weight = _weight(item)
        if batch and (len(batch) == limit.documents or weight > room):
            yield batch
            batch, room = [], limit.size
        batch.append(item)
        room -= weight
    if batch:
        yield batch


def _weight(item: Item) -> int:
    """Bytes of JSON."""
    return len(json.dumps(submission_json(item.submission))) if isinstance(item, LoadedItem) else 0
