"""Commands that the pages tell: programs, subcommands, options, and what they name exist."""

import re
from functools import cache
from importlib.util import find_spec

import jmespath
import pytest
from botocore import xform_name
from botocore.session import Session

from rehearsal.sam import PACKAGE
from tests.support.guides import blocks, commands, programs, told_inline
from tests.support.template import template
from tests.support.tree import ROOT

SAM = {
    ("build",): {"--cached", "--exclude", "--config-env", "--use-container"},
    ("deploy",): {"--guided", "--config-env", "--parameter-overrides", "--stack-name", "--region"},
    ("delete",): {"--stack-name", "--region", "--no-prompts"},
    ("validate",): {"--lint"},
    ("local", "invoke"): {"-e", "--event", "--env-vars", "--skip-pull-image"},
}
"""Of SAM 1.170's own help. SAM lives in an environment of its own, so it cannot be asked here."""

AWS_OWN = {
    ("configure",): set[str](),
    ("configure", "sso"): set[str](),
    ("s3", "cp"): set[str](),
    ("logs", "tail"): {"--since", "--follow"},
    ("s3vectors", "help"): set[str](),
}
"""Commands that the AWS CLI adds to what botocore's service models describe."""

AWS_ANY = {"--query", "--output", "--region"}

SHELLS = {
    "sh": {
        *("alias", "curl", "export", "read", "unset", "FUNCTION=$", "KEY_ID=$"),
        *("python3", "~/.venvs/uv/bin/uv", ".ci/run"),
    },
    "powershell": {
        "function",
        "Invoke-RestMethod",
        "ConvertTo-Json",
        "Out-File",
        "Remove-Variable",
    },
}
BOTH = {"aws", "git", "pip", "sam", "uv"}

SH_ONLY = re.compile(r"\$\w|\$\(|\\$|^export |^alias |^read |^unset |<<|^\w+=|-d '", re.MULTILINE)


def options(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}


@pytest.mark.parametrize("shell", SHELLS)
def test_every_program_is_known(shell: str) -> None:
    known = SHELLS[shell] | BOTH
    for command in commands(shell):
        first = next(command.parts)[0]
        assert first in known or re.match(r"\$(env:)?\w+", first), f"{command.block.place}: {first}"


def test_what_only_a_unix_shell_understands_has_a_twin_for_powershell() -> None:
    for block in blocks("sh"):
        if block.page.startswith("guides/") and SH_ONLY.search(block.text):
            assert block.after == "powershell", block.place


def test_what_both_shells_run_means_the_same_in_both() -> None:
    """PowerShell takes a bare comma, brace, bracket or leading @ for its own."""
    for block in blocks("sh"):
        if block.page.startswith("guides/") and block.after != "powershell":
            bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", block.text)
            assert not re.search(r"[,{}()`;&]|\s@", bare), block.place


def sam_commands() -> list[tuple[str, list[str]]]:
    fenced = [(block.place, words) for block, words in programs("sam")]
    return [*fenced, *told_inline("sam")]


def test_every_sam_command_and_option_exists() -> None:
    found = sam_commands()
    assert len(found) > 20
    for place, words in found:
        name = tuple(words[1:3]) if words[1] == "local" else (words[1],)
        assert name in SAM, f"{place}: sam {' '.join(name)}"
        assert options(words) <= SAM[name], place


def test_every_function_and_event_that_sam_is_given_exists() -> None:
    told = set()
    for place, words in sam_commands():
        if words[1:3] != ["local", "invoke"] or len(words) == 3:
            continue
        assert template()["Resources"][words[3]]["Type"] == "AWS::Serverless::Function", place
        event = words[words.index("-e") + 1]
        told.add(event)
        assert (ROOT / event).is_file(), place
    # The guide says why this one is not for a function on one's own machine.
    left_out = {"events/research.json"}
    assert told | left_out == {f"events/{path.name}" for path in (ROOT / "events").glob("*.json")}


