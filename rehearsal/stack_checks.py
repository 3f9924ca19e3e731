"""What a rehearsal asks of the rest of the stack: research, schedule, limits, roles, removal."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from rehearsal.deployment import Deployment, Json, expect, until

RESEARCH_SECONDS = 150
BURST = 100


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
    deployment.client("sqs").purge_queue(QueueUrl=deployment.outputs["FailuresUrl"])
    deployment.stand_in.inject_faults({"lambda:ImageFunction": [{}]})
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
    """More than the plan allows is refused, and only for as long.

    The requests lack a query, so the gateway's own model refuses those that the plan lets through:
    no function slows them down.
    """
    plans = deployment.client("apigateway").get_usage_plans()["items"]
    limits = plans[0]["throttle"]

    def refused(_: int) -> int:
        return deployment.call("POST", "/search", {}).status_code

    with ThreadPoolExecutor(max_workers=4) as pool:
        statuses = list(pool.map(refused, range(BURST)))
    expect(set(statuses) == {400, 429}, f"{BURST} requests in a row: {sorted(set(statuses))}")
    until(
        lambda: deployment.call("GET", "/health").ok or None, 10, "an answer after the throttling"
    )
    return (
        f"{limits['rateLimit']:.0f} a second and {limits['burstLimit']} at once: "
        f"{statuses.count(429)} of {BURST} in a row were 429, the next one was answered"
    )


def permissions(deployment: Deployment) -> str:
    """A function may do what its own policy says, and nothing without it."""
    iam = deployment.client("iam")
    role = deployment.resource("SearchFunctionRole")
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName=policy)
    try:
        refused = deployment.call("GET", "/documents")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
    expect(
        refused.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR,
        f"without its policy a function answers {refused.status_code}",
    )
    deployment.ask("GET", "/documents")
    return f"{refused.status_code} from a function whose policy is taken away, 200 with it back"


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
