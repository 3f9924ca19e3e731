"""TextStore."""

import pytest

from alex.knowledge.ports import TextStore


def test_an_unknown_text_is_none(texts: TextStore) -> None:
    assert texts.get("documents/a/1.txt") is None


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "",
        "Zeilen\nund\ttabs\n",
        "Ünïcödé 日本 🙂 \u2028",
        "x" * 3_000_000,
        "é" * 1_000_000,
    ],
    ids=["plain", "empty", "lines", "unicode", "three-megabytes", "two-byte-characters"],
)
def test_a_text_comes_back_as_it_went_in(texts: TextStore, text: str) -> None:
    texts.put("documents/a/1.txt", text)
    assert texts.get("documents/a/1.txt") == text


def test_a_text_can_be_replaced(texts: TextStore) -> None:
    texts.put("evidence/1.json", "one")
    texts.put("evidence/1.json", "two")
    assert texts.get("evidence/1.json") == "two"


def test_keys_are_told_apart(texts: TextStore) -> None:
    keys = ["a", "A", "a/b", "a/b/c", "~a.txt", "a.b-c_d"]
    for key in keys:
        texts.put(key, f"text of {key}")
    assert [texts.get(key) for key in keys] == [f"text of {key}" for key in keys]


def test_a_deleted_text_is_gone_and_deleting_again_is_no_error(texts: TextStore) -> None:
    texts.put("a", "one")
    texts.put("b", "two")
    texts.delete("a")
    texts.delete("a")
    assert texts.get("a") is None
    assert texts.get("b") == "two"
