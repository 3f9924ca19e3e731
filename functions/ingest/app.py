"""`POST /ingest`: documents come in."""

from collections.abc import Callable
from functools import cache

from alex.api import BatchBody, DocumentBody, parse
from alex.aws.api_gateway import Handler, rest_handler
from alex.documents import Receipt, Submission
from alex.errors import AlexError, FieldError, InvalidInput
from alex.http import Problem, Reply, Request
from alex.settings import Settings
from alex.views import BatchIngested, BatchIngestedItem, Ingested, ProblemView
from alex.wiring import Services, wire

CREATED, KNOWN, MIXED = 201, 200, 207


def ingest(services: Services, request: Request) -> Reply:
    """Take in one document, or a batch of them."""
    body = request.json()
    if "documents" in body:
        return _ingest_batch(services, parse(BatchBody, body))
    receipt = services.knowledge.ingest(parse(DocumentBody, body).submission())
    return Reply(_status(receipt), Ingested.of(receipt))


def _ingest_batch(services: Services, batch: BatchBody) -> Reply:
    """Each document succeeds or fails by itself; 207 unless all went the same, good way."""
    checked = [_check(document) for document in batch.documents]
    good = [one for one in checked if isinstance(one, Submission)]
    fates = iter(services.knowledge.ingest_many(good))
    results = [
        _result(place, next(fates) if isinstance(one, Submission) else one)
        for place, one in enumerate(checked)
    ]
    statuses = {result.status for result in results}
    status = statuses.pop() if statuses in ({CREATED}, {KNOWN}) else MIXED
    return Reply(status, BatchIngested(results=results, count=len(results)))


def _check(document: object) -> Submission | InvalidInput:
    try:
        return parse(DocumentBody, document).submission()
    except InvalidInput as error:
        return error


def _result(place: int, fate: Receipt | AlexError) -> BatchIngestedItem | ProblemView:
    """The answer to the document in this place; bad fields are named from the request's root."""
    if isinstance(fate, Receipt):
        return BatchIngestedItem(status=_status(fate), **dict(Ingested.of(fate)))
    if isinstance(fate, InvalidInput):
        at = f"documents.{place}"
        fields = [
            FieldError(at if e.field == "body" else f"{at}.{e.field}", e.message)
            for e in fate.errors
        ]
        fate = type(fate)(fate.detail, fields)
    return ProblemView.model_validate(Problem.of(fate).body())


def _status(receipt: Receipt) -> int:
    return CREATED if receipt.outcome == "created" else KNOWN


def make_handler(services: Callable[[], Services]) -> Handler:
    """The Lambda handler over these services."""
    return rest_handler("ingest", {("POST", "/ingest"): ingest}, services)


handler = make_handler(cache(lambda: wire(Settings.from_env())))
