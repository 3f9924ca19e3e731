"""The pages themselves: links and their anchors, settings, and diagrams that can be drawn."""

import re
from collections import Counter
from itertools import pairwise

import pytest

from alex.research.jobs import JobStatus
from tests.support.guides import GUIDES, PAGES, Block, blocks
from tests.support.template import template
from tests.support.tree import ROOT

LINK = re.compile(r"\[[^]]+\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)

DIAGRAMS = blocks("mermaid")
LABEL = r"[\w ,./-]+"
NODE = rf"\w+(?:\[{LABEL}\]|\[\({LABEL}\)\])?"
FLOW = re.compile(rf"({NODE}) (?:-->|-\.->)(?:\|{LABEL}\|)? ({NODE})|\w+\[{LABEL}\]")
MESSAGE = re.compile(rf"(\w)(?:->>|-->>)(\w): {LABEL}")
PARTICIPANT = re.compile(rf"participant (\w) as {LABEL}")
OPENS, GOES_ON, ENDS = ("alt ", "opt ", "loop "), "else ", "end"
TRANSITION = re.compile(r"(\w+|\[\*\]) --> (\w+|\[\*\])")
RELATION = re.compile(r'([A-Z]+) (?:\|\||o\|)--(?:\|\||o\||\|\{) ([A-Z]+) : (?:\w+|"[\w ]+")')
ENTITY, FIELD = re.compile(r"([A-Z]+) \{"), re.compile(r"[a-z]+ [a-z_]+")


def anchors(page: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found: Counter[str] = Counter()
    names = set()
    for heading in HEADING.findall(FENCED.sub("", PAGES[page])):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        names.add(f"{name}-{found[name]}" if found[name] else name)
        found[name] += 1
    return names


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_its_anchor_to_a_heading(page: str) -> None:
    for path, anchor in LINK.findall(PAGES[page]):
        target = ((ROOT / page).parent / path).resolve() if path else ROOT / page
        assert target.exists(), path
        if anchor:
            assert anchor in anchors(target.relative_to(ROOT).as_posix()), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_one_title_and_headings_in_order(page: str) -> None:
    levels = [len(h) for h in re.findall(r"^(#+) ", FENCED.sub("", PAGES[page]), re.MULTILINE)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels))


@pytest.mark.parametrize("page", GUIDES)
def test_every_guide_is_reached_from_readme(page: str) -> None:
    assert f"({page})" in PAGES["README.md"]


@pytest.mark.parametrize("page", GUIDES)
def test_steps_are_numbered_from_one(page: str) -> None:
    steps = [int(n) for n in re.findall(r"^## (\d+)\. ", PAGES[page], re.MULTILINE)]
    assert steps == [*range(1, len(steps) + 1)]
    assert bool(steps) == bool(re.match(r"guides/\d", page))


def test_every_variable_that_is_set_is_known() -> None:
    explained = (ROOT / ".env.example").read_text("utf-8")
    for block in blocks("sh", "powershell"):
        for name in re.findall(r"\$env:(\w+)|export (\w+)=| (\w+)=eu-", block.text):
            variable = "".join(name)
            known = f"#{variable}=" in explained or variable in {"AWS_REGION", "AWS_DEFAULT_REGION"}
            assert known, f"{block.place}: {variable}"


def drawing(block: Block) -> tuple[str, list[str]]:
    kind, *lines = (line.strip() for line in block.text.strip().splitlines())
    return kind, lines


def test_there_is_a_diagram_of_each_kind() -> None:
    kinds = Counter(drawing(block)[0].split()[0] for block in DIAGRAMS)
    assert kinds == {"flowchart": 3, "sequenceDiagram": 2, "stateDiagram-v2": 1, "erDiagram": 1}


@pytest.mark.parametrize("block", DIAGRAMS, ids=lambda block: block.place)
def test_every_line_of_a_diagram_can_be_drawn(block: Block) -> None:
    kind, lines = drawing(block)
    if kind == "flowchart LR":
        assert [line for line in lines if not FLOW.fullmatch(line)] == []
    elif kind == "stateDiagram-v2":
        assert [line for line in lines if not TRANSITION.fullmatch(line)] == []
    elif kind == "sequenceDiagram":
        _sequence(lines)
    else:
        _entities(lines)


def _sequence(lines: list[str]) -> None:
    known, depth = set(), 0
    for line in lines:
        if participant := PARTICIPANT.fullmatch(line):
            known.add(participant[1])
        elif line.startswith(OPENS):
            depth += 1
        elif line == ENDS:
            depth -= 1
        elif not (line.startswith(GOES_ON) and depth):
            message = MESSAGE.fullmatch(line)
            assert message, line
            assert {message[1], message[2]} <= known, line
        assert depth >= 0, line
    assert depth == 0


def _entities(lines: list[str]) -> None:
    inside, related = False, set()
    for line in lines:
        if relation := RELATION.fullmatch(line):
            related |= {relation[1], relation[2]}
        elif entity := ENTITY.fullmatch(line):
            assert not inside, line
            assert entity[1] in related, line
            inside = True
        elif line == "}":
            assert inside
            inside = False
        else:
            assert inside, line
            assert FIELD.fullmatch(line), line
    assert not inside


def test_the_states_drawn_are_those_of_a_job() -> None:
    [block] = [block for block in DIAGRAMS if drawing(block)[0] == "stateDiagram-v2"]
    steps = {match.groups() for line in drawing(block)[1] if (match := TRANSITION.fullmatch(line))}
    assert {one for step in steps for one in step} - {"[*]"} == {s.value for s in JobStatus}
    assert {one for one, other in steps if other == "[*]"} == {
        s.value for s in JobStatus if s.final
    }


def test_the_functions_drawn_are_those_of_the_stack() -> None:
    drawn = {name for block in DIAGRAMS for name in re.findall(r"\[(\w+Function)\]", block.text)}
    functions = {
        name
        for name, resource in template()["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }
    # A helper of the deployment, which takes no part afterwards.
    assert drawn == functions - {"FullTextFunction"}
