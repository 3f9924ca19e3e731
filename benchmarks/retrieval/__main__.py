"""Measure the product's search: `uv run python -m benchmarks.retrieval DIR… [--json]`.

Each DIR is a retrieval set (corpus.jsonl, queries.jsonl, qrels.tsv) or a folder of sets. Every
set is ingested into a fresh store by the product's own code, which takes a minute for some 2,000
passages; `--cache` keeps the stores for the next run. With `--api` one set goes into the empty
service that ALEX_API_ENDPOINT and ALEX_API_KEY name instead, and is searched there: a deployed
stack, or the one that `alex rehearse --keep` keeps.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import batched
from pathlib import Path

from alex.errors import AlexError, Misconfigured
from alex.knowledge import passages
from alex.knowledge.documents import Submission
from alex.local.database import Database
from alex.local.index import SqliteIndex
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire
from benchmarks.retrieval import methods, service
from benchmarks.retrieval.measures import evaluate
from benchmarks.retrieval.sets import RetrievalSet, find_sets, read_set
from laptop.remote import Endpoint, RemoteBackend

type Scores = dict[str, dict[str, float]]
"""Method, measure, value."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table or JSON on standard output, and progress on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.retrieval", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="a set, or its parent")
    parser.add_argument(
        "--json", action="store_true", help="print {set: {method: {metric: value}}}"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the embedded stores here")
    parser.add_argument("--api", action="store_true", help="measure a service, with one set")
    options = parser.parse_args(arguments)
    try:
        folders = find_sets(options.folders)
        scores = _measure_service(folders) if options.api else _measure(folders, options.cache)
    except (ValueError, Misconfigured, service.NotComparable) as error:
        parser.error(str(error))
    print(json.dumps(scores, indent=2) if options.json else table(scores))


def _measure(folders: Mapping[str, Path], cache: Path | None) -> dict[str, Scores]:
    """Every set in a store of its own."""
    with tempfile.TemporaryDirectory() as fresh:
        return {
            name: measure(read_set(name, folder), cache or Path(fresh))
            for name, folder in folders.items()
        }


def _measure_service(folders: Mapping[str, Path]) -> dict[str, Scores]:
    """One set in the service that the environment names.

    Raises:
        ValueError: more than one set.
        Misconfigured: no service is named.
        NotComparable: it is not empty.
    """
    if len(folders) != 1:
        raise ValueError(f"--api takes one set, for a service holds one; {len(folders)} are given.")
    endpoint = Endpoint.from_env(os.environ)
    if endpoint is None:
        raise Misconfigured("ALEX_API_ENDPOINT and ALEX_API_KEY must name the service.")
    [(name, folder)] = folders.items()
    retrieval_set, backend = read_set(name, folder), RemoteBackend(endpoint, note=_progress)
    service.fill(retrieval_set, backend, _progress)
    return {name: {"alex": _score(retrieval_set, "alex", service.search(backend))}}


def measure(retrieval_set: RetrievalSet, stores: Path) -> Scores:
    """Ingest the set into a store under `stores` and ask it every question in every way."""
    size = f"{passages.VERSION}-{passages.TARGET}-{passages.OVERLAP}"
    home = stores / f"{retrieval_set.name}-{retrieval_set.digest}-{size}"
    services = wire(Settings(backend="local", data_dir=home))
    with closing(services), closing(Database(home / "alex.db")) as database:
        _ingest(retrieval_set, services)
        index = SqliteIndex(database, services.embedder.dimension)
        ways: dict[str, methods.Method] = {
            "alex": methods.alex(services.search),
            "bm25": methods.bm25(index, services.embedder),
            "vectors": methods.vectors(index, services.embedder),
            "first-token": methods.FirstToken(retrieval_set.documents, home / "first-token.npy"),
        }
        return {name: _score(retrieval_set, name, way) for name, way in ways.items()}


def _ingest(retrieval_set: RetrievalSet, services: Services) -> None:
    """Through the product's own door; what a cached store already has is not embedded again."""
    done = 0
    for batch in batched(retrieval_set.documents, 20):
        submissions = [Submission(text=d.text, id=d.id, title=d.title) for d in batch]
        for fate in services.knowledge.ingest_many(submissions):
            if isinstance(fate, AlexError):
                raise fate
        done += len(batch)
        _progress(f"{retrieval_set.name}: {done} of {len(retrieval_set.documents)} documents")


def _score(retrieval_set: RetrievalSet, name: str, way: methods.Method) -> dict[str, float]:
    _progress(f"{retrieval_set.name}: {len(retrieval_set.questions)} questions to {name}")
    rankings = [way(question.text) for question in retrieval_set.questions]
    return evaluate(rankings, [question.relevant for question in retrieval_set.questions])


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def table(scores: Mapping[str, Scores]) -> str:
    """One line a set and method, and the methods' means over the sets."""
    mean: Scores = {
        way: {
            measure: sum(one[way][measure] for one in scores.values()) / len(scores)
            for measure in measures
        }
        for way, measures in next(iter(scores.values())).items()
    }
    measures = list(next(iter(mean.values())))
    width = max(map(len, [*scores, "mean"]))
    lines = [f"{'set':{width}}  {'method':11}  " + "  ".join(f"{m:>9}" for m in measures)]
    for name, ways in {**scores, "mean": mean}.items():
        for way, values in ways.items():
            cells = "  ".join(f"{values[m]:9.3f}" for m in measures)
            lines.append(f"{name:{width}}  {way:11}  {cells}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
