"""What `alex ingest` reads, and what it says about what it cannot."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.errors import InvalidInput
from alex.knowledge.documents import Submission
from researcher.sources import files
from researcher.sources.files import Item, LoadedItem, UnreadableItem


def only(path: Path) -> Item:
    (item,) = files.read_file(path)
    return item


def submission(path: Path) -> Submission:
    item = only(path)
    assert isinstance(item, LoadedItem), item
    return item.submission


def test_a_corpus_line_becomes_a_document_with_everything_it_says(tmp_path: Path) -> None:
    record = {
        "id": "a1",
        "title": "Q3 call",
        "text": "Sales rose.",
        "source": "https://example.com/call",
        "published": "2021-10-27",
        "tickers": ["BSX"],
        "kind": "call",
        "metadata": {"year": 2021, "quarter": "Q3", "audited": False, "speaker": {"name": "Mike"}},
    }
    path = tmp_path / "corpus.jsonl"
    path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    found = submission(path)
    assert (found.id, found.title, found.text) == ("a1", "Q3 call", "Sales rose.")
    assert found.attributes.source == "https://example.com/call"
    assert found.attributes.published == date(2021, 10, 27)
    assert found.attributes.tickers == ("BSX",)
    assert found.attributes.kind == "call"
    assert found.attributes.metadata == {
        "year": 2021,
        "quarter": "Q3",
        "audited": False,
        "speaker.name": "Mike",
    }


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": ', "not JSON"),
        ('["text"]', "Must be a JSON object"),
        ('{"title": "no text"}', "text: Required"),
        ('{"text": "  "}', "text: Must not be blank"),
        ('{"text": 5}', "text: "),
        ('{"text": "a", "body": "b"}', "body: Unknown field"),
        ('{"text": "a", "published": "yesterday"}', "published: Must be"),
        ('{"text": "a", "tickers": "TSLA"}', "tickers: "),
        ('{"text": "a", "metadata": {"tags": ["x"]}}', "metadata.tags: "),
        ('{"text": "a", "metadata": {"share": NaN}}', "metadata.share: "),
        ('{"text": "a", "metadata": 3}', "metadata: "),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_told_by_its_number_and_the_rest_goes_on(
    tmp_path: Path, line: str, reason: str
) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text(f'{{"text": "first"}}\n\n{line}\n{{"text": "last"}}', encoding="utf-8")
    first, bad, last = files.read_file(path)
    assert isinstance(first, LoadedItem)
    assert isinstance(last, LoadedItem)
    assert last.submission.text == "last"
    assert isinstance(bad, UnreadableItem)
    assert bad.where == f"{path}:3"
    assert reason in bad.reason


def test_a_line_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_bytes(b'{"text": "caf\xe9"}\n{"text": "tea"}\n')
    bad, good = files.read_file(path)
    assert isinstance(bad, UnreadableItem)
    assert bad.reason == "The line is not UTF-8."
    assert isinstance(good, LoadedItem)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_and_corpora_are_read_in_every_unicode_encoding(tmp_path: Path, encoding: str) -> None:
    note = tmp_path / "note.txt"
    note.write_text("Umsätze stiegen um 4 % 株式", encoding=encoding)
    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text('{"text": "Umsätze"}\n{"text": "株式"}\n', encoding=encoding)
    assert submission(note).text == "Umsätze stiegen um 4 % 株式"
    texts = [i.submission.text for i in files.read_file(corpus) if isinstance(i, LoadedItem)]
    assert texts == ["Umsätze", "株式"]


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("cp1252", "Le bénéfice a été élevé, grâce à la qualité des réseaux. " * 3),
        ("cp1252", "Revenue rose 4% in “growth” markets; Europe fell by € 3 million. " * 3),
        ("shift_jis", "売上高は前年比で4%増加しました。" * 3),
        ("cp1251", "Выручка выросла на четыре процента в этом году. " * 3),
    ],
)
def test_an_old_text_is_read(tmp_path: Path, encoding: str, words: str) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(words.encode(encoding))
    assert submission(path).text == words


@pytest.mark.parametrize("data", [b"\x00\x01\x02\x03binary", b"\xff\xfe\x00", b"  \n"])
def test_what_holds_no_text_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "thing.txt"
    path.write_bytes(data)
    item = only(path)
    assert isinstance(item, UnreadableItem)
    assert item.where == str(path)
    assert item.reason.endswith(".")


def test_a_file_is_known_by_its_place_and_named_by_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "note.md"
    path.write_text("intro\n# The heading\n# Another\n", encoding="utf-8")
    found = submission(path)
    assert found.title == "The heading"
    assert found.id is None
    assert found.attributes.source == path.resolve().as_uri()


def test_a_page_is_read_as_text_with_its_title(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(
        "<title>Results</title><main><h1>Results</h1><p>Revenue was $4 million.</p></main>",
        encoding="utf-8",
    )
    found = submission(path)
    assert found.title == "Results"
    assert "Revenue was $4 million." in found.text
    assert "<p>" not in found.text


def test_a_broken_pdf_is_told(tmp_path: Path) -> None:
    path = tmp_path / "broken.pdf"
    path.write_bytes(b"%PDF-1.7\nnothing more")
    assert isinstance(only(path), UnreadableItem)


def test_folders_are_read_whole_in_order_without_hidden_or_other_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.md", "deep/er/c.jsonl", ".hidden/d.txt", ".e.txt", "f.png"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    found = [path.relative_to(tmp_path).as_posix() for path in files.find_files([tmp_path])]
    assert found == ["a.md", "b.txt", "deep/er/c.jsonl"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("x", encoding="utf-8")
    assert files.find_files([path, tmp_path]) == [path]


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no file or folder"):
        files.find_files([tmp_path / "missing"])


def test_a_named_file_of_another_kind_is_told(tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG")
    item = only(path)
    assert isinstance(item, UnreadableItem)
    assert ".jsonl" in item.reason


READABLE = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])).map("T{}".format)


@given(st.lists(READABLE, max_size=5))
def test_every_text_of_a_corpus_comes_back_as_it_was(texts: list[str]) -> None:
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in texts]
    items = [files.line("corpus", line.encode()) for line in lines]
    assert [i.submission.text for i in items if isinstance(i, LoadedItem)] == texts


@given(st.binary(max_size=200))
def test_decoding_gives_text_or_a_reason(data: bytes) -> None:
    try:
        text = files.decode(data)
    except InvalidInput as error:
        text = error.detail
    assert "\0" not in text
