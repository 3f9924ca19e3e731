"""template.yaml as data, with CloudFormation's short forms spelled out."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]

type Node = Any
"""What YAML holds; `!Ref X` is `{"Ref": "X"}`, `!GetAtt X.Y` is `{"Fn::GetAtt": ["X", "Y"]}`."""


class _Loader(yaml.SafeLoader):
    """Reads `!Name value` as `{"Fn::Name": value}`."""


def _short_form(loader: _Loader, tag: str, node: yaml.Node) -> Node:
    value: Node
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt":
        value = str(value).split(".", 1)
    return {tag if tag in {"Ref", "Condition"} else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


@cache
def template() -> Node:
    """The whole template."""
    # SafeLoader with constructors that make dicts, nothing else.
    return yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), _Loader)  # noqa: S506


def resources(kind: str) -> dict[str, Node]:
    """The template's resources of one type, by logical id."""
    found = template()["Resources"].items()
    return {name: resource for name, resource in found if resource["Type"] == kind}


def properties(name: str) -> Node:
    """The properties of a resource."""
    return template()["Resources"][name].get("Properties", {})
