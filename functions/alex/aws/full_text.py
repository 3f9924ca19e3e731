"""Switching on the full-text search of an S3 Vectors index."""

import logging
from functools import partial
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import ClientError

from alex.aws.clients import Clients
from alex.aws.failures import denied, is_transient, translated
from alex.aws.vector_records import TEXT_KEY
from alex.errors import Unavailable
from alex.retry import RetriesExhausted, deadline, retry
from alex.settings import TextSearch

log = logging.getLogger(__name__)

_POLL = 0.5
"""Seconds between two looks at an index that is building."""


def switch_on(clients: Clients, index: str, *, wait_seconds: float = 30) -> TextSearch:
    """Let an index answer full-text queries over its passages; who then scores wording.

    A region without full text refuses in its own way, so every refusal is taken for that: the
    stack must come up there, too. A missing right is waited for first: those of a new role take a
    moment to be known everywhere. Repeating the call changes nothing. An index that already holds
    much may still be building when the wait ends; until it is done, queries fall back.

    Raises:
        Unavailable: the service is busy or down.
    """
    until = deadline(wait_seconds)
    ask = partial(_status, clients, index)
    with translated("The vector index"):
        try:
            if retry(ask, until=until, transient=_transient_or_denied) is None:
                retry(
                    partial(_switch_on, clients, index), until=until, transient=_transient_or_denied
                )
            while (
                retry(ask, until=until, transient=_transient_or_denied) != "ACTIVE"
                and monotonic() < until
            ):
                sleep(_POLL)
        except RetriesExhausted as error:
            if not isinstance(error.__cause__, ClientError) or is_transient(error.__cause__):
                raise Unavailable("The vector index is busy or down.") from error
            return _without(error.__cause__)
        except ClientError as error:
            return _without(error)
    return "index"


def _transient_or_denied(error: Exception) -> bool:
    return is_transient(error) or denied(error)


def _without(refusal: ClientError) -> TextSearch:
    log.warning("No full text in this region: %s", refusal)
    return "nearest"


def _status(clients: Clients, index: str) -> str | None:
    """How far the index's full text is: BUILDING or ACTIVE; None where it has none."""
    client: Any = clients.s3vectors  # its type stubs are older than full text
    configured = client.get_index(indexArn=index)["index"].get("metadataConfiguration", {})
    for one in configured.get("textSearchConfigurations", []):
        if one["metadataKey"] == TEXT_KEY:
            return str(one.get("status", "ACTIVE"))
    return None


def _switch_on(clients: Clients, index: str) -> None:
    client: Any = clients.s3vectors  # as above
    client.update_index_mode(indexArn=index, indexMode="ENHANCED")
    add = {"textSearchConfigurations": [{"metadataKey": TEXT_KEY, "language": "en"}]}
    client.update_metadata_configuration(indexArn=index, add=add)
