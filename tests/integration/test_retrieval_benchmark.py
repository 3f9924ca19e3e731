"""The retrieval benchmark: its arithmetic, and a run on a small set."""

import json
import math
from pathlib import Path

import pytest

from benchmarks.retrieval.__main__ import main
from benchmarks.retrieval.measures import evaluate, ndcg, recall, reciprocal_rank
from benchmarks.retrieval.sets import find_sets, read_set
from tests.support.local_api import local_services, serving
from tests.support.needs import SHARED_DATA, needs_shared_data

METHODS = {"alex", "bm25", "vectors", "first-token"}
MEASURES = {"recall@1", "recall@5", "recall@10", "mrr@10", "ndcg@10"}

CORPUS = [
    ("d1", "Acme 2024 annual report", "Net sales of brakes rose 4% to $28.8 million."),
    ("d2", "Bolt 2024 annual report", "Net sales of lamps fell 3% to $11.2 million."),
    ("d3", "", "The weather was mild, and birds sang in the trees."),
]
QUERIES = [
    ("q1", "How did Acme's sales of brakes develop in FY2024?"),
    ("q2", "What did the singing animals do?"),
    ("q3", "Nobody answers this."),
]
JUDGEMENTS = [("q1", "d1", 1), ("q1", "d2", 0), ("q2", "d3", 1)]


def write_set(folder: Path) -> Path:
    folder.mkdir(parents=True)
    documents = [{"id": i, "title": t, "text": x, "metadata": {}} for i, t, x in CORPUS]
    (folder / "corpus.jsonl").write_text("\n".join(map(json.dumps, documents)), "utf-8")
    queries = [json.dumps({"id": i, "text": text}) for i, text in QUERIES]
    (folder / "queries.jsonl").write_text("\n".join(queries), "utf-8")
    lines = ["query-id\tcorpus-id\tscore", *("\t".join(map(str, row)) for row in JUDGEMENTS)]
    (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize(
    ("ranking", "relevant", "expected"),
    [
        ("abc", "a", (1.0, 1.0, 1.0)),
        ("abc", "b", (0.0, 1 / 2, 1 / math.log2(3))),
        ("abc", "x", (0.0, 0.0, 0.0)),
        ("", "a", (0.0, 0.0, 0.0)),
        ("axb", "ab", (1 / 2, 1.0, (1 + 1 / 2) / (1 + 1 / math.log2(3)))),
        ("xxxxxxxxxxa", "a", (0.0, 0.0, 0.0)),
    ],
)
def test_measures_by_hand(
    ranking: str, relevant: str, expected: tuple[float, float, float]
) -> None:
    measured = (
        recall(list(ranking), set(relevant), 1),
        reciprocal_rank(list(ranking), set(relevant), 10),
        ndcg(list(ranking), set(relevant), 10),
    )
    assert measured == pytest.approx(expected)


def test_the_best_ranking_of_many_relevant_documents_is_perfect() -> None:
    documents = [str(number) for number in range(20)]
    assert ndcg(documents, set(documents), 10) == pytest.approx(1)
    assert recall(documents, set(documents), 10) == 0.5


def test_measures_are_means_over_questions() -> None:
    means = evaluate([["a", "b"], ["a", "b"]], [{"a"}, {"b"}])
    assert means.keys() == MEASURES
    assert means["recall@1"] == 0.5
    assert means["mrr@10"] == 0.75
    assert means["ndcg@10"] == pytest.approx((1 + 1 / math.log2(3)) / 2)


def test_a_set_is_read_without_questions_that_nothing_answers(tmp_path: Path) -> None:
    read = read_set("tiny", write_set(tmp_path / "tiny"))
    assert [question.relevant for question in read.questions] == [{"d1"}, {"d3"}]
    assert [document.title for document in read.documents][-1] is None


def test_a_folder_of_sets_stands_for_the_sets_in_it(tmp_path: Path) -> None:
    one, two = write_set(tmp_path / "sets/one"), write_set(tmp_path / "sets/two")
    assert find_sets([tmp_path / "sets"]) == {"one": one, "two": two}
    assert find_sets([two]) == {"two": two}
    with pytest.raises(ValueError, match="both named one"):
        find_sets([one, write_set(tmp_path / "other/one")])


def test_a_small_set_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(write_set(tmp_path / "tiny")), "--cache", str(tmp_path / "cache")]
    main([*arguments, "--json"])
    fresh = capsys.readouterr()
    scores = json.loads(fresh.out)
    assert scores.keys() == {"tiny"}
    assert scores["tiny"].keys() == METHODS
    assert all(measures.keys() == MEASURES for measures in scores["tiny"].values())
    assert scores["tiny"]["alex"] == dict.fromkeys(MEASURES, 1.0)
    assert "tiny: 3 of 3 documents" in fresh.err

    main(arguments)
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["set", "method", *scores["tiny"]["alex"]]
    assert table[1].split() == ["tiny", "alex", *["1.000"] * 5]
    assert len(table) == 1 + 2 * len(METHODS)


