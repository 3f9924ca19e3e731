"""The one DynamoDB table, as catalog and jobs use it.

    pk              sk                  listing     at                      what
    document#ID     visible             documents   UPDATED#ID              the visible revision
    document#ID     staged#REVISION     staged      SINCE#ID#REVISION       data to clean up, maybe
    job#ID          job                 jobs        CREATED#ID              a research job
    request#HASH    request                                                 an idempotency key's job

The index `newest` has `listing` and `at` for its keys. It follows the table with a delay of
milliseconds, so it is only ever listed by; what is decided is decided on the table itself.

Every item carries the version of its form as `schema`; the first edition's carry none.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from alex.aws import limits
from alex.aws.clients import Clients
from alex.aws.failures import code, translated
from alex.errors import Conflict, Misconfigured, Unavailable
from alex.retry import RetriesExhausted, deadline, retry

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Item = dict[str, Any]
"""Attributes with their types, as DynamoDB's own API has them: `{"pk": {"S": "job#1"}}`."""

INDEX = "newest"

VERSION = 1
"""Raised where an Alex that does not know of a change would misread an item."""

_WAIT_SECONDS = 8
"""Seconds for a batch that is not read whole, or a write that met a transaction."""


def s(text: str) -> Item:
    """A string."""
    return {"S": text}


def n(number: int) -> Item:
    """A number."""
    return {"N": str(number)}


