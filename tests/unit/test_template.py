"""What the template promises beyond being valid: least privilege, no secrets, data that stays."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from alex.api.routes import ROUTES
from alex.aws.metrics import COST, NAMESPACE
from alex.aws.sagemaker import SageMakerEmbedder
from alex.aws.table import INDEX
from alex.aws.vector_records import TEXT_KEY
from alex.knowledge.submissions import MAX_ID
from alex.settings import Settings
from tests.support.template import Node, properties, resources, template

FUNCTIONS = resources("AWS::Serverless::Function")

NOT_DEPLOYED = {
    "ALEX_ALLOW_HOSTS",
    "ALEX_DATA_DIR",
    "ALEX_MODEL_API_KEY",
    "ALEX_SEC_DATA_URL",
    "ALEX_SEC_WEB_URL",
    "ALEX_WATCH_MINUTES",
}
"""Settings for a laptop and for tests."""

DATA = ("Table", "TextBucket", "TextBucketOverTlsOnly", "VectorBucket", "VectorIndex")


class Recording(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as in dict
        self.asked.add(name)
        return super().get(name, default)


def variables(function: str) -> dict[str, Node]:
    """A function's environment as SAM merges it."""
    own: dict[str, Node] = properties(function).get("Environment", {}).get("Variables", {})
    ignored = FUNCTIONS[function].get("IgnoreGlobals", [])
    shared: dict[str, Node] = template()["Globals"]["Function"]["Environment"]["Variables"]
    return own if "Environment" in ignored else shared | own


def settings_variables() -> set[str]:
    """What `Settings.from_env` reads on AWS."""
    needed = ("STACK", "TABLE", "BUCKET", "VECTOR_INDEX", "EMBEDDING_ENDPOINT")
    env = Recording({"ALEX_BACKEND": "aws"} | {f"ALEX_{name}": "x" for name in needed})
    Settings.from_env(env)
    return {name for name in env.asked if name.startswith("ALEX_")}


def statements() -> Iterator[tuple[str, Node]]:
    """Every statement that allows something, with the resource it stands in."""
    for name, function in FUNCTIONS.items():
        for policy in function["Properties"].get("Policies", []):
            yield from ((name, statement) for statement in policy["Statement"])
    for name, policy in resources("AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield name, statement
    for name, role in resources("AWS::IAM::Role").items():
        for policy in role["Properties"]["Policies"]:
            yield from ((name, one) for one in policy["PolicyDocument"]["Statement"])


def as_list(value: Node) -> list[Node]:
    return value if isinstance(value, list) else [value]


def test_every_variable_is_read_and_every_setting_is_set() -> None:
    given = {name for function in FUNCTIONS for name in variables(function)}
    assert {name for name in given if name.startswith("ALEX_")} == (
        settings_variables() - NOT_DEPLOYED
    )


@pytest.mark.parametrize("function", ["IngestFunction", "SearchFunction", "SchedulerFunction"])
def test_a_zip_function_has_all_it_needs_to_start(function: str) -> None:
    env = {name: str(value) for name, value in variables(function).items()}
    env |= {name: "1" for name in env if isinstance(variables(function)[name], dict)}
    env |= {"ALEX_TEXT_SEARCH": "index", "ALEX_PROVIDER": "offline"}
    stack = Settings.from_env(env).aws
    assert stack is not None
    assert stack.wait_seconds < 25


def test_a_run_outwaits_a_cold_endpoint() -> None:
    waking = 60  # seconds, at most, as the guides say
    assert int(variables("ResearcherFunction")["ALEX_PATIENCE_SECONDS"]) > waking


def test_no_statement_allows_everything() -> None:
    wild = {
        (name, statement["Sid"])
        for name, statement in statements()
        if "*" in as_list(statement["Resource"])
    }
    # Logging in to a registry is an action without resources.
    assert wild == {("EmbeddingRole", "LogInToTheRegistry")}
    for name, statement in statements():
        for action in as_list(statement["Action"]):
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+", action), f"{name}: {action}"


def test_a_model_in_another_region_is_reached_through_its_profile_only() -> None:
    found = [s for _, s in statements() if "bedrock:*::" in json.dumps(s["Resource"])]
    assert len(found) == 1
    assert "bedrock:InferenceProfileArn" in found[0]["Condition"]["StringEquals"]


def test_the_secret_is_named_never_held() -> None:
    for name, parameter in template()["Parameters"].items():
        assert "NoEcho" not in parameter, f"{name} would hold a secret"
    held = {value for f in FUNCTIONS for value in map(json.dumps, variables(f).values())}
    assert not any("resolve:" in value for value in held)


@pytest.mark.parametrize(
    ("function", "forbidden"),
    [
        ("SearchFunction", {"s3:PutObject", "s3vectors:PutVectors", "lambda:InvokeFunction"}),
        ("IngestFunction", {"s3vectors:QueryVectors", "s3:GetObject", "lambda:InvokeFunction"}),
        ("SchedulerFunction", {"sagemaker:InvokeEndpoint", "s3:GetObject", "s3:PutObject"}),
        ("FullTextFunction", {"s3vectors:PutVectors", "s3vectors:DeleteVectors"}),
    ],
)
def test_a_function_may_not_do_what_is_not_its_job(function: str, forbidden: set[str]) -> None:
    allowed = {
        action
        for name, statement in statements()
        for action in as_list(statement["Action"])
        if name == function
    }
    assert allowed
    assert not allowed & forbidden


def test_the_api_has_exactly_the_routes_of_the_code() -> None:
    function_of = {
        "ingest": "IngestFunction",
        "search": "SearchFunction",
        "researcher": "ResearcherFunction",
    }
    routed = {
        (event["Properties"]["Method"], event["Properties"]["Path"], name)
        for name, function in FUNCTIONS.items()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }
    assert routed == {(r.method, r.path, function_of[r.function]) for r in ROUTES}


def test_every_route_wants_the_key_and_preflights_do_not() -> None:
    auth = properties("Api")["Auth"]
    assert auth["ApiKeyRequired"] is True
    assert auth["AddApiKeyRequiredToCorsPreflight"] is False


def test_a_changed_parameter_reaches_the_stage() -> None:
    api = template()["Resources"]["Api"]["Properties"]
    named = json.dumps([api["Cors"], api["GatewayResponses"]])
    # SAM deploys the stage anew when the definition changes; a parameter's name in it does not.
    assert "${" not in named or api["AlwaysDeploy"] is True


def test_the_gateway_answers_with_problems_that_browsers_may_read() -> None:
    responses = properties("Api")["GatewayResponses"]
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "THROTTLED", "QUOTA_EXCEEDED"} <= responses.keys()
    for name, response in responses.items():
        headers = response["ResponseParameters"]["Headers"]
        assert headers["Content-Type"] == "'application/problem+json'", name
        assert "Access-Control-Allow-Origin" in headers, name
        filled = response["ResponseTemplates"]["application/json"].replace(
            "$context.error.messageString", '"why"'
        )
        problem = json.loads(filled)
        assert {"type", "title", "detail"} <= problem.keys(), name
        assert problem.get("status") == response.get("StatusCode"), name


