"""What a rehearsal asks of the deployed API."""

import time
from http import HTTPStatus

from rehearsal.deployment import Deployment, expect

PROBLEM_JSON = "application/problem+json"
GATEWAY_SECONDS = 29

DOCUMENT = {
    "id": "rehearsal-note",
    "title": "Third quarter at Larkspur Instruments",
    "text": "Larkspur Instruments sold more flow meters. Revenue was $48.2 million.",
    "source": "https://example.com/larkspur/q3",
    "published": "2026-10-20",
    "tickers": ["LKSP"],
    "kind": "note",
}
OTHERS = [
    {"id": "rehearsal-oil", "text": "Crude oil prices fell for a third week.", "kind": "news"},
    {"id": "rehearsal-empty", "text": "   "},
]
QUESTION = "How much revenue did Larkspur Instruments have?"


def key_is_required(deployment: Deployment) -> str:
    """Nothing is answered without the key, or with a wrong one."""
    for method, path in (("GET", "/health"), ("POST", "/ingest"), ("GET", "/research")):
        for key in ("", "not-the-key"):
            answer = deployment.call(method, path, {} if method == "POST" else None, key=key)
            expect(
                answer.status_code == HTTPStatus.FORBIDDEN,
                f"{method} {path}: {answer.status_code} without key",
            )
    return "403 on every function's routes without the key or with a wrong one"


def health(deployment: Deployment) -> str:
    """The functions run on the stack's resources."""
    said = deployment.ask("GET", "/health")
    expect(said["backend"] == "aws", f"/health says backend {said['backend']}")
    mode = deployment.outputs["TextSearch"]
    expect(said["text_search"] == mode, f"/health says {said['text_search']}, the stack {mode}")
    index = deployment.client("s3vectors").get_index(indexArn=deployment.outputs["VectorIndexArn"])
    texts = index["index"]["metadataConfiguration"]["textSearchConfigurations"]
    expect([each["status"] for each in texts] == ["ACTIVE"], f"full text of the index: {texts}")
    return "the custom resource switched on the index's full text; /health says so"


def ingest(deployment: Deployment) -> str:
    """Documents come in once, one by one and in batches."""
    first = deployment.ask("POST", "/ingest", DOCUMENT, status=201)
    again = deployment.ask("POST", "/ingest", DOCUMENT, status=200)
    expect(again["outcome"] == "unchanged", f"the same document again: {again}")
    expect(again["document_id"] == first["document_id"], "the same document got another id")
    batch = deployment.ask("POST", "/ingest", {"documents": OTHERS}, status=207)
    statuses = [each["status"] for each in batch["results"]]
    expect(statuses == [201, 400], f"a batch of a good and a blank document: {statuses}")
    return "201, then 200 for the same again; a mixed batch is 207 with a status each"


def bad_requests(deployment: Deployment) -> str:
    """What is wrong is named."""
    refused = deployment.call("POST", "/search", {"query": "x", "k": 1000})
    expect(refused.status_code == HTTPStatus.BAD_REQUEST, f"k=1000: {refused.status_code}")
    problem = refused.json()
    expect([each["field"] for each in problem.get("errors", [])] == ["k"], f"k=1000 said {problem}")
    expect(
        refused.headers["content-type"].startswith(PROBLEM_JSON),
        f"k=1000 came as {refused.headers['content-type']}",
    )
    missing = deployment.call("GET", "/documents/unknown")
    expect(
        missing.status_code == HTTPStatus.NOT_FOUND, f"an unknown document: {missing.status_code}"
    )
    return "400 naming the field, 404 for an unknown document, both problem details"


def search(deployment: Deployment) -> str:
    """Questions find documents, under filters too."""
    found = deployment.ask("POST", "/search", {"query": QUESTION, "k": 3})
    best = found["results"][0]
    expect(best["source"] == DOCUMENT["source"], f"the best result is {best['document_id']}")
    by_url = deployment.ask("GET", "/search?q=crude+oil&kind=news")
    ids = [each["kind"] for each in by_url["results"]]
    expect(ids == ["news"], f"kind=news found {ids}")
    none = deployment.ask("POST", "/search", {"query": QUESTION, "filters": {"tickers": ["NONE"]}})
    expect(none["count"] == 0, f"an unknown ticker found {none['count']}")
    return "the right document first; filters by kind and ticker hold"


def documents(deployment: Deployment) -> str:
    """Documents are listed, shown and forgotten."""
    listed = deployment.ask("GET", "/documents?kind=news")["documents"]
    expect(len(listed) == 1, f"{len(listed)} documents of kind news")
    name = listed[0]["document_id"]
    whole = deployment.ask("GET", f"/documents/{name}")
    expect(whole["text"] == OTHERS[0]["text"], "the text came back changed")
    deployment.ask("DELETE", f"/documents/{name}", status=204)
    deployment.ask("GET", f"/documents/{name}", status=404)
    found = deployment.ask("GET", "/search?q=crude+oil+prices")["results"]
    expect(name not in [each["document_id"] for each in found], "a deleted document was found")
    return "listed, shown whole, deleted; then 404 and no longer found"


def cold_endpoint(deployment: Deployment) -> str:
    """A cold embedding endpoint is a 503 in time, with nothing half-stored."""
    document = {"id": "rehearsal-cold", "text": "Written while the endpoint slept.", "kind": "cold"}
    cold = [{"code": "ModelNotReadyException"}] * 500
    deployment.stand_in.inject_faults({"sagemaker:InvokeEndpoint": cold})
    started = time.monotonic()
    answer = deployment.call("POST", "/ingest", document)
    took = time.monotonic() - started
    deployment.stand_in.inject_faults({})
    expect(
        answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE,
        f"a cold endpoint: {answer.status_code} {answer.text[:200]}",
    )
    expect("retry-after" in answer.headers, "503 without Retry-After")
    expect(took < GATEWAY_SECONDS - 3, f"503 only after {took:.0f} s")
    listed = deployment.ask("GET", "/documents?kind=cold")["documents"]
    expect(not listed, "a document that was refused is listed")
    deployment.ask("POST", "/ingest", document, status=201)
    return f"503 with Retry-After after {took:.0f} s, nothing listed; the retry is a 201"


def forgetting(deployment: Deployment) -> str:
    """Everything can be deleted again."""
    deleted = 0
    while listed := deployment.ask("GET", "/documents?limit=100")["documents"]:
        for document in listed:
            deployment.ask("DELETE", f"/documents/{document['document_id']}", status=204)
        deleted += len(listed)
    found = deployment.ask("POST", "/search", {"query": QUESTION})
    expect(found["count"] == 0, f"search finds {found['count']} deleted documents")
    return f"{deleted} documents deleted, the report too; nothing is found any more"
