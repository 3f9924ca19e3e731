"""What the guides say of the stack: parameters, outputs, resources, and the rights to deploy it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alex.research.jobs import Budget
from tests.support.guides import GUIDES
from tests.support.template import template
from tests.support.tree import ROOT

POLICIES = sorted((ROOT / "guides").glob("deploy-policy-*.json"))
IAM_LIMIT = 6144
"""Characters of a managed policy, white space not counted."""

NAMED = re.compile(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)+|Provider|Model|Watchlist|Api|Failures)`")
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*)(?: and others)? \| ([^|]+) \|", re.MULTILINE)

AWS_WORDS = {"AccessDenied", "ResourceLimitExceeded"}
"""Names that are AWS's own."""

CODE_WORDS = {"KnowledgeBase", "Settings", "Arn"}
"""Names of the code, and of what AWS prints."""

MAKING = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "PutMetricAlarm", "DeleteAlarms"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "PutDashboard", "DeleteDashboards"),
    "AWS::IAM::Policy": ("iam", "PutRolePolicy", "DeleteRolePolicy"),
    "AWS::S3::BucketPolicy": ("s3", "PutBucketPolicy", "DeleteBucketPolicy"),
    "AWS::SQS::QueuePolicy": ("sqs", "SetQueueAttributes", "SetQueueAttributes"),
    "AWS::Serverless::Api": ("apigateway", "POST", "DELETE"),
    "AWS::Serverless::Function": ("lambda", "CreateFunction", "DeleteFunction"),
}
"""Actions that do not follow from the resource's kind."""

NO_RESOURCE_OF_ITS_OWN = {"Custom::FullTextSearch"}


def known() -> set[str]:
    parts = ("Parameters", "Outputs", "Resources", "Mappings")
    return {name for part in parts for name in template()[part]} | AWS_WORDS | CODE_WORDS


def test_every_parameter_output_and_resource_told_exists() -> None:
    told = {(page, name) for page, text in GUIDES.items() for name in NAMED.findall(text)}
    assert len(told) > 20
    assert [(page, name) for page, name in sorted(told) if name not in known()] == []


def test_every_output_is_told() -> None:
    text = "".join(GUIDES.values())
    assert [name for name in template()["Outputs"] if name not in text] == []


def test_every_parameter_is_told() -> None:
    text = "".join(GUIDES.values())
    told = set(re.findall(r"\b[A-Z]\w+\b", text))
    assert set(template()["Parameters"]) - told == set()


def rows() -> Iterator[tuple[str, str]]:
    """Parameters with the default that a table shows; words stand for nothing here."""
    for text in GUIDES.values():
        for names, defaults in ROW.findall(text):
            parameters, values = re.findall(r"`(\w+)`", names), defaults.strip().split(", ")
            if len(parameters) == len(values):
                yield from zip(parameters, values, strict=True)


def test_every_number_shown_as_a_default_is_the_default() -> None:
    shown = {name: value for name, value in rows() if re.fullmatch(r"\d+|[A-Z]+", value)}
    assert len(shown) > 5
    parameters = template()["Parameters"]
    assert shown == {name: str(parameters[name]["Default"]) for name in shown}


def test_numbers_told_in_words_are_the_templates() -> None:
    told = " ".join(" ".join(GUIDES.values()).split())
    parameters, shared = template()["Parameters"], template()["Globals"]["Function"]
    patience = shared["Environment"]["Variables"]["ALEX_PATIENCE_SECONDS"]
    researcher = template()["Resources"]["ResearcherFunction"]["Properties"]
    longer = researcher["Environment"]["Variables"]["ALEX_PATIENCE_SECONDS"]
    minutes, gigabytes = researcher["Timeout"] // 60, researcher["MemorySize"] // 1024
    for words in (
        f"{parameters['QuotaPerDay']['Default']:,} a day",
        f"{parameters['ThrottleRate']['Default']} requests a second",
        f"{parameters['ThrottleBurst']['Default']} at once",
        f"the function waits {patience} seconds",
        f"A run waits {longer} seconds for it",
        f"disappear after {parameters['JobRetentionDays']['Default']} days",
        f"kept for {parameters['LogRetentionDays']['Default']} days",
        f"`EmbeddingConcurrency`, {parameters['EmbeddingConcurrency']['Default']} by default",
        f"up to {minutes} minutes of a function with {gigabytes} GB",
        f"`usd`, {Budget().usd:.2f} unless you say",
        f"`turns`, {Budget().turns})",
        f"`pages` ({Budget().pages})",
        f"`bytes` of pages ({Budget().bytes // 10**6} million)",
        f"`seconds` ({Budget().seconds}, at most 840)",
    ):
        assert words in told, words
    assert parameters["ResearchRate"]["Default"] == "rate(2 hours)"
    runs = 24 // 2
    assert f"Every two hours is up to {runs} runs a day" in told
    assert f"capped at {Budget().usd:.2f} dollars a run and so at {runs * Budget().usd:.0f}" in told


def statements() -> list[dict[str, Any]]:
    return [s for path in POLICIES for s in json.loads(path.read_text("utf-8"))["Statement"]]


def actions() -> set[str]:
    return {action for statement in statements() for action in statement["Action"]}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_fits_into_iam_and_is_told(path: Path) -> None:
    assert len("".join(path.read_text("utf-8").split())) <= IAM_LIMIT
    assert path.name in GUIDES["guides/1_permissions.md"]


def test_no_right_is_for_everything() -> None:
    for statement in statements():
        # Actions that know no resources are together in one statement.
        assert (statement["Resource"] == "*") == (statement["Sid"] == "ActionsWithoutResources")
        for action in statement["Action"]:
            assert re.fullmatch(r"[a-z0-9-]+:[A-Za-z]+\*?", action), action
            assert not action.endswith(":*"), action
            if "*" in action:
                assert re.search(r":(Get|Describe)\*$", action), action
    assert len({statement["Sid"] for statement in statements()}) == len(statements())


def test_each_kind_of_resource_may_be_made_and_removed() -> None:
    for kind in sorted({resource["Type"] for resource in template()["Resources"].values()}):
        if kind in NO_RESOURCE_OF_ITS_OWN:
            continue
        prefix, making, removing = MAKING.get(kind) or usual(kind)
        assert {f"{prefix}:{making}", f"{prefix}:{removing}"} <= actions(), kind


def usual(kind: str) -> tuple[str, str, str]:
    _, service, noun = kind.split("::")
    return service.lower(), f"Create{noun}", f"Delete{noun}"


def test_stacks_that_the_rights_fit_begin_as_the_guide_says() -> None:
    names = re.findall(r'stack_name = "([\w-]+)"', (ROOT / "samconfig.toml").read_text("utf-8"))
    assert len(names) == 2
    assert all(name.startswith("alex-") for name in names)
