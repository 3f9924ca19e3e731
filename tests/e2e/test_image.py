"""The researcher's image, built and run as Lambda would, over the stack's resources."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from alex.aws.jobs import DynamoJobStore
from alex.aws.table import DynamoTable
from alex.research.jobs import JobStatus
from laptop.site.server import RunningSite, running_site
from rehearsal.process import StandIn
from tests.support import docker
from tests.support.aws_stack import (
    CONCURRENCY,
    RESEARCHER,
    AwsStack,
    make_endpoint,
    make_researcher,
    make_stack,
    shared_stand_in,
)
from tests.support.lambda_runtime import LONG_SECONDS, FunctionFailed, RuntimeApi, runtime_api
from tests.support.local_api import event

pytestmark = [docker.needs_docker, pytest.mark.timeout(1500)]


@dataclass(frozen=True)
class Image:
    """The image as it runs."""

    api: RuntimeApi
    container: str
    site: RunningSite
    jobs: DynamoJobStore

    def call(self, request: Any) -> tuple[int, Any]:  # noqa: ANN401 - an event
        """Status and body of the answer to an HTTP event."""
        answer = self.api.invoke(request)
        return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    tag = docker.build("alex-researcher-test")
    stand_in = shared_stand_in()
    stack = make_stack(stand_in)
    make_researcher(stand_in)
    jobs = DynamoJobStore(DynamoTable(stack.clients, stack.table), retention_days=1, stack="test")
    with (
        runtime_api() as api,
        running_site() as site,
        docker.running(tag, variables(stand_in, stack, site, api)) as container,
    ):
        yield Image(api, container, site, jobs)


def variables(
    stand_in: StandIn, stack: AwsStack, site: RunningSite, api: RuntimeApi
) -> dict[str, str]:
    """What Lambda and the template set, and the way to the stand-ins."""
    return {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_NAME": RESEARCHER,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(docker.MEMORY_MB),
        "AWS_REGION": stand_in.region,
        "AWS_DEFAULT_REGION": stand_in.region,
        "AWS_ACCESS_KEY_ID": stand_in.access_key_id,
        "AWS_SECRET_ACCESS_KEY": stand_in.secret_access_key,
        "AWS_ENDPOINT_URL": stand_in.endpoint,
        "ALEX_BACKEND": "aws",
        "ALEX_STACK": "test",
        "ALEX_TABLE": stack.table,
        "ALEX_BUCKET": stack.bucket,
        "ALEX_VECTOR_INDEX": stack.index,
        "ALEX_TEXT_SEARCH": "index",
        "ALEX_EMBEDDING_ENDPOINT": make_endpoint(stand_in),
        "ALEX_EMBEDDING_CONCURRENCY": str(CONCURRENCY),
        "ALEX_ALLOW_HOSTS": site.authority,
        "ALEX_SEC_WEB_URL": site.base_url,
        "ALEX_SEC_DATA_URL": site.base_url,
    }


def request_for(site: RunningSite) -> Any:  # noqa: ANN401 - an event
    """The sample event, about pages that are there."""
    urls = [site.url("/results.html"), site.url("/orders.html")]
    asked = {"topic": "Larkspur Instruments in the third quarter", "urls": urls}
    return event("research") | {"body": json.dumps(asked)}


def test_it_answers_requests_and_runs_jobs_with_its_browser(image: Image) -> None:
    status, accepted = image.call(request_for(image.site))
    assert status == 202, docker.logs(image.container)
    again_status, again = image.call(request_for(image.site))
    assert (again_status, again["job_id"]) == (202, accepted["job_id"])  # the same idempotency key

    ran = image.api.invoke({"job_id": accepted["job_id"]}, seconds=LONG_SECONDS)
    assert ran == {"job_id": accepted["job_id"], "status": "succeeded"}, docker.logs(
        image.container
    )
    job = image.jobs.get(accepted["job_id"])
    assert job is not None
    assert job.status is JobStatus.SUCCEEDED
    assert job.report_id
    # The page that only scripts fill was read: by the browser in the image.
    read = json.dumps([step.message for step in job.steps], default=str)
    assert "Read Order Backlog" in read, read

    repeated = image.api.invoke({"job_id": accepted["job_id"]})
    assert repeated["status"] in {None, "succeeded"}  # a repeated event runs nothing twice


def test_an_event_that_is_neither_is_an_error_and_the_next_is_answered(image: Image) -> None:
    with pytest.raises(FunctionFailed, match="Neither a request nor a job"):
        image.api.invoke(event("schedule"))
    status, listed = image.call(event("research") | {"httpMethod": "GET", "body": None})
    assert status == 200
    assert "jobs" in listed


def test_it_runs_as_nobody_on_a_read_only_root(image: Image) -> None:
    def inside(code: str) -> str:
        return docker.docker("exec", image.container, "python", "-c", code)

    assert inside("import os; print(os.getuid())") == docker.NOBODY_WE_KNOW.split(":")[0]
    writable = (
        "import os; print([p for p in ('/', '/var/task', '/opt', '/tmp') if os.access(p, os.W_OK)])"
    )
    assert inside(writable) == "['/tmp']"
    # Bytecode is in the image, for nothing could be written at a cold start.
    compiled = "import agents, researcher.run as run; print(agents.__cached__, run.__cached__)"
    for path in inside(compiled).split():
        assert inside(f"import os; print(os.path.exists({path!r}))") == "True", path
