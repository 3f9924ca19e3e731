"""AWS's errors as ours."""

import io
import json
from contextlib import redirect_stdout
from datetime import UTC, datetime

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from alex.aws.failures import translated
from alex.aws.metrics import record_cost
from alex.errors import AlexError, Misconfigured, Unavailable
from alex.research.jobs import Job, JobStatus, ResearchRequest

SECRET = "arn:aws:s3:::bucket is not yours, 123456789012"  # what callers must not see


def refusal(code: str, status: int, **answer: object) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": SECRET},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **answer,
    }
    return ClientError(response, "Operation")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (refusal("ThrottlingException", 400), Unavailable),
        (refusal("TooManyRequestsException", 429), Unavailable),
        (refusal("Unheard", 503), Unavailable),
        (refusal("ModelError", 424, OriginalStatusCode=500), Unavailable),
        (refusal("ModelError", 424, OriginalStatusCode=400), Misconfigured),
        (refusal("AccessDeniedException", 403), Misconfigured),
        (refusal("ValidationException", 400), Misconfigured),
        (refusal("ResourceNotFoundException", 400), Misconfigured),
        (ConnectTimeoutError(endpoint_url="http://x"), Unavailable),
        (ReadTimeoutError(endpoint_url="http://x"), Unavailable),
        (EndpointConnectionError(endpoint_url="http://x"), Unavailable),
        (NoCredentialsError(), Misconfigured),
    ],
)
def test_each_error_becomes_one_of_ours(error: Exception, ours: type[AlexError]) -> None:
    with pytest.raises(AlexError) as raised, translated("The table"):
        raise error
    assert type(raised.value) is ours
    assert raised.value.__cause__ is error
    assert raised.value.detail.startswith(("The table", "The role of this function"))
    assert SECRET not in raised.value.detail


def test_bugs_stay_bugs() -> None:
    with pytest.raises(ZeroDivisionError), translated("The table"):
        _ = 1 / 0


def test_the_cost_of_a_job_is_written_as_a_metric() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    job = Job("one", ResearchRequest("tin"), at, at, JobStatus.SUCCEEDED, cost={"usd": 0.25})
    with redirect_stdout(io.StringIO()) as out:
        record_cost("alex-dev", job)
    line = json.loads(out.getvalue())
    [directive] = line["_aws"]["CloudWatchMetrics"]
    assert directive == {
        "Namespace": "Alex",
        "Dimensions": [["Stack"]],
        "Metrics": [{"Name": "ResearchCost"}],
    }
    assert (line["Stack"], line["ResearchCost"]) == ("alex-dev", 0.25)
    assert line["_aws"]["Timestamp"] == int(at.timestamp() * 1000)
