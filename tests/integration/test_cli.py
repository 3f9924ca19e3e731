"""The commands over a real knowledge base, on this machine and through the API."""

import io
import json
import sys
from pathlib import Path

import pytest

from laptop.console import ExitCode
from tests.support.command import Alex, Ended, command
from tests.support.local_api import local_services, serving

NOTE = "# Cash\n\nLarkspur held $284.6 million of cash on September 30, 2026.\n"
CALL = {
    "id": "call-1",
    "title": "Larkspur Q3 2026 earnings call",
    "text": "Orders for field sensors grew faster than revenue, our chief executive said.",
    "published": "2026-10-30",
    "tickers": ["LKSP"],
    "kind": "call",
    "metadata": {"year": 2026, "quarter": "Q3"},
}
OTHER = {"id": "call-2", "text": "Demand for pumps fell in the spring.", "metadata": {"year": 2025}}


@pytest.fixture
def alex(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Alex:
    return command(tmp_path / "data", capsys, monkeypatch)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "cash.md").write_text(NOTE, encoding="utf-8")
    (folder / "calls.jsonl").write_text(
        json.dumps(CALL) + "\n" + json.dumps(OTHER) + "\n", encoding="utf-8"
    )
    return folder


def outcomes(ended: Ended) -> dict[str, int]:
    return {n: ended.json[n] for n in ("created", "replaced", "unchanged", "failed")}


def test_what_is_ingested_is_found_shown_and_forgotten(alex: Alex, papers: Path) -> None:
    assert alex("ingest", papers).out == "3 documents: 3 created.\n"

    found = alex("search", "how much cash is there", "--json")
    assert found.code == ExitCode.OK
    best = found.json["results"][0]
    assert best["title"] == "Cash"
    assert best["source"] == (papers / "cash.md").resolve().as_uri()

    shown = alex("documents", "show", best["document_id"], "--text")
    assert shown.out == NOTE + "\n"
    assert "$284.6 million" in alex("documents", "show", best["document_id"]).out

    assert alex("documents", "delete", best["document_id"]).code == ExitCode.OK
    assert alex("documents", "show", best["document_id"]).code == ExitCode.FAILED
    listed = alex("documents", "list", "--json").json["documents"]
    assert {document["document_id"] for document in listed} == {"call-1", "call-2"}


def test_the_same_again_changes_nothing_and_new_words_replace(alex: Alex, papers: Path) -> None:
    alex("ingest", papers)
    again = outcomes(alex("ingest", papers, "--json"))
    assert again == {"created": 0, "replaced": 0, "unchanged": 3, "failed": 0}

    (papers / "cash.md").write_text(NOTE.replace("284.6", "300.1"), encoding="utf-8")
    changed = outcomes(alex("ingest", papers, "--json"))
    assert changed == {"created": 0, "replaced": 1, "unchanged": 2, "failed": 0}
    assert len(alex("documents", "list", "--json").json["documents"]) == 3


def test_what_cannot_be_read_is_told_and_the_rest_comes_in(alex: Alex, papers: Path) -> None:
    with (papers / "calls.jsonl").open("a", encoding="utf-8") as file:
        file.write("{broken\n")
    (papers / "empty.txt").write_text("  ", encoding="utf-8")
    ended = alex("ingest", papers, "--json")
    assert ended.code == ExitCode.FAILED
    assert outcomes(ended) == {"created": 3, "replaced": 0, "unchanged": 0, "failed": 2}
    told = alex("ingest", papers)
    assert "calls.jsonl:3: The line is not JSON" in told.err
    assert "empty.txt" in told.err
    assert told.out == "3 documents: 3 unchanged, 2 failed.\n"


def test_options_describe_what_says_nothing_itself(alex: Alex, papers: Path) -> None:
    alex("ingest", papers, "--kind", "note", "--ticker", "lksp")
    kinds = {
        document["document_id"]: (document["kind"], document["tickers"])
        for document in alex("documents", "list", "--json").json["documents"]
    }
    assert kinds["call-1"] == ("call", ["LKSP"])
    assert kinds["call-2"] == ("note", ["LKSP"])


