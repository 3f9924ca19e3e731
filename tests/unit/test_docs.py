"""What the pages say is so: commands, options, variables, paths, routes, and the file tree."""

import re
from collections.abc import Iterator

import pytest
import typer

from alex import __version__
from alex.api import routes
from laptop.console import ExitCode
from laptop.main import app
from researcher.sources.files import READERS
from tests.support.guides import PAGES
from tests.support.tree import BEGIN, END, PAGE, ROOT, tree

README = PAGES["README.md"]
REFERENCE = PAGES["guides/reference.md"]
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
ENV_EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
CODE = [p for name in ("functions", "researcher", "laptop") for p in (ROOT / name).rglob("*.py")]
LINE = re.compile(r"(?:^|`|\$ |&& |uv run |\.env )alex ([a-z-][^`\n|]*)", re.MULTILINE)


def commands(group: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, (*path, name))


COMMANDS = dict(commands(typer.main.get_command(app)))


def options(command: object) -> set[str]:
    params = getattr(command, "params", ())
    found = {option for param in params for option in param.opts if option.startswith("-")}
    return found | {"--help"}


def told() -> Iterator[tuple[str, tuple[str, ...], set[str]]]:
    """Every `alex …` in the pages: where, which command, which options."""
    for page, text in PAGES.items():
        for line in LINE.findall(text):
            words = line.split()
            path: tuple[str, ...] = ()
            while words and (*path, words[0]) in COMMANDS:
                path = (*path, words.pop(0))
            if path and getattr(COMMANDS[path], "commands", None):
                assert not words, f"{page}: alex {line}: no such command"
            yield f"{page}: alex {line}", path, {w for w in words if re.match(r"--?[a-z]", w)}


def test_every_command_and_option_told_exists() -> None:
    found = list(told())
    assert len(found) > 15
    for where, path, given in found:
        assert path or given, f"{where}: no such command"
        assert given <= options(COMMANDS[path]), where


@pytest.mark.parametrize("path", [path for path in COMMANDS if path])
def test_every_command_is_told(path: tuple[str, ...]) -> None:
    assert re.search(rf"`alex {path[0]}\b", REFERENCE)
    assert re.search(rf"\b{path[-1]}\b", REFERENCE)


def test_every_option_is_told() -> None:
    for path, command in COMMANDS.items():
        for option in options(command) - {"-h", "-n", "--help"}:
            told = rf"`(?:[a-z ]+ )?{re.escape(option)}(?: [A-Z]+)?`"
            assert re.search(told, REFERENCE), (path, option)


def test_every_variable_read_is_explained_and_no_other() -> None:
    named = re.compile(r"\bALEX_[A-Z_]+[A-Z]\b")
    read = {name for path in CODE for name in named.findall(path.read_text(encoding="utf-8"))}
    explained = set(named.findall(ENV_EXAMPLE))
    assert read == explained
    pages = {name for text in PAGES.values() for name in named.findall(text)}
    assert pages <= explained
    for_people, _, for_functions = ENV_EXAMPLE.partition("--- In Lambda ---")
    assert for_functions
    assert set(named.findall(for_people)) == set(named.findall(REFERENCE))


def test_readme_is_short() -> None:
    assert len(README) < 12_000


def test_the_test_commands_are_those_of_ci() -> None:
    in_ci = [line for line in CI.splitlines() if line.startswith("uv run pytest")]
    assert in_ci == [line for line in README.splitlines() if line.startswith("uv run pytest")]
    assert "uv run pytest" in in_ci


def test_every_check_of_ci_is_told_to_contributors() -> None:
    checks = re.findall(r"^uv run .+", CI, re.MULTILINE)
    assert len(checks) > 3
    for check in checks:
        assert check in PAGES["CONTRIBUTING.md"].splitlines(), check


def test_every_route_is_told_and_no_other() -> None:
    told = set(re.findall(r"`((?:GET|POST|DELETE) /[^`?]*)`", REFERENCE))
    assert told == {f"{route.method} {route.path}" for route in routes.ROUTES}


def test_every_address_of_the_examples_is_a_route() -> None:
    told = re.findall(r"http://127\.0\.0\.1:8000(/[^\s\"?]*)", "".join(PAGES.values()))
    assert told
    for path in told:
        assert any(route.path == path for route in routes.ROUTES), path


@pytest.mark.parametrize("page", PAGES)
def test_every_path_told_exists(page: str) -> None:
    text = PAGES[page]
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    quoted = re.findall(
        r"`((?:functions|researcher|laptop|tests|events|guides|benchmarks)/[^`\s*]*)`", text
    )
    for path in [*linked, *quoted]:
        assert ((ROOT / page).parent / path).exists() or (ROOT / path).exists(), path


def test_the_exit_codes_are_these() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", REFERENCE, re.MULTILINE)}
    assert told == {int(code) for code in ExitCode}


def test_every_kind_of_file_that_can_be_read_is_told() -> None:
    told = re.search(r"`alex ingest PATH…` \| ([^|]*)", REFERENCE)
    assert told
    kinds = set(re.findall(r"`(\.\w+)`", told[1]))
    assert kinds == set(READERS) - {".htm"}


def test_the_version_is_in_the_changelog() -> None:
    assert f"## {__version__}" in PAGES["CHANGELOG.md"]


def test_no_settings_file_is_kept() -> None:
    assert all(line.startswith("#") or not line.strip() for line in ENV_EXAMPLE.splitlines())


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout")
def test_the_file_tree_is_the_files() -> None:
    shown = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert shown == tree(), "run: uv run python -m tests.support.tree"


def test_every_picture_asks_no_server() -> None:
    for picture in (ROOT / "guides" / "images").glob("*.svg"):
        text = picture.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href|url)\W{1,3}https?:", text), picture


def test_code_blocks_say_their_language() -> None:
    for page, text in PAGES.items():
        opening = re.findall(r"^```(.*)$", text, re.MULTILINE)[::2]
        assert all(opening), page
