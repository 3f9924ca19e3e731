"""What a rehearsal holds against the deployed stack; each check says what it has shown."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus

from rehearsal.deployment import Deployment, Failed, Json, expect, until

PROBLEM_JSON = "application/problem+json"
GATEWAY_SECONDS = 29
RESEARCH_SECONDS = 150
BURST = 200
BURST_THREADS = 4
"""Each request at once is a process of its own, as on AWS it is an environment of its own."""

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


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, and what carries it out and tells what it has shown."""

    name: str
    run: Callable[[Deployment], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a check."""

    name: str
    passed: bool
    detail: str
    seconds: float


def carry_out(check: Check, deployment: Deployment) -> Outcome:
    """Run one check; a service's unexpected answer fails it like a broken expectation."""
    started = time.monotonic()
    try:
        passed, detail = True, check.run(deployment)
    except Failed as failure:
        passed, detail = False, str(failure)
    except Exception as error:  # noqa: BLE001 - told to the user; the other checks go on
        passed, detail = False, f"{type(error).__name__}: {error}"
    return Outcome(check.name, passed, detail, time.monotonic() - started)


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
    deployment.stand_in.order_faults({"sagemaker:InvokeEndpoint": cold})
    started = time.monotonic()
    answer = deployment.call("POST", "/ingest", document)
    took = time.monotonic() - started
    deployment.stand_in.order_faults({})
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


def research(deployment: Deployment) -> str:
    """Research reads pages, writes a verified report, and search finds it."""
    site = deployment.site
    asked = {
        "topic": "How did Larkspur Instruments do in the third quarter of 2026?",
        "tickers": ["LKSP"],
        "urls": [site.url("/results.html"), site.url("/outlook.html")],
    }
    accepted = deployment.ask("POST", "/research", asked, status=202)
    job = until(
        lambda: _ended(deployment, accepted["job_id"]), RESEARCH_SECONDS, "the end of the research"
    )
    expect(job["status"] == "succeeded", f"the job {job['status']}: {job['error']}")
    report = deployment.ask("GET", f"/documents/{job['report_id']}")
    expect(site.base_url in report["text"], "the report names none of the pages it read")
    question = {"query": "Larkspur Instruments revenue third quarter", "k": 10}
    found = deployment.ask("POST", "/search", question)
    ids = [each["document_id"] for each in found["results"]]
    expect(job["report_id"] in ids, "search does not find the report")
    return f"202, a run of its own, and a report of {report['characters']} characters, found again"


def schedule(deployment: Deployment) -> str:
    """The schedule's target starts research; a run that dies is kept and not started again."""
    scheduler = deployment.client("scheduler")
    (summary,) = scheduler.list_schedules()["Schedules"]
    deployed = scheduler.get_schedule(Name=summary["Name"])
    before = {job["job_id"] for job in deployment.ask("GET", "/research")["jobs"]}
    deployment.stand_in.order_faults({"lambda:ImageFunction": [{}]})
    scheduler.create_schedule(
        Name="rehearsal-now",
        ScheduleExpression=time.strftime("at(%Y-%m-%dT%H:%M:%S)", time.gmtime()),
        FlexibleTimeWindow={"Mode": "OFF"},
        ActionAfterCompletion="DELETE",
        Target=deployed["Target"],
    )
    dead = until(lambda: _failure(deployment), 60, "the failed run in the Failures queue")
    jobs = deployment.ask("GET", "/research")["jobs"]
    (job,) = [job for job in jobs if job["job_id"] not in before]
    expect(job["job_id"] in dead, "the queue holds another event than the job's")
    expect(job["status"] == "queued", f"the job whose run died is {job['status']}")
    deployment.ask("DELETE", f"/research/{job['job_id']}")
    return (
        f"{deployed['ScheduleExpression']}, {deployed['State']}; its target recorded a job and "
        "handed it over; the run that died is in the Failures queue, tried once"
    )


def usage_plan(deployment: Deployment) -> str:
    """More than the plan allows is refused, and only for as long."""

    def call(_: int) -> int:
        return deployment.call("GET", "/documents?limit=1").status_code

    with ThreadPoolExecutor(max_workers=BURST_THREADS) as pool:
        statuses = list(pool.map(call, range(BURST)))
    expect(set(statuses) == {200, 429}, f"{BURST} requests in a row: {sorted(set(statuses))}")
    until(lambda: call(0) == HTTPStatus.OK or None, 10, "an answer after the throttling")
    return f"{statuses.count(429)} of {BURST} requests in a row were 429, the next ones answered"


def removal(deployment: Deployment) -> str:
    """The stack goes; what its user wrote stays."""
    client = deployment.client("cloudformation")
    client.delete_stack(StackName=deployment.stack)
    client.get_waiter("stack_delete_complete").wait(
        StackName=deployment.stack, WaiterConfig={"Delay": 1}
    )
    outputs = deployment.outputs
    deployment.client("dynamodb").describe_table(TableName=outputs["TableName"])
    deployment.client("s3").head_bucket(Bucket=outputs["TextBucketName"])
    deployment.client("s3vectors").get_index(indexArn=outputs["VectorIndexArn"])
    return "the stack is deleted; table, texts and vectors are still there, as promised"


CHECKS: Sequence[Check] = (
    Check("The key is required", key_is_required),
    Check("Health and full text", health),
    Check("Ingest", ingest),
    Check("Bad requests", bad_requests),
    Check("Search", search),
    Check("Documents", documents),
    Check("A cold endpoint", cold_endpoint),
    Check("Research", research),
    Check("The schedule", schedule),
    Check("The usage plan", usage_plan),
    Check("Removal", removal),
)


def _ended(deployment: Deployment, job_id: str) -> Json | None:
    job = deployment.ask("GET", f"/research/{job_id}")
    return None if job["status"] in {"queued", "running"} else job


def _failure(deployment: Deployment) -> str | None:
    """The body of a message in the Failures queue."""
    received = deployment.client("sqs").receive_message(
        QueueUrl=deployment.outputs["FailuresUrl"], WaitTimeSeconds=1
    )
    messages = received.get("Messages", [])
    return str(messages[0]["Body"]) if messages else None