def test_data_outlives_the_stack_and_says_how_to_remove_it() -> None:
    for name in DATA:
        resource = template()["Resources"][name]
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", name
        assert resource["UpdateReplacePolicy"] == "Retain", name
    removal = json.dumps(template()["Outputs"]["RemoveData"])
    for name in ("TextBucket", "Table", "VectorBucket", "VectorIndex"):
        assert f"${{{name}" in removal, name


def test_the_index_fits_the_embeddings_and_the_metadata() -> None:
    index = properties("VectorIndex")
    assert index["Dimension"] == SageMakerEmbedder.dimension
    assert index["DistanceMetric"] == "cosine"
    hidden = index["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    assert hidden == [TEXT_KEY, "record"]


def test_the_table_has_the_index_and_the_keys_that_adapters_use() -> None:
    table = properties("Table")
    [index] = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == INDEX
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["listing", "at"]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    # DynamoDB's limit for a sort key, which holds a time and an id of up to 4 bytes a character.
    assert 4 * MAX_ID + 120 < 1024


def test_the_cost_alarm_watches_the_metric_that_is_written() -> None:
    alarm = properties("CostAlarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == (NAMESPACE, COST)
    assert [d["Name"] for d in alarm["Dimensions"]] == ["Stack"]


def test_a_run_is_never_started_again_by_lambda() -> None:
    invocation = properties("ResearcherFunction")["EventInvokeConfig"]
    assert invocation["MaximumRetryAttempts"] == 0
    assert invocation["DestinationConfig"]["OnFailure"]["Type"] == "SQS"


def test_every_function_has_a_log_group_that_expires() -> None:
    groups = resources("AWS::Logs::LogGroup")
    for function in FUNCTIONS:
        group = properties(function)["LoggingConfig"]["LogGroup"]["Ref"]
        assert "RetentionInDays" in groups[group]["Properties"], function


def test_every_parameter_has_a_default_and_says_what_it_is() -> None:
    for name, parameter in template()["Parameters"].items():
        assert "Default" in parameter, name
        assert parameter["Description"].strip().endswith("."), name
    groups = template()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    listed = [name for group in groups for name in group["Parameters"]]
    assert sorted(listed) == sorted(template()["Parameters"])


def test_the_dashboard_is_json() -> None:
    body = properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(re.sub(r"\$\{[\w:.]+\}", "x", body))["widgets"]
    assert len(widgets) >= 6
