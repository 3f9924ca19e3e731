"""Removing what can never become visible any more."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from alex.knowledge.documents import Revision, Staged
from alex.knowledge.ports import Catalog, TextStore, VectorIndex

LEASE = timedelta(hours=1)
"""Longer than any attempt to store a document; a revision staged earlier has no writer."""


class Cleaner:
    """Removes the data of staged revisions, safely beside those that are still being written."""

    def __init__(
        self,
        index: VectorIndex,
        catalog: Catalog,
        texts: TextStore,
        clock: Callable[[], datetime],
    ) -> None:
        self._index = index
        self._catalog = catalog
        self._texts = texts
        self._clock = clock

    def remove_leftovers(self, document_id: str) -> None:
        """Remove all of a document's revisions that are not visible.

        An attempt that is being written elsewhere then fails to publish and starts again.
        """
        self._remove_all(self._catalog.staged(document_id))

    def give_up(self, revision: Revision) -> None:
        """Remove one's own attempt."""
        self._remove(revision)
        self._catalog.unstage(revision)

    def sweep(self) -> int:
        """Remove every revision that was left behind; how many it was."""
        count = 0
        while leftovers := self._catalog.leftovers(self._clock() - LEASE):
            self._remove_all(leftovers)
            count += len(leftovers)
        return count

    def _remove_all(self, staged: Iterable[Staged]) -> None:
        """Remove data, and forget the revisions that nobody can be writing.

        A young one that was never visible may still have a writer. It stays noted, so that what
        its writer adds before it fails to publish is found: by the writer, or by a later call.
        """
        for item in staged:
            if not item.settled:
                self._catalog.condemn(item.revision)
            self._remove(item.revision)
            if item.settled or item.since < self._clock() - LEASE:
                self._catalog.unstage(item.revision)

    def _remove(self, revision: Revision) -> None:
        self._index.delete(revision.passage_keys)
        self._texts.delete(revision.text_key)