def test_a_text_can_be_piped_in(
    alex: Alex, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(NOTE.encode())))
    ended = alex("ingest", "-", "--json")
    assert outcomes(ended)["created"] == 1
    [document] = alex("documents", "list", "--json").json["documents"]
    assert (document["title"], document["source"]) == ("Cash", None)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--ticker", "LKSP"], {"call-1"}),
        (["--kind", "call"], {"call-1"}),
        (["--metadata", "year=2025"], {"call-2"}),
        (["--metadata", 'year="2025"'], set()),
        (["--metadata", "year=2026", "--metadata", "quarter=Q3"], {"call-1"}),
        (["--since", "2026-10-01", "--dated-only"], {"call-1"}),
        (["--until", "2026-10-01", "--dated-only"], set()),
        (["--until", "2026-10-01", "--source", "nowhere"], set()),
    ],
)
def test_search_filters(alex: Alex, papers: Path, options: list[str], expected: set[str]) -> None:
    alex("ingest", papers / "calls.jsonl")
    results = alex("search", "demand and orders", *options, "--json").json["results"]
    assert {result["document_id"] for result in results} == expected


def test_results_are_drawn_with_date_source_and_place(alex: Alex, papers: Path) -> None:
    alex("ingest", papers)
    drawn = alex("search", "orders for sensors and cash").out
    assert "Larkspur Q3 2026 earnings call" in drawn
    assert "2026-10-30 · call · LKSP" in drawn
    assert "undated" in drawn
    assert "file:" in drawn
    assert "characters 0 to" in drawn


