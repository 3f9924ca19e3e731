"""Switching on the full-text search of an S3 Vectors index."""

import logging
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from alex.aws.clients import Clients
from alex.aws.failures import passing, translated
from alex.aws.vector_records import TEXT_KEY
from alex.errors import Unavailable
from alex.patience import OutOfPatience, deadline, retry
from alex.settings import TextSearch

log = logging.getLogger(__name__)


def switch_on(clients: Clients, index: str, *, patience: float = 30) -> TextSearch:
    """Let an index answer full-text queries over its passages; who then scores wording.

    A region without full text refuses in its own way, so every refusal is taken for that: the
    stack must come up there, too. Repeating the call changes nothing.

    Raises:
        Unavailable: the service is busy or down.
    """
    until = deadline(patience)
    with translated("The vector index"):
        try:
            retry(partial(_switch_on, clients, index), until=until, passing=passing)
        except OutOfPatience as error:
            raise Unavailable("The vector index is busy or down.") from error
        except ClientError as error:
            if passing(error):
                raise
            log.warning("No full text in this region: %s", error)
            return "nearest"
    return "index"


def _switch_on(clients: Clients, index: str) -> None:
    client: Any = clients.s3vectors  # its type stubs are older than these operations
    found = client.get_index(indexArn=index)["index"]
    if found.get("indexMode") != "ENHANCED":
        client.update_index_mode(indexArn=index, indexMode="ENHANCED")
    searched = found.get("metadataConfiguration", {}).get("textSearchConfigurations", [])
    if TEXT_KEY not in [one["metadataKey"] for one in searched]:
        add = {"textSearchConfigurations": [{"metadataKey": TEXT_KEY, "language": "en"}]}
        client.update_metadata_configuration(indexArn=index, add=add)
