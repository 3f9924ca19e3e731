"""What README, CONTRIBUTING and the guides tell: their blocks of code, and the commands in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.support.tree import ROOT

_AT_THE_TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")

PAGES = {
    page.relative_to(ROOT).as_posix(): page.read_text("utf-8")
    for page in [*map(ROOT.joinpath, _AT_THE_TOP), *sorted((ROOT / "guides").glob("*.md"))]
}
GUIDES = {page: text for page, text in PAGES.items() if page.startswith("guides/")}

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BETWEEN = re.compile(r"[()|;&<>]+|=|\{|\}|\$|@|try|catch")


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes:
        after: the language of the block that follows it with nothing but space between, if any.
    """

    page: str
    line: int
    language: str
    text: str
    after: str | None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """One command of a block, however many lines it takes."""

    block: Block
    text: str

    @property
    def words(self) -> list[str]:
        """Split as a shell does; what PowerShell quotes is split alike."""
        return shlex.split(self.text)

    @property
    def parts(self) -> Iterator[list[str]]:
        """Its simple commands: between pipes, brackets, assignments and the like."""
        return _parts(self.text)


def _parts(text: str) -> Iterator[list[str]]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars="()|;&<>")
    lexer.whitespace_split, lexer.commenters = True, ""
    for between, words in groupby(lexer, key=lambda word: bool(_BETWEEN.fullmatch(word))):
        if not between:
            yield [*words]


def blocks(*languages: str) -> list[Block]:
    """Every block of these languages in any page."""
    return [block for page in PAGES for block in _blocks(page) if block.language in languages]


def _blocks(page: str) -> Iterator[Block]:
    text = PAGES[page]
    fences = list(_FENCE.finditer(text))
    for place, fence in enumerate(fences):
        following = fences[place + 1] if place + 1 < len(fences) else None
        adjacent = following and not text[fence.end() : following.start()].strip()
        yield Block(
            page=page,
            line=text.count("\n", 0, fence.start()) + 1,
            language=fence[1],
            text=fence[2],
            after=following[1] if following and adjacent else None,
        )


def commands(*languages: str) -> list[Command]:
    """Every command of the blocks of these languages."""
    return [command for block in blocks(*languages) for command in _commands(block)]


def _commands(block: Block) -> Iterator[Command]:
    """A line is a command, unless a quote or a backslash carries it on."""
    text = ""
    for line in filter(None, block.text.splitlines()):
        text = f"{text}\n{line}" if text else line
        if not _open(text):
            yield Command(block, text.replace("\\\n", " "))
            text = ""
    assert not text, f"{block.place}: a quote is never closed"


def _open(text: str) -> bool:
    if text.endswith("\\"):
        return True
    try:
        shlex.split(text)
    except ValueError:
        return True
    return False


def programs(*names: str) -> list[tuple[Block, list[str]]]:
    """Every simple command of one of these programs, in any shell: where, and its words."""
    return [
        (command.block, part)
        for command in commands("sh", "powershell")
        for part in command.parts
        if part[0] in names
    ]


def told_inline(program: str) -> list[tuple[str, list[str]]]:
    """Every command of a program that stands between backticks in running text."""
    return [
        (page, part)
        for page, text in PAGES.items()
        for code in re.findall(rf"`({program} [^`\n]+)`", _FENCE.sub("", text))
        for part in _parts(code)
        if part[0] == program
    ]
