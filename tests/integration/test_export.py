"""The demo's report as its reader takes it away: Markdown, a web page, a PDF."""

import io
import re
from pathlib import Path

import pytest
from pypdf import PdfReader

from alex.api.research import JobView
from laptop.backend import Backend
from laptop.console import ExitCode
from laptop.demo import Demo, run_demo
from tests.support.command import Alex, command
from tests.support.local_api import local_services, serving
from tests.support.needs import needs_browser


def to_its_end(backend: Backend, job: JobView) -> JobView:
    return list(backend.follow(job.job_id))[-1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Made once: a run takes seconds."""
    return run_demo(tmp_path_factory.mktemp("demo"), follow=to_its_end, note=lambda _: None)


@pytest.fixture
def alex(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Alex:
    monkeypatch.chdir(tmp_path)
    return command(Path(demo.folder), capsys, monkeypatch)


def figures(text: str) -> set[str]:
    return set(re.findall(r"\d[\d,]*\.\d+", text))


def test_markdown_is_the_text_as_it_is_stored(alex: Alex, demo: Demo, tmp_path: Path) -> None:
    ended = alex("documents", "export", demo.report.document_id)
    path = tmp_path / f"{demo.report.document_id}.md"
    assert ended.out == f"Wrote {path.name} ({path.stat().st_size:,} bytes).\n"
    assert path.read_text(encoding="utf-8").rstrip() == demo.report.text.rstrip()


def test_the_web_page_holds_every_figure(alex: Alex, demo: Demo) -> None:
    page = alex(
        "documents", "export", demo.report.document_id, "--format", "html", "--output", "-"
    ).out
    assert figures(page) >= figures(demo.report.text)
    assert 'href="#source-1"' in page
    if demo.evidence.via == "browser":  # plain HTTP does not see the quarters that a script draws
        assert "Backlog at end" in page
        assert page.count("<svg") == 2


@needs_browser
def test_the_pdf_holds_every_figure(alex: Alex, demo: Demo, tmp_path: Path) -> None:
    ended = alex(
        "documents", "export", demo.report.document_id, "--format", "pdf", "--output", "a.pdf"
    )
    assert ended.code == ExitCode.OK
    read = PdfReader(io.BytesIO((tmp_path / "a.pdf").read_bytes()))
    told = " ".join(page.extract_text() for page in read.pages)
    assert figures(told) >= figures(demo.report.text)
    assert "not financial advice" in told
    links = [
        note.get_object().get("/A", {}).get("/URI", "")
        for page in read.pages
        for note in page.get("/Annots", ())
    ]
    assert any("results.html" in str(link) for link in links)


def test_without_a_browser_a_pdf_is_refused_with_what_to_do(
    alex: Alex, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALEX_BROWSER", "")
    ended = alex("documents", "export", demo.report.document_id, "--format", "pdf")
    assert ended.code == ExitCode.USAGE
    assert "playwright install" in ended.err
    assert list(tmp_path.glob("*.pdf")) == []


def test_no_file_is_written_over_unasked(alex: Alex, demo: Demo, tmp_path: Path) -> None:
    there = tmp_path / "there.md"
    there.write_text("mine", encoding="utf-8")
    asked = ("documents", "export", demo.report.document_id, "--output", there)
    refused = alex(*asked)
    assert refused.code == ExitCode.USAGE
    assert "--force" in refused.err
    assert there.read_text(encoding="utf-8") == "mine"
    assert alex(*asked, "--force", "--json").json == {
        "document_id": demo.report.document_id,
        "format": "md",
        "path": str(there),
        "bytes": there.stat().st_size,
    }


@pytest.mark.parametrize(("name", "begins"), [("a.HTML", "<!doctype html>"), ("a.txt", "# ")])
def test_a_files_name_says_its_format_where_no_option_does(
    alex: Alex, demo: Demo, tmp_path: Path, name: str, begins: str
) -> None:
    asked = ("documents", "export", demo.report.document_id, "--output")
    assert alex(*asked, tmp_path / name).code == ExitCode.OK
    assert (tmp_path / name).read_text(encoding="utf-8").lower().startswith(begins)
    assert alex(*asked, tmp_path / "b.html", "--format", "md", "--json").json["format"] == "md"


def test_what_cannot_be_done_is_told(alex: Alex, demo: Demo, tmp_path: Path) -> None:
    unknown = alex("documents", "export", "nobody", "--output", "x.md")
    assert (unknown.code, (tmp_path / "x.md").exists()) == (ExitCode.FAILED, False)
    nowhere = alex(
        "documents", "export", demo.report.document_id, "--output", tmp_path / "no" / "x.md"
    )
    assert nowhere.code == ExitCode.FAILED
    assert "cannot be written" in nowhere.err
    folder = alex("documents", "export", demo.report.document_id, "--output", tmp_path, "--force")
    assert folder.code == ExitCode.USAGE
    assert "is a folder" in folder.err
    both = alex("documents", "export", demo.report.document_id, "--output", "-", "--json")
    assert both.code == ExitCode.USAGE


def test_a_service_gives_the_same_file(
    alex: Alex, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (
        "documents", "export", demo.report.document_id, "--format", "html", "--output", "-",
    )  # fmt: skip
    here = alex(*asked).out
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "WARNING")  # the service shares our stdout
    with local_services(Path(demo.folder)) as services, serving(services) as client:
        monkeypatch.setenv("ALEX_API_ENDPOINT", client.url)
        monkeypatch.setenv("ALEX_API_KEY", str(client.session.headers["x-api-key"]))
        there = alex(*asked).out
    assert there == here
