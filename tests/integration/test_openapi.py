"""The running gateway does what its OpenAPI document says."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from alex.api import openapi
from alex.api.route import Route
from alex.api.routes import ROUTES
from alex.services import Services
from tests.support.local_api import Client, local_services, serving

CONFIG = SchemathesisConfig.from_dict(
    {
        # ASCII: of other characters the service judges more finely than a pattern can say.
        "generation": {"codec": "ascii", "allow-x00": False, "with-security-parameters": False},
        "checks": {
            # What is only too long is 413.
            "negative_data_rejection": {"expected-statuses": [400, 404, 405, 413]},
        },
        "operations": [
            {
                # Only a listing knows what is a cursor.
                "include-operation-id": ["listDocuments", "listJobs"],
                "checks": {"positive_data_acceptance": {"expected-statuses": [200, 400]}},
            },
            {
                # A bad document of a batch is refused by itself.
                "include-operation-id": "ingest",
                "checks": {"negative_data_rejection": {"expected-statuses": [207, 400, 413]}},
            },
        ],
    }
)


def in_order(asked: object) -> bool:
    """Whether `since` is not after `until`, which no schema can say."""
    if not isinstance(asked, dict):
        return True
    filters = asked.get("filters", asked)
    if not isinstance(filters, dict):
        return True
    since, until = filters.get("since"), filters.get("until")
    return not (isinstance(since, str) and isinstance(until, str) and since > until)


VALID = [(route, GenerationMode.POSITIVE) for route in ROUTES]
INVALID = [(route, GenerationMode.NEGATIVE) for route in ROUTES if route.bodies or route.query]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with local_services(tmp_path_factory.mktemp("openapi")) as services:
        yield services


@pytest.fixture(scope="module")
def api(services: Services) -> Iterator[Client]:
    with serving(services, timeout=120) as client:
        client("POST", "/ingest", json={"text": "Tides turn twice a day.", "id": "tides"})
        yield client


@pytest.fixture(scope="module")
def schema() -> BaseSchema:
    return schemathesis.openapi.from_dict(openapi.document(), config=CONFIG)


def test_the_document_is_valid_openapi(schema: BaseSchema) -> None:
    assert schema.specification.version.startswith("3.1")
    schema.validate()


@pytest.mark.parametrize(
    ("route", "mode"),
    [pytest.param(*case, id=f"{case[1].value}-{case[0].name}") for case in VALID + INVALID],
)
@given(data=st.data())
@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_each_route_does_as_described(
    route: Route,
    mode: GenerationMode,
    data: st.DataObject,
    schema: BaseSchema,
    api: Client,
) -> None:
    operation = schema[route.path][route.method]
    case = data.draw(operation.as_strategy(generation_mode=mode))
    assume(in_order(case.query or {}) and in_order(case.body))
    response = case.call_and_validate(base_url=api.url, headers=api.key)
    assert response.status_code != 403
