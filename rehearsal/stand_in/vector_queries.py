"""The reading operations of S3 Vectors, from request members to reply members."""

import base64
import binascii
from collections.abc import Sequence

from rehearsal.stand_in.errors import invalid
from rehearsal.stand_in.service import Params
from rehearsal.stand_in.vector_filters import compile_filter
from rehearsal.stand_in.vector_index import Match, VectorIndex, fuse
from rehearsal.stand_in.vector_rules import VectorRecord, read_data

TOP_K = 100
LIST_DEFAULT = 500

_READING = {
    "QueryVectors": ("filter", "returnMetadata", "queryTexts"),
    "ListVectors": ("returnData", "returnMetadata"),
}


def reads_vectors(operation: str, params: Params) -> bool:
    """Whether the request needs `GetVectors` besides the permission for its operation."""
    return any(params.get(name) for name in _READING.get(operation, ()))


def get(index: VectorIndex, params: Params) -> Params:
    """GetVectors: those that exist, in the order asked for."""
    with index.lock:
        records = [record for key in params["keys"] if (record := index.get(key))]
    return {"vectors": [_vector(record, params) for record in records]}


def page(index: VectorIndex, params: Params) -> Params:
    """ListVectors: one page, by key; the token is the last key shown."""
    if ("segmentCount" in params) != ("segmentIndex" in params):
        raise invalid("Specify both segmentCount and segmentIndex, or neither")
    segment = params.get("segmentIndex", 0), params.get("segmentCount", 1)
    if segment[0] >= segment[1]:
        raise invalid("segmentIndex must be less than segmentCount")
    after = _decode_token(params["nextToken"]) if "nextToken" in params else ""
    with index.lock:
        records, more = index.page(after, params.get("maxResults", LIST_DEFAULT), segment)
    token = {"nextToken": _encode_token(records[-1].key)} if more else {}
    return {"vectors": [_vector(record, params) for record in records], **token}


def query(index: VectorIndex, params: Params) -> Params:
    """QueryVectors: by vector, by text, or both fused."""
    if params["topK"] > TOP_K:
        raise invalid(f"topK must be at most {TOP_K}")
    if "nextToken" in params:
        raise invalid("Invalid nextToken")
    if params.get("queryMode") == "CLASSIC":
        raise invalid("CLASSIC is not a mode for queries of an ENHANCED index")
    with index.lock:
        matches = _matches(index, params)
    return {
        "vectors": [_result(match, params) for match in matches],
        "distanceMetric": index.settings.metric,
    }


def _matches(index: VectorIndex, params: Params) -> list[Match]:
    by_vector, texts = "queryVector" in params, _question(index, params)
    if not by_vector and not texts:
        raise invalid("Specify queryVector, queryTexts, or both")
    where = params.get("filter")
    predicate = compile_filter(where, index.settings.non_filterable) if where is not None else None
    allowed = index.passing(predicate)
    nearest, wording = [], []
    if by_vector:
        cosine = index.settings.metric == "cosine"
        vector = read_data(params["queryVector"], dimension=index.settings.dimension, cosine=cosine)
        nearest = index.nearest(vector, params["topK"], allowed)
    if texts:
        wording = index.wording(texts, params["topK"], allowed)
    return fuse(nearest, wording, params["topK"]) if by_vector and texts else nearest or wording


def _question(index: VectorIndex, params: Params) -> Sequence[tuple[str, str]]:
    """The full-text part: pairs of metadata key and text."""
    texts = [(each["metadataKey"], each["text"]) for each in params.get("queryTexts", [])]
    if len(dict(texts)) < len(texts):
        raise invalid("Each of queryTexts must name a different metadata key")
    for key, _ in texts:
        if key not in index.full_text:
            raise invalid(f"The metadata key '{key}' is not full-text searchable")
        if not index.full_text[key].active:
            raise invalid(f"The full-text index of '{key}' is still being built")
    return texts


def _result(match: Match, params: Params) -> Params:
    result: Params = {"key": match.record.key}
    if params.get("returnMetadata"):
        result["metadata"] = match.record.metadata
    if params.get("returnDistance") and match.distance is not None:
        result["distance"] = match.distance
    if params.get("returnScores") and "queryTexts" in params:
        result["scores"] = _scores(match)
    return result


def _scores(match: Match) -> Params:
    scores: Params = {
        "bm25Scores": [{"metadataKey": key, "score": score} for key, score in match.bm25.items()]
    }
    if match.fused is not None:
        scores["fused"] = match.fused
        if match.distance is not None:
            scores["vectorDistance"] = match.distance
    return scores


def _vector(record: VectorRecord, params: Params) -> Params:
    vector: Params = {"key": record.key}
    if params.get("returnData"):
        vector["data"] = {"float32": record.data.tolist()}
    if params.get("returnMetadata"):
        vector["metadata"] = record.metadata
    return vector


def _encode_token(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode()


def _decode_token(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise invalid("Invalid nextToken") from error
