"""Retrieval sets: a corpus, questions, and which documents answer each."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CORPUS, QUERIES, JUDGEMENTS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """A document as the set has it."""

    id: str
    title: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question with the ids of the documents that answer it, at least one."""

    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """A set as it was read; `digest` names its corpus."""

    name: str
    documents: Sequence[CorpusDocument]
    questions: Sequence[Question]
    digest: str


def find_sets(folders: Sequence[Path]) -> dict[str, Path]:
    """Set folders by name; a folder may be a set or hold some.

    Raises:
        ValueError: a folder is neither, or two sets have one name.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        inside = [folder] if _is_set(folder) else sorted(filter(_is_set, folder.glob("*")))
        if not inside:
            raise ValueError(f"{folder} has no {CORPUS}, {QUERIES} and {JUDGEMENTS}.")
        for one in inside:
            name = one.resolve().name
            if found.setdefault(name, one) is not one:
                raise ValueError(f"{one} and {found[name]} are both named {name}.")
    return found


def read_set(name: str, folder: Path) -> RetrievalSet:
    """Read a set; questions that no document answers are left out, for no method can be right."""
    corpus = (folder / CORPUS).read_bytes()
    relevant = _judgements(folder / JUDGEMENTS)
    questions = [
        Question(row["text"], frozenset(relevant[row["id"]]))
        for row in _rows((folder / QUERIES).read_bytes())
        if row["id"] in relevant
    ]
    documents = [
        CorpusDocument(row["id"], row.get("title") or None, row["text"]) for row in _rows(corpus)
    ]
    return RetrievalSet(name, documents, questions, hashlib.sha256(corpus).hexdigest()[:16])


def _is_set(folder: Path) -> bool:
    return all((folder / name).is_file() for name in (CORPUS, QUERIES, JUDGEMENTS))


def _rows(content: bytes) -> Iterator[Mapping[str, str]]:
    return (json.loads(line) for line in content.splitlines() if line.strip())


def _judgements(path: Path) -> dict[str, set[str]]:
    """Relevant documents by question: those judged above zero. The first line is a header."""
    relevant: dict[str, set[str]] = {}
    for line in path.read_text("utf-8").splitlines()[1:]:
        if line.strip():
            question, document, score = line.split("\t")
            if float(score) > 0:
                relevant.setdefault(question, set()).add(document)
    return relevant
