"""The vector index on Amazon S3 Vectors."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import batched
from typing import TYPE_CHECKING, Any, TypedDict

from botocore.exceptions import ClientError

from alex.aws import limits, vector_records
from alex.aws.clients import Clients
from alex.aws.failures import code, is_transient, translated
from alex.errors import Unavailable
from alex.knowledge import bm25
from alex.knowledge.documents import Candidate, Filter, IndexEntry, Vector
from alex.knowledge.terms import terms
from alex.retry import RetriesExhausted, deadline, retry
from alex.settings import TextSearch

if TYPE_CHECKING:
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_s3vectors.type_defs import PutInputVectorTypeDef, VectorDataTypeDef

log = logging.getLogger(__name__)

_NUMBER_BYTES = 24
"""Of one number of a vector in a request, at most."""

_SERVICE = "The vector index"


class _On(TypedDict):
    """What every call names."""

    indexArn: str


class S3VectorsIndex:
    """Passages by nearness of meaning and by wording; threads may share it.

    Args:
        index: the index's ARN.
        text_search: `index` where the index has full text switched on; `nearest` scores the
            wording of the nearest passages here.
        wait_seconds: seconds until a busy index is given up for this time.
    """

    def __init__(
        self,
        clients: Clients,
        index: str,
        *,
        text_search: TextSearch = "index",
        wait_seconds: float = 20,
    ) -> None:
        self._clients = clients
        self._on: _On = {"indexArn": index}
        self.text_search: TextSearch = text_search
        self._wait_seconds = wait_seconds

    @property
    def _client(self) -> "S3VectorsClient":
        return self._clients.s3vectors

    def put(self, entries: Sequence[IndexEntry]) -> None:
        """Add or replace entries by key, any number of them."""
        until = deadline(self._wait_seconds)
        for batch in _batches(entries):
            self._call(partial(self._client.put_vectors, **self._on, vectors=batch), until)

    def fetch(self, keys: Sequence[str]) -> list[IndexEntry]:
        """The entries that exist, in any order."""
        return [
            vector_records.entry(found["key"], found["metadata"], found["data"]["float32"])
            for found in self._get(keys, deadline(self._wait_seconds))
        ]

    def delete(self, keys: Sequence[str]) -> None:
        """Remove entries; unknown keys are no error."""
        until = deadline(self._wait_seconds)
        for batch in batched(keys, limits.VECTORS_DELETED):
            self._call(partial(self._client.delete_vectors, **self._on, keys=list(batch)), until)

    def query(self, vector: Vector, text: str, k: int, where: Filter) -> list[Candidate]:
        """The k nearest entries and the k best text matches that pass the filter, as one list."""
        until = deadline(self._wait_seconds)
        k = min(k, limits.VECTORS_FOUND)
        with ThreadPoolExecutor(1, "full-text") as pool:
            wording = pool.submit(self._text_matches, text, k, where, until)
            near = self._nearest(vector, k, where, until)
            matches = wording.result()
        if matches is None:
            matches = _score(text, near)
        far = self._get([key for key in matches if key not in near], until)
        distances = {key: found["distance"] for key, found in near.items()}
        distances |= {f["key"]: _distance(vector, f["data"]["float32"]) for f in far}
        metadata = {f["key"]: f["metadata"] for f in (*near.values(), *far)}
        return [
            vector_records.candidate(key, metadata[key], distance, matches.get(key))
            for key, distance in distances.items()
        ]

    def _nearest(
        self, vector: Vector, k: int, where: Filter, until: float
    ) -> dict[str, dict[str, Any]]:
        """The k nearest vectors with metadata and distance, by key."""
        asked = {"queryVector": {"float32": list(vector)}}
        found = self._query(
            {**asked, "returnMetadata": True, "returnDistance": True}, k, where, until
        )
        return {one["key"]: one for one in found}

    def _text_matches(
        self, text: str, k: int, where: Filter, until: float
    ) -> dict[str, float] | None:
        """BM25 scores of the k best text matches by key; None where the index has no full text."""
        if self.text_search == "nearest":
            return None
        query = _query_text(text)
        if not query:
            return {}
        asked = {"queryTexts": [{"text": query, "metadataKey": vector_records.TEXT_KEY}]}
        try:
            found = self._query({**asked, "returnScores": True}, k, where, until)
        except _NoFullText:
            log.warning("The index's full text is not ready; nearest passages are scored instead.")
            return None
        return {one["key"]: sum(s["score"] for s in one["scores"]["bm25Scores"]) for one in found}

    def _query(
        self, asked: Mapping[str, Any], k: int, where: Filter, until: float
    ) -> list[dict[str, Any]]:
        request: dict[str, Any] = {**self._on, "topK": k, **asked}
        wanted = vector_records.query_filter(where)
        if wanted is not None:
            request["filter"] = wanted
        found: list[dict[str, Any]] = []
        while True:
            answer = self._call(lambda: self._ask(request), until)
            found += answer["vectors"]
            if not answer.get("nextToken"):
                return found
            request["nextToken"] = answer["nextToken"]

    def _ask(self, request: Mapping[str, Any]) -> Any:  # noqa: ANN401 - botocore's answer
        try:
            return self._client.query_vectors(**request)
        except ClientError as error:
            if "queryTexts" in request and code(error) == "ValidationException":
                raise _NoFullText from error
            raise

    def _get(self, keys: Sequence[str], until: float) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for batch in batched(keys, limits.VECTORS_FETCHED):
            ask = partial(
                self._client.get_vectors,
                **self._on,
                keys=list(batch),
                returnData=True,
                returnMetadata=True,
            )
            answer: Any = self._call(ask, until)
            found += answer["vectors"]
        return found

    def _call[T](self, call: Callable[[], T], until: float) -> T:
        """Call the service, again while it is busy and there is time."""
        with translated(_SERVICE):
            try:
                return retry(call, until=until, transient=is_transient)
            except RetriesExhausted as error:
                raise Unavailable(f"{_SERVICE} is busy or down.") from error


class _NoFullText(Exception):
    """The index cannot answer a full-text query (yet)."""


def _batches(entries: Sequence[IndexEntry]) -> Iterator[list["PutInputVectorTypeDef"]]:
    """Entries as a put takes them, no request too long or too large."""
    batch: list[PutInputVectorTypeDef] = []
    room = limits.VECTORS_REQUEST_BYTES
    for entry in entries:
        values = vector_records.metadata(entry)
        needed = vector_records.size(values) + _NUMBER_BYTES * len(entry.vector)
        if batch and (needed > room or len(batch) == limits.VECTORS_PUT):
            yield batch
            batch, room = [], limits.VECTORS_REQUEST_BYTES
        data: VectorDataTypeDef = {"float32": list(entry.vector)}
        batch.append({"key": entry.key, "data": data, "metadata": values})
        room -= needed
    if batch:
        yield batch


def _query_text(question: str) -> str:
    """A question's terms, as many as a full-text query takes."""
    text = ""
    for term in terms(question):
        if len(text) + len(term) >= limits.QUERY_TEXT:
            break
        text = f"{text} {term}" if text else term
    return text


def _score(question: str, near: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """BM25 scores of the found passages that have a word of the question."""
    texts = [found["metadata"][vector_records.TEXT_KEY] for found in near.values()]
    scored = zip(near, bm25.scores(question, texts), strict=True)
    return {key: score for key, score in scored if score}


def _distance(one: Vector, other: Vector) -> float:
    """Cosine distance, 0 to 2."""
    lengths = math.sqrt(math.sumprod(one, one) * math.sumprod(other, other))
    return 1 - math.sumprod(one, other) / lengths