def test_a_service_gives_the_same_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(write_set(tmp_path / "tiny"))
    main([folder, "--json"])
    here = json.loads(capsys.readouterr().out)["tiny"]["alex"]
    with local_services(tmp_path / "data") as services, serving(services) as client:
        monkeypatch.setenv("ALEX_API_ENDPOINT", client.url)
        monkeypatch.setenv("ALEX_API_KEY", client.key["x-api-key"])
        for _ in range(2):  # the second time it holds the set already
            main([folder, "--api", "--json"])
            assert json.loads(capsys.readouterr().out) == {"tiny": {"alex": here}}

        assert client("POST", "/ingest", json={"text": "Of another set."}).status_code == 201
        with pytest.raises(SystemExit):
            main([folder, "--api"])
        assert "holds 1 other documents" in capsys.readouterr().err


def test_a_service_takes_one_set_and_must_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ALEX_API_ENDPOINT", raising=False)
    one, two = str(write_set(tmp_path / "one")), str(write_set(tmp_path / "two"))
    for folders, said in (([one, two], "takes one set"), ([one], "ALEX_API_ENDPOINT")):
        with pytest.raises(SystemExit) as stopped:
            main([*folders, "--api"])
        assert stopped.value.code == 2
        assert said in capsys.readouterr().err


def test_a_folder_without_sets_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(tmp_path)])
    assert stopped.value.code == 2
    assert "has no corpus.jsonl" in capsys.readouterr().err


@pytest.mark.slow
@needs_shared_data
def test_search_finds_what_real_questions_ask_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On a part of a public set: few enough documents for a test, many enough to go wrong."""
    main([str(part_of(SHARED_DATA / "retrieval/contexts", tmp_path / "part", 60)), "--json"])
    [scores] = json.loads(capsys.readouterr().out).values()
    measured = {method: measures["ndcg@10"] for method, measures in scores.items()}
    assert measured["alex"] > 0.85
    assert measured["alex"] > measured["vectors"] > measured["first-token"]


def part_of(whole: Path, folder: Path, documents: int) -> Path:
    """The set's first documents, with the questions they answer."""
    folder.mkdir()
    corpus = (whole / "corpus.jsonl").read_text("utf-8").splitlines()[:documents]
    (folder / "corpus.jsonl").write_text("\n".join(corpus), "utf-8")
    (folder / "queries.jsonl").write_bytes((whole / "queries.jsonl").read_bytes())
    kept = {json.loads(line)["id"] for line in corpus}
    header, *rows = (whole / "qrels.tsv").read_text("utf-8").splitlines()
    rows = [row for row in rows if row.split("\t")[1] in kept]
    (folder / "qrels.tsv").write_text("\n".join([header, *rows]), "utf-8")
    return folder
