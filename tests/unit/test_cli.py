"""The command line itself: help everywhere, quick, and words fit for a terminal."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from alex import __version__
from alex.errors import AlexError, Conflict, InvalidInput, Misconfigured, NotFound, Unavailable
from laptop.commands.research import private_addresses
from laptop.console import ExitCode, error_message, exit_code, printable
from laptop.main import app, run
from laptop.options import pairs
from laptop.rendering import SNIPPET, snippet

HEAVY = (
    "agents",
    "boto3",
    "botocore",
    "onnxruntime",
    "playwright",
    "alex.api",
    "trafilatura",
    "uvicorn",
    "numpy",
    "requests",
)


def commands(group: object, path: str = "alex") -> Iterator[tuple[str, object]]:
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, f"{path} {name}")


ALL = dict(commands(typer.main.get_command(app)))


def test_the_commands_are_these() -> None:
    assert set(ALL) == {
        "alex",
        "alex demo",
        "alex serve",
        "alex ingest",
        "alex search",
        "alex documents",
        "alex documents list",
        "alex documents show",
        "alex documents export",
        "alex documents delete",
        "alex research",
        "alex jobs",
        "alex jobs list",
        "alex jobs show",
        "alex jobs cancel",
        "alex jobs resume",
        "alex openapi",
        "alex rehearse",
        "alex verify",
    }


@pytest.mark.parametrize("path", ALL)
def test_everything_has_help(path: str) -> None:
    command = ALL[path]
    assert getattr(command, "help", "")
    unexplained = [p.name for p in getattr(command, "params", ()) if not getattr(p, "help", "")]
    assert unexplained == []


def test_every_command_with_a_result_speaks_json_and_knows_its_folder() -> None:
    for path, command in ALL.items():
        if not hasattr(command, "commands") and path != "alex openapi":
            options = {option for p in getattr(command, "params", ()) for option in p.opts}
            kept_here = set() if path == "alex rehearse" else {"--data-dir"}
            assert {"--json", *kept_here} <= options, path


def test_outside_a_checkout_there_is_nothing_to_rehearse() -> None:
    code = (
        "import sys; sys.modules['rehearsal'] = None; "  # what an installed package lacks
        "from laptop.main import run; sys.exit(run(['rehearse']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == ExitCode.USAGE
    assert "in a checkout" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "args", [["--help"], ["search", "--help"], ["demo", "--help"], ["rehearse", "--help"]]
)
def test_help_loads_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from laptop.main import run; code = run(sys.argv[2:]); "
        "print('loaded:', *(set(sys.argv[1].split(',')) & set(sys.modules))); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, ",".join(HEAVY), *args],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].strip() == "loaded:"


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == ExitCode.OK
    assert capsys.readouterr().out == f"alex {__version__}\n"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInput.of("query", "must not be blank"), ExitCode.USAGE),
        (Misconfigured("ALEX_MODEL is missing."), ExitCode.USAGE),
        (NotFound("No document."), ExitCode.FAILED),
        (Conflict("It has ended."), ExitCode.FAILED),
        (Unavailable("It is down.", retry_after=7), ExitCode.FAILED),
        (AlexError("It failed."), ExitCode.FAILED),
    ],
)
def test_an_error_has_a_code_and_one_line(error: AlexError, code: ExitCode) -> None:
    assert exit_code(error) is code
    assert error.detail in error_message(error)
    assert "\n" not in error_message(error)


def test_an_unavailable_service_says_when_to_come_back() -> None:
    assert "7 seconds" in error_message(Unavailable("It is down.", retry_after=7))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("year=2021", 2021),
        ("share=0.5", 0.5),
        ("audited=true", True),
        ('year="2021"', "2021"),
        ("quarter=Q3", "Q3"),
        ("formula=a=b", "a=b"),
        ("empty=", ""),
    ],
)
def test_metadata_options_mean_what_json_means(given: str, meant: object) -> None:
    [value] = pairs([given]).values()
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    ("url", "allowed", "private"),
    [
        ("http://127.0.0.1:8765/x", "", ["127.0.0.1:8765"]),
        ("http://localhost:8765", "", ["127.0.0.1:8765"]),
        ("http://127.0.0.1:8765/x", "10.0.0.1:80,127.0.0.1:8765", []),
        ("http://127.0.0.1:8765/x", " 127.0.0.1:8765 , 10.0.0.1:80", []),
        ("https://10.1.2.3/", "", ["10.1.2.3:443"]),
        ("http://[::1]/", "", ["[::1]:80"]),
        ("https://www.example.com/", "", []),
        ("https://8.8.8.8/", "", []),
        ("http://127.0.0.1:99999/", "", []),
        ("no url", "", []),
    ],
)
def test_private_addresses_are_told_before_they_are_refused(
    url: str, allowed: str, private: list[str]
) -> None:
    assert private_addresses([url], allowed) == private


@given(st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    clean = printable(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in clean)
    assert not any(0x7F <= ord(c) <= 0x9F for c in clean)
    assert printable(clean) == clean


@given(st.text(), st.text(max_size=20))
def test_a_snippet_is_short_and_of_one_line(text: str, query: str) -> None:
    shown = snippet(text, query).plain
    assert len(shown) <= SNIPPET + 4
    assert "\n" not in shown


def test_a_snippet_shows_the_words_asked_for() -> None:
    text = "nothing here. " * 100 + "The order backlog was $361.7 million. " + "nor here. " * 100
    assert "order backlog was $361.7 million" in snippet(text, "order backlog").plain


def test_a_snippet_has_no_marks_of_markdown() -> None:
    text = "## Results\n\n- Revenue rose.\n\n| Year | Sales |\n| --- | ---: |\n| 2026 | 5 |"
    assert snippet(text, "sales").plain == "Results Revenue rose. Year · Sales 2026 · 5"
