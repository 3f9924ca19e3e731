"""The file tree of CONTRIBUTING: `uv run python -m tests.support.tree` writes it anew.

A line a file, said in the file's own words: the first sentence of its docstring.
"""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- tree -->\n```text\n", "```\n<!-- /tree -->"

FOLDERS = {
    ".ci": "what continuous integration runs",
    "benchmarks": "measurements; each prints a table",
    "events": "one event for each trigger, for `sam local invoke` and the tests",
    "functions": "one deployment package for the zip functions",
    "functions/alex": "the core library",
    "functions/alex/aws": "the only place that imports boto3",
    "functions/alex/data": "data of the core: MiniLM's tokenizer",
    "functions/fulltext": "a helper of the deployment",
    "functions/ingest": "the function behind `/ingest`",
    "functions/scheduler": "the function behind the schedule",
    "functions/search": "the function behind `/search`, `/documents` and `/health`",
    "functions/alex/local": "the laptop edition's adapters",
    "guides": "steps to follow, and pictures",
    "laptop": "the whole system on one machine",
    "laptop/commands": "one file a command",
    "laptop/site": "the site that `alex demo` reads",
    "rehearsal": "the real template, deployed on a stand-in for AWS",
    "researcher": "the container image: agents, evidence, reports",
    "researcher/agents": "one agent a file: prompt and output",
    "researcher/llm/offline": "the model that needs no language model",
    "researcher/sources/web": "pages to text, behind an egress guard",
    "rehearsal/stand_in": "ministack, with S3 Vectors and SageMaker added",
    "tests": "unit, contract, integration, adversarial and e2e tests, and what they share",
}
FILES = {
    ".ci/run": "checks everything: format, lint, types, tests",
    ".env.example": "every variable, explained",
    "CHANGELOG.md": "what changed",
    "LICENSE": "MIT",
    "researcher/reports/page.css": "how an exported page looks: light, dark, printed",
    "pyproject.toml": "the project: dependencies of each part, and the tools' settings",
    "uv.lock": "the exact versions of everything",
    "template.yaml": "the whole AWS stack",
    "samconfig.toml": "defaults of `sam build` and `sam deploy`",
    "functions/requirements.txt": "what the zip functions carry; exported from uv.lock",
    "researcher/requirements.txt": "what the image carries; exported from uv.lock",
    "rehearsal/pyproject.toml": "the stand-in's own environment, apart from the project's",
    "rehearsal/uv.lock": "its exact versions",
    "researcher/sources/web/visible.js": "what the browser paints of a page",
    "researcher/Dockerfile": "builds the researcher's image",
}
WHOLE = ("tests", "events", "functions/alex/data", "laptop/site", "guides", "rehearsal/stand_in")
"""Folders that one line tells enough about."""

UNTOLD = (
    "README.md",
    "CONTRIBUTING.md",
    ".gitignore",
    ".python-version",
    ".dockerignore",
    "__init__.py",
    "py.typed",
)


def tree() -> str:
    """The tree of all files under version control, folder by folder."""
    lines: list[tuple[int, str, str]] = []
    seen: set[str] = set()
    for path in sorted(_told(), key=_place):
        parents = [p.as_posix() for p in reversed(Path(path).parents) if p != Path()]
        folders = [*parents, path.removesuffix("/")] if path.endswith("/") else parents
        for depth, folder in enumerate(folders):
            if folder not in seen:
                seen.add(folder)
                lines.append((depth, f"{Path(folder).name}/", _folder(folder)))
        if not path.endswith("/"):
            lines.append((len(parents), Path(path).name, _file(path)))
    width = max(2 * depth + len(name) for depth, name, _ in lines) + 2
    return "".join(
        f"{'  ' * depth + name:<{width}}{words}".rstrip() + "\n" for depth, name, words in lines
    )


def _told() -> Iterator[str]:
    """Paths worth a line: files, and `folder/` for those that one line tells enough about."""
    whole: set[str] = set()
    for path in _tracked():
        folder = next((name for name in WHOLE if path.startswith(f"{name}/")), None)
        if folder:
            whole.add(f"{folder}/")
        elif Path(path).name not in UNTOLD:
            yield path
    yield from whole


def _tracked() -> list[str]:
    done = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return [path for path in done.stdout.splitlines() if (ROOT / path).exists()]


def _place(path: str) -> tuple[tuple[bool, str], ...]:
    """Files before folders, each by name; a dot does not put a name first."""
    parts = path.split("/")
    return tuple((depth < len(parts) - 1, part.lstrip(".")) for depth, part in enumerate(parts))


def _folder(path: str) -> str:
    return FOLDERS.get(path) or _sentence(ROOT / path / "__init__.py")


def _file(path: str) -> str:
    return FILES.get(path) or _sentence(ROOT / path)


def _sentence(path: Path) -> str:
    """The first sentence of a module's docstring, or nothing."""
    if path.suffix != ".py" or not path.exists():
        return ""
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = said.partition("\n")[0]
    return first.removesuffix(".")


def main() -> None:
    """Put the present tree into CONTRIBUTING."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{tree()}{END}{after}", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