def test_pages_of_a_listing_follow_one_another(alex: Alex, papers: Path) -> None:
    alex("ingest", papers)
    first = alex("documents", "list", "--limit", "2", "--json").json
    rest = alex("documents", "list", "--limit", "2", "--cursor", first["cursor"], "--json").json
    assert rest["cursor"] is None
    ids = [d["document_id"] for page in (first, rest) for d in page["documents"]]
    assert len(ids) == len(set(ids)) == 3


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["search", " "], ExitCode.USAGE, "query"),
        (["search", "x", "--metadata", "y"], ExitCode.USAGE, "key=value"),
        (["search", "x", "--since", "2026-02-02", "--until", "2026-01-01"], 2, "since"),
        (["search", "x", "-k", "0"], ExitCode.USAGE, "-k"),
        (["search", "x", "--since", "soon"], ExitCode.USAGE, "--since"),
        (["documents", "show", "nothing"], ExitCode.FAILED, "No document"),
        (["documents", "delete", "nothing"], ExitCode.FAILED, "No document"),
        (["documents", "list", "--cursor", "mine"], ExitCode.USAGE, "cursor"),
        (["jobs", "show", "nothing"], ExitCode.FAILED, "No research job"),
        (["jobs", "cancel", "nothing"], ExitCode.FAILED, "No research job"),
        (["ingest", "nowhere"], ExitCode.USAGE, "no file or folder nowhere"),
        (["ingest"], ExitCode.USAGE, "PATH"),
        (["ingest", ".", "--ticker", "!"], ExitCode.USAGE, "ticker, such as"),
        (["ingest", ".", "--kind", "k" * 65], ExitCode.USAGE, "kind"),
        (["research", "x", "--url", "example.com"], ExitCode.USAGE, "http or https URL"),
        (["research"], ExitCode.USAGE, "topic"),
        (["fly"], ExitCode.USAGE, "fly"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(
    alex: Alex, args: list[str], code: int, words: str
) -> None:
    ended = alex(*args)
    assert ended.code == code
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("minutes", ["often", "-3"])
def test_a_wrong_setting_is_named(
    alex: Alex, monkeypatch: pytest.MonkeyPatch, minutes: str
) -> None:
    monkeypatch.setenv("ALEX_WATCH_MINUTES", minutes)
    ended = alex("documents", "list")
    assert ended.code == ExitCode.USAGE
    assert "ALEX_WATCH_MINUTES" in ended.err


def test_a_folder_that_cannot_be_used_is_named_with_the_reason(alex: Alex, papers: Path) -> None:
    ended = alex("documents", "list", "--data-dir", papers / "cash.md")
    assert ended.code == ExitCode.USAGE
    assert "cash.md cannot be used: " in ended.err
    assert "--data-dir" in ended.err


def test_research_left_to_others_waits_and_can_be_cancelled(alex: Alex) -> None:
    job = alex("research", "the sensor market", "--detach", "--json").json
    assert job["status"] == "queued"
    assert [item["job_id"] for item in alex("jobs", "list", "--json").json["jobs"]] == [
        job["job_id"]
    ]
    assert "the sensor market" in alex("jobs", "list").out
    assert "queued" in alex("jobs", "show", job["job_id"]).out
    assert alex("jobs", "cancel", job["job_id"], "--json").json["status"] == "cancelled"
    again = alex("jobs", "cancel", job["job_id"])
    assert again.code == ExitCode.FAILED
    assert "already ended: cancelled. Look at its present state before" in again.err
    resumed = alex("jobs", "resume", job["job_id"])
    assert (resumed.code, resumed.err) == (ExitCode.STOPPED, "The research was cancelled.\n")


def test_no_listing_cuts_an_id_on_a_narrow_terminal(
    alex: Alex, papers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    alex("ingest", papers / "cash.md")
    job = alex("research", "the sensor market", "--detach", "--json").json
    assert job["job_id"] in alex("jobs", "list").out
    [document] = alex("documents", "list", "--json").json["documents"]
    assert document["document_id"] in alex("documents", "list").out


def test_a_job_whose_run_died_is_resumed(alex: Alex, papers: Path, tmp_path: Path) -> None:
    alex("ingest", papers)
    job = alex("research", "Larkspur cash on September 30, 2026", "--detach", "--json").json
    with local_services(tmp_path / "data") as services:
        assert services.research.start(job["job_id"])  # its run begins
        services.research.release(job["job_id"])  # and dies
    resumed = alex("jobs", "resume", job["job_id"], "--json")
    assert (resumed.code, resumed.json["status"]) == (ExitCode.OK, "succeeded")
    assert "$284.6 million" in resumed.json["report"]
    again = alex("jobs", "resume", job["job_id"], "--json")  # it has ended: shown, not run
    assert again.json == resumed.json


def test_a_service_gives_the_answers_this_machine_gives(
    alex: Alex, papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def everything() -> list[object]:
        came_in = alex("ingest", papers, "--json").json
        again = alex("ingest", papers, "--json").json
        found = alex("search", "orders for sensors", "--json").json
        filtered = alex("search", "orders", "--ticker", "LKSP", "--metadata", "year=2026", "--json")
        listed = alex("documents", "list", "--json").json["documents"]
        shown = alex("documents", "show", "call-1", "--json").json
        job = alex("research", "sensors", "--ticker", "LKSP", "--detach", "--json").json
        cancelled = alex("jobs", "cancel", job["job_id"], "--json").json
        gone = alex("documents", "delete", "call-2", "--json").json
        refused = [
            (ended.code, ended.err.splitlines()[-1])
            for ended in (
                alex("documents", "show", "call-2"),
                alex("search", " "),
                alex("research", "--url", "not a url"),
            )
        ]
        moments = {"ingested", "updated", "created", "job_id", "links", "at"}
        kept = [
            {name: value for name, value in item.items() if name not in moments}
            for item in (*listed, shown, job, cancelled)
        ]
        return [came_in, again, found, filtered.json, kept, gone, refused]

    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")  # the service shares our stdout
    here = everything()
    with local_services(tmp_path / "there") as services, serving(services) as client:
        monkeypatch.setenv("ALEX_API_ENDPOINT", client.url)
        monkeypatch.setenv("ALEX_API_KEY", str(client.session.headers["x-api-key"]))
        there = everything()
    assert there == here


def test_a_wrong_key_is_told(alex: Alex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with local_services(tmp_path / "there") as services, serving(services) as client:
        monkeypatch.setenv("ALEX_API_ENDPOINT", client.url)
        monkeypatch.setenv("ALEX_API_KEY", "guessed")
        ended = alex("search", "cash")
    assert ended.code == ExitCode.USAGE
    assert "ALEX_API_KEY" in ended.err