def overrides() -> list[tuple[str, str, str]]:
    """Parameters that `sam deploy` is given: where, name, value."""
    found = []
    for place, words in sam_commands():
        if "--parameter-overrides" in words:
            for pair in words[words.index("--parameter-overrides") + 1 :]:
                name, _, value = pair.partition("=")
                found.append((place, name, value))
    return found


def test_every_parameter_given_exists_and_may_have_its_value() -> None:
    assert len(overrides()) > 10
    for place, name, value in overrides():
        assert name in template()["Parameters"], f"{place}: {name}"
        parameter = template()["Parameters"][name]
        quoted = re.fullmatch(r'"([^"]*)"|[^\s"]+', value)
        assert quoted, f"{place}: SAM takes {value} up to its first space"
        bare = value.strip('"')
        if "AllowedValues" in parameter:
            assert bare in map(str, parameter["AllowedValues"]), f"{place}: {name}={bare}"
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], bare), f"{place}: {name}={bare}"


def test_sam_is_the_one_that_is_rehearsed_with() -> None:
    told = {
        version
        for block in blocks("sh", "powershell")
        for version in re.findall(r"aws-sam-cli==([\d.*]+)", block.text)
    }
    assert told == {PACKAGE.partition("==")[2]}


@cache
def service(name: str) -> dict[str, set[str]]:
    """The commands of one of AWS's services, each with its options."""
    model = Session().get_service_model(name)
    found = {}
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        members = shape.members if shape else {}
        found[xform_name(operation, "-")] = {f"--{xform_name(member, '-')}" for member in members}
    return found


def aws_commands() -> list[tuple[str, list[str]]]:
    fenced = [(block.place, words) for block, words in programs("aws")]
    return [*fenced, *told_inline("aws")]


def test_every_aws_command_and_option_exists() -> None:
    found = aws_commands()
    assert len(found) > 15
    for place, words in found:
        own = next(
            (AWS_OWN[tuple(words[1:n])] for n in (3, 2) if tuple(words[1:n]) in AWS_OWN), None
        )
        if own is None:
            assert words[2] in service(words[1]), f"{place}: aws {words[1]} {words[2]}"
            own = service(words[1])[words[2]]
        assert options(words) <= own | AWS_ANY, place


def test_every_query_is_one_and_asks_for_what_the_stack_has() -> None:
    outputs, resources = template()["Outputs"], template()["Resources"]
    for place, words in aws_commands():
        if "--query" in words:
            query = words[words.index("--query") + 1]
            jmespath.compile(query)
            asked = re.search(r"OutputKey=='(\w+)'", query)
            assert asked is None or asked[1] in outputs, place
        if "--logical-resource-id" in words:
            assert words[words.index("--logical-resource-id") + 1] in resources, place
        if words[1:3] == ["logs", "tail"]:
            groups = [r["Properties"]["LogGroupName"]["Fn::Sub"] for r in log_groups()]
            assert words[3].replace("alex-dev", "${AWS::StackName}") in groups, place


def log_groups() -> list[dict[str, dict[str, dict[str, str]]]]:
    found = template()["Resources"].values()
    return [resource for resource in found if resource["Type"] == "AWS::Logs::LogGroup"]


def test_every_file_that_a_command_reads_exists() -> None:
    for place, words in aws_commands():
        for word in words:
            if word.startswith("file://"):
                assert (ROOT / word.removeprefix("file://")).is_file(), place


def test_every_module_that_is_run_exists() -> None:
    for block, words in programs("uv"):
        if words[1:4] == ["run", "python", "-m"]:
            assert find_spec(words[4]), block.place


def test_every_stack_is_the_one_of_samconfig() -> None:
    named = re.search(r'stack_name = "([\w-]+)"', (ROOT / "samconfig.toml").read_text("utf-8"))
    assert named
    for place, words in [*sam_commands(), *aws_commands()]:
        if "--stack-name" in words:
            assert words[words.index("--stack-name") + 1] == named[1], place
