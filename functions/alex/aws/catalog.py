"""The catalog in DynamoDB: every step is one conditional write or one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from alex.aws.table import DynamoTable, Item, n, s
from alex.clock import stamp
from alex.errors import Conflict
from alex.knowledge.documents import Document, Revision, Staged
from alex.knowledge.records import attributes_from_json, attributes_to_json
from alex.paging import Page, cursor, position

_VISIBLE = "visible"


class DynamoCatalog:
    """Which documents exist, and which revisions must be cleaned up."""

    def __init__(self, table: DynamoTable) -> None:
        self._table = table

    def get(self, document_id: str) -> Document | None:
        """The visible revision."""
        item = self._table.get(_pk(document_id), _VISIBLE)
        return _document(item) if item else None

    def get_many(self, document_ids: Sequence[str]) -> Mapping[str, Document]:
        """The visible revisions of those that exist."""
        keys = [(_pk(document_id), _VISIBLE) for document_id in dict.fromkeys(document_ids)]
        documents = [_document(item) for item in self._table.get_many(keys)]
        return {document.id: document for document in documents}

    def list(
        self, *, kind: str | None, ticker: str | None, cursor: str | None, limit: int
    ) -> Page[Document]:
        """Newest first; of equal times, the greater id first."""
        filters: dict[str, tuple[str, Item]] = {}
        if kind is not None:
            filters["kind"] = ("#kind = :kind", s(kind))
        if ticker is not None:
            filters["tickers"] = ("contains(#tickers, :tickers)", s(ticker))
        after = _keys(*position(cursor, 2)) if cursor is not None else None
        items = self._table.page("documents", limit=limit, after=after, filters=filters)
        documents = [_document(item) for item in items]
        return Page(tuple(documents[:limit]), _next(documents, limit))

    def stage(self, revision: Revision, at: datetime) -> None:
        """Note a revision before its data."""
        self._table.put(_staged_item(revision, at, "open"))

    def publish(self, document: Document, *, replaces: str | None) -> None:
        """Make a staged revision the visible one."""
        visible = self._table.get(_pk(document.id), _VISIBLE)
        if (visible["revision"]["S"] if visible else None) != replaces:
            raise Conflict("Another revision of the document became visible meanwhile.")
        steps: list[Mapping[str, Any]] = [
            {"Put": {"Item": _item(document), **_still(replaces)}},
            {
                "Delete": {
                    "Key": {"pk": s(_pk(document.id)), "sk": s(_staged_sk(document.revision))},
                    "ConditionExpression": "#state = :open",
                    "ExpressionAttributeNames": {"#state": "state"},
                    "ExpressionAttributeValues": {":open": s("open")},
                }
            },
        ]
        if visible:
            old = _staged_item(_revision(document.id, visible), document.updated, "settled")
            steps.append({"Put": {"Item": old}})
        self._table.transact(steps)

    def withdraw(self, document: Document, at: datetime) -> None:
        """Hide the document and stage its revision for removal."""
        revision = Revision(document.id, document.revision, document.passages)
        key = {"pk": s(_pk(document.id)), "sk": s(_VISIBLE)}
        self._table.transact(
            [
                {"Delete": {"Key": key, **_still(document.revision)}},
                {"Put": {"Item": _staged_item(revision, at, "settled")}},
            ]
        )

    def condemn(self, revision: Revision) -> None:
        """Forbid that a staged revision is ever published."""
        item = self._table.get(_pk(revision.document_id), _staged_sk(revision.revision))
        if item and item["state"]["S"] == "open":
            self._table.exchange(
                {**item, "state": s("condemned")},
                where="#state = :open",
                names={"#state": "state"},
                values={":open": s("open")},
            )

    def staged(self, document_id: str) -> Sequence[Staged]:
        """The document's staged revisions, oldest first."""
        items = self._table.of(_pk(document_id), _staged_sk(""))
        return [_staged(item) for item in sorted(items, key=lambda item: str(item["at"]["S"]))]

    def leftovers(self, before: datetime) -> Sequence[Staged]:
        """Revisions staged earlier than this, oldest first, at most 100."""
        return [_staged(item) for item in self._table.earlier("staged", stamp(before), 100)]

    def unstage(self, revision: Revision) -> None:
        """Forget a staged revision whose data is gone."""
        self._table.delete(_pk(revision.document_id), _staged_sk(revision.revision))


def _pk(document_id: str) -> str:
    return f"document#{document_id}"


def _staged_sk(revision: str) -> str:
    return f"staged#{revision}"


def _keys(updated: str, document_id: str) -> Item:
    """Where a document stands in the listing."""
    return {
        "pk": s(_pk(document_id)),
        "sk": s(_VISIBLE),
        "listing": s("documents"),
        "at": s(f"{updated}#{document_id}"),
    }


def _still(revision: str | None) -> Mapping[str, Any]:
    """The condition that this revision is the visible one; None: that there is none."""
    if revision is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": s(revision)},
    }


def _item(document: Document) -> Item:
    attributes = document.attributes
    item = {
        **_keys(stamp(document.updated), document.id),
        "revision": s(document.revision),
        "passages": n(document.passages),
        "characters": n(document.characters),
        "attributes": s(attributes_to_json(attributes)),
        "ingested": s(stamp(document.ingested)),
    }
    if document.title is not None:
        item["title"] = s(document.title)
    # Also in attributes; here to list by.
    if attributes.kind is not None:
        item["kind"] = s(attributes.kind)
    if attributes.tickers:
        item["tickers"] = {"SS": sorted(set(attributes.tickers))}
    return item


def _document(item: Item) -> Document:
    updated, document_id = item["at"]["S"].split("#", 1)
    return Document(
        id=document_id,
        revision=item["revision"]["S"],
        passages=int(item["passages"]["N"]),
        characters=int(item["characters"]["N"]),
        ingested=datetime.fromisoformat(item["ingested"]["S"]),
        updated=datetime.fromisoformat(updated),
        title=item["title"]["S"] if "title" in item else None,
        attributes=attributes_from_json(item["attributes"]["S"]),
    )


def _revision(document_id: str, item: Item) -> Revision:
    return Revision(document_id, item["revision"]["S"], int(item["passages"]["N"]))


def _staged_item(revision: Revision, since: datetime, state: str) -> Item:
    place = f"{stamp(since)}#{revision.document_id}#{revision.revision}"
    return {
        "pk": s(_pk(revision.document_id)),
        "sk": s(_staged_sk(revision.revision)),
        "listing": s("staged"),
        "at": s(place),
        "revision": s(revision.revision),
        "passages": n(revision.passages),
        "state": s(state),
    }


def _staged(item: Item) -> Staged:
    document_id = item["pk"]["S"].removeprefix(_pk(""))
    since = datetime.fromisoformat(item["at"]["S"].split("#", 1)[0])
    settled = item["state"]["S"] == "settled"
    return Staged(_revision(document_id, item), since, settled=settled)


def _next(documents: Sequence[Document], limit: int) -> str | None:
    """The cursor behind the last document of a page, where more follow."""
    if len(documents) <= limit:
        return None
    last = documents[limit - 1]
    return cursor(stamp(last.updated), last.id)