class DynamoTable:
    """Reads and writes items; threads may share it.

    Everything here raises Unavailable where the table is busy or down, and Misconfigured where it
    holds an item of a newer Alex.
    """

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients = clients
        self._name = name

    @property
    def _client(self) -> "DynamoDBClient":
        return self._clients.dynamodb

    def get(self, pk: str, sk: str) -> Item | None:
        """The item as it is now."""
        with translated("The table"):
            answer = self._client.get_item(
                TableName=self._name, Key={"pk": s(pk), "sk": s(sk)}, ConsistentRead=True
            )
        item = answer.get("Item")
        return _known(item) if item else None

    def get_many(self, keys: Sequence[tuple[str, str]]) -> list[Item]:
        """The items that exist, as they are now, in any order; no key twice."""
        found: list[Item] = []
        until = deadline(_WAIT_SECONDS)
        for batch in batched(keys, limits.READ_ITEMS):
            waiting: list[Any] = [{"pk": s(pk), "sk": s(sk)} for pk, sk in batch]
            while waiting:
                if time.monotonic() > until:
                    raise Unavailable("The table is busy or down.")
                with translated("The table"):
                    answer = self._client.batch_get_item(
                        RequestItems={self._name: {"Keys": waiting, "ConsistentRead": True}}
                    )
                found += map(_known, answer["Responses"].get(self._name, []))
                unread = answer["UnprocessedKeys"]
                waiting = list(unread[self._name]["Keys"]) if unread else []
        return found

    def of(self, pk: str, prefix: str) -> list[Item]:
        """The items of one thing whose `sk` starts like this, as they are now."""
        return self._pages(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": s(pk), ":prefix": s(prefix)},
            ConsistentRead=True,
        )

    def put(self, item: Item) -> None:
        """Store or replace an item."""
        _write(lambda: self._client.put_item(TableName=self._name, Item=_versioned(item)))

    def delete(self, pk: str, sk: str) -> None:
        """Remove an item; none there is no error."""
        key = {"pk": s(pk), "sk": s(sk)}
        _write(lambda: self._client.delete_item(TableName=self._name, Key=key))

    def exchange(
        self, item: Item, *, where: str, names: Mapping[str, str], values: Mapping[str, Item]
    ) -> bool:
        """Replace an item that meets a condition; whether this very call did it.

        A try that was carried out but whose answer got lost is recognised by the mark it left,
        when it is tried again and finds the condition no longer met.
        """
        mark = s(secrets.token_hex(8))

        def attempt() -> bool:
            try:
                self._client.put_item(
                    TableName=self._name,
                    Item={**_versioned(item), "mark": mark},
                    ConditionExpression=where,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                if code(error) != "ConditionalCheckFailedException":
                    raise
                stored: Any = error.response
                return bool(stored.get("Item", {}).get("mark") == mark)
            return True

        return _write(attempt)

    def transact(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Carry out all steps or none; botocore's token makes its retries one transaction.

        Args:
            steps: as DynamoDB takes them, without table names.

        Raises:
            Conflict: a step's condition is not met.
        """
        named: list[Any] = [
            {verb: {"TableName": self._name, **_step(step)} for verb, step in one.items()}
            for one in steps
        ]

        def attempt() -> None:
            try:
                self._client.transact_write_items(TransactItems=named)
            except ClientError as error:
                if "ConditionalCheckFailed" in _reasons(error):
                    raise Conflict("Somebody else changed this meanwhile.") from error
                raise

        _write(attempt)

    def page(
        self,
        listing: str,
        *,
        limit: int,
        after: Item | None = None,
        filters: Mapping[str, tuple[str, Item]] | None = None,
    ) -> list[Item]:
        """Items of a listing, greatest `at` first; more than `limit` only where more follow.

        Args:
            listing: which one.
            limit: how many are wanted; one more tells that there is a next page.
            after: keys of the item before the first.
            filters: an expression on one attribute, `#name`, and the value it names `:name`.
        """
        request: dict[str, Any] = {
            "IndexName": INDEX,
            "KeyConditionExpression": "listing = :listing",
            "ExpressionAttributeValues": {":listing": s(listing)},
            "ScanIndexForward": False,
        }
        if after is not None:
            request["ExclusiveStartKey"] = after
        if filters:
            request["FilterExpression"] = " AND ".join(e for e, _ in filters.values())
            request["ExpressionAttributeNames"] = {f"#{name}": name for name in filters}
            request["ExpressionAttributeValues"] |= {f":{k}": v for k, (_, v) in filters.items()}
        else:
            request["Limit"] = limit + 1
        return self._pages(enough=limit + 1, **request)

    def earlier(self, listing: str, before: str, limit: int) -> list[Item]:
        """Items of a listing whose `at` is less, least first, as the table has them now."""
        listed = self._pages(
            enough=limit,
            IndexName=INDEX,
            KeyConditionExpression="listing = :listing AND #at < :before",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues={":listing": s(listing), ":before": s(before)},
        )[:limit]
        now = self.get_many([(item["pk"]["S"], item["sk"]["S"]) for item in listed])
        return sorted(now, key=lambda item: str(item["at"]["S"]))

    def _pages(self, *, enough: int | None = None, **request: Any) -> list[Item]:  # noqa: ANN401 - DynamoDB's own parameters
        """Query until there are enough items or no more."""
        query: Callable[..., Any] = self._client.query
        found: list[Item] = []
        while True:
            with translated("The table"):
                answer = query(TableName=self._name, **request)
            found += map(_known, answer["Items"])
            if "LastEvaluatedKey" not in answer or (enough and len(found) >= enough):
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _known(item: Item) -> Item:
    """An item with its version, which must not be a newer one than can be read."""
    version = item.get("schema", n(1))
    if int(version["N"]) > VERSION:
        raise Misconfigured(
            f"The table holds {item['pk']['S']} as a newer Alex stored it (its version is "
            f"{version['N']}, this one knows {VERSION}). Deploy the newer Alex again."
        )
    return {**item, "schema": version}


def _versioned(item: Item) -> Item:
    """An item to store; one that was read keeps the version that it has."""
    return {"schema": n(VERSION), **item}


def _step(step: Mapping[str, Any]) -> Mapping[str, Any]:
    """A step of a transaction; only those that put have an item."""
    return {**step, "Item": _versioned(step["Item"])} if "Item" in step else step


def _write[T](attempt: Callable[[], T]) -> T:
    """Carry out a write, again where somebody's transaction is under way on the same item."""
    with translated("The table"):
        try:
            return retry(attempt, until=deadline(_WAIT_SECONDS), transient=_met_another, first=0.05)
        except RetriesExhausted as error:
            raise Unavailable("The table is busy or down.") from error


def _reasons(error: Exception) -> list[str]:
    """Why each step of a transaction was refused."""
    if not isinstance(error, ClientError) or code(error) != "TransactionCanceledException":
        return []
    answer: Any = error.response
    return [reason.get("Code", "None") for reason in answer.get("CancellationReasons", [])]


def _met_another(error: Exception) -> bool:
    """Whether a write was refused only because a transaction was under way."""
    if isinstance(error, ClientError) and code(error) == "TransactionConflictException":
        return True
    reasons = _reasons(error)
    return "TransactionConflict" in reasons and "ConditionalCheckFailed" not in reasons
