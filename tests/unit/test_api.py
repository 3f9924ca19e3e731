"""Requests are checked strictly, and each bad field is named."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alex.api.documents import DocumentsQuery
from alex.api.ingest import BatchBody, DocumentBody
from alex.api.requests import QueryModel, RequestModel, parse, parse_query
from alex.api.research import ResearchBody
from alex.api.search import SearchBody, SearchQuery
from alex.errors import InvalidInput, TooLarge
from alex.knowledge.documents import Filter, Submission
from alex.knowledge.submissions import MAX_TEXT
from alex.research.jobs import Budget


def bad_fields(model: type[RequestModel], data: object) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse(model, data)
    return [error.field for error in refused.value.errors]


def test_the_original_documents_and_questions_still_work() -> None:
    document = parse(DocumentBody, {"text": "Hello.", "metadata": {"source": "web", "n": 1}})
    assert document.submission().text == "Hello."
    assert document.submission().attributes.metadata == {"source": "web", "n": 1}
    assert parse(SearchBody, {"query": "hello", "k": 3}).k == 3


def test_a_whole_document_becomes_a_submission() -> None:
    submission = parse(
        DocumentBody,
        {
            "id": "hle-q3",
            "text": "Revenue rose.",
            "title": "Q3",
            "source": "https://example.com/q3",
            "published": "2025-10-28T23:30:00-05:00",
            "tickers": ["hle", "HLE", "brk.b"],
            "kind": "10-Q",
            "metadata": {"audited": False, "pages": 12, "share": 0.5},
        },
    ).submission()
    assert (submission.id, submission.title) == ("hle-q3", "Q3")
    attributes = submission.attributes
    assert attributes.published == date(2025, 10, 28)
    assert attributes.tickers == ("HLE", "BRK.B")
    assert attributes.metadata == {"audited": False, "pages": 12, "share": 0.5}


@pytest.mark.parametrize("field", ["title", "source", "kind"])
def test_blank_descriptions_count_as_missing(field: str) -> None:
    assert parse(DocumentBody, {"text": "x", field: "  "}).submission() == Submission("x")


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, ["text"]),
        ({"text": ""}, ["text"]),
        ({"text": " \n\t\u00a0\u200b\ufeff"}, ["text"]),
        ({"text": 5}, ["text"]),
        ({"text": None}, ["text"]),
        ({"text": ["x"]}, ["text"]),
        ({"text": "a\x00b"}, ["text"]),
        ({"text": "a\ud800b"}, ["text"]),
        ({"text": "x", "id": " "}, ["id"]),
        ({"text": "x", "id": 7}, ["id"]),
        ({"text": "x", "txt": 1, "Kind": 2}, ["txt", "Kind"]),
        ({"text": "x", "published": "2025-02-30"}, ["published"]),
        ({"text": "x", "published": "yesterday"}, ["published"]),
        ({"text": "x", "published": 1735689600}, ["published"]),
        ({"text": "x", "tickers": "AAPL"}, ["tickers"]),
        ({"text": "x", "tickers": ["AAPL", "A PL"]}, ["tickers.1"]),
        ({"text": "x", "metadata": []}, ["metadata"]),
        ({"text": "x", "metadata": {"a": None}}, ["metadata.a"]),
        ({"text": "x", "metadata": {"a": {"b": 1}, "c": [1]}}, ["metadata.a", "metadata.c"]),
        ({"text": "x", "metadata": {"a": 2**53 + 1}}, ["metadata.a"]),
        ({"text": "x", "metadata": {"": 1}}, ["metadata"]),
        ({"text": "x", "kind": "a\x1bb"}, ["kind"]),
        ([], ["body"]),
        ("text", ["body"]),
        (None, ["body"]),
    ],
)
def test_bad_documents(data: object, fields: list[str]) -> None:
    assert bad_fields(DocumentBody, data) == fields


def test_only_lengths_beyond_their_limit_are_too_large() -> None:
    with pytest.raises(TooLarge) as refused:
        parse(DocumentBody, {"text": "x" * (MAX_TEXT + 1)})
    assert [error.field for error in refused.value.errors] == ["text"]
    with pytest.raises(TooLarge):
        parse(BatchBody, {"documents": [{}] * 101})
    with pytest.raises(InvalidInput) as both:
        parse(DocumentBody, {"text": "x" * (MAX_TEXT + 1), "nope": 1})
    assert not isinstance(both.value, TooLarge)


def test_text_keeps_the_white_space_of_pages() -> None:
    text = "Table\tof\x0ccontents\r\n\x0bnext"
    assert parse(DocumentBody, {"text": text}).text == text


def fate(model: type[RequestModel], data: object) -> InvalidInput | None:
    try:
        parse(model, data)
    except InvalidInput as error:
        return error
    return None


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
@pytest.mark.parametrize("model", [DocumentBody, SearchBody, ResearchBody, BatchBody])
def test_any_json_is_taken_or_refused_with_named_fields(
    model: type[RequestModel], data: st.DataObject
) -> None:
    names = st.sampled_from([*model.model_fields, "unknown"])
    refused = fate(model, data.draw(st.dictionaries(names, values)))
    assert refused is None or refused.errors
    if refused is not None:
        roots = {error.field.split(".")[0] for error in refused.errors}
        assert roots <= {*model.model_fields, "unknown"}


@given(st.text(min_size=1), st.text(min_size=1))
def test_refusals_do_not_repeat_values(name: str, secret: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse(
            DocumentBody,
            {"text": ["<" + secret + ">"], "metadata": {"a": {"b": "<" + secret + ">"}}},
        )
    assert "<" + secret + ">" not in refused.value.detail


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, ["query"]),
        ({"query": " "}, ["query"]),
        ({"query": "a\x07"}, ["query"]),
        ({"query": "x", "k": 0}, ["k"]),
        ({"query": "x", "k": 101}, ["k"]),
        ({"query": "x", "k": "5"}, ["k"]),
        ({"query": "x", "k": 2.5}, ["k"]),
        ({"query": "x", "k": True}, ["k"]),
        ({"query": "x", "group": "page"}, ["group"]),
        ({"query": "x", "filters": {"since": "soon"}}, ["filters.since"]),
        ({"query": "x", "filters": {"ticker": "A"}}, ["filters.ticker"]),
        ({"query": "x", "filters": {"undated": "no"}}, ["filters.undated"]),
        ({"query": "x", "filters": None}, ["filters"]),
        (
            {"query": "x", "filters": {"since": "2025-02-01", "until": "2025-01-01"}},
            ["filters.since"],
        ),
    ],
)
def test_bad_questions(data: object, fields: list[str]) -> None:
    assert bad_fields(SearchBody, data) == fields


@pytest.mark.parametrize(
    ("data", "fields"),
    [
        ({}, ["topic"]),
        ({"topic": "", "tickers": []}, ["topic"]),
        ({"tickers": []}, ["topic"]),
        ({"urls": ["ftp://example.com"]}, ["urls.0"]),
        ({"urls": ["https://example.com/a b"]}, ["urls.0"]),
        ({"topic": "x", "budget": {"usd": -1}}, ["budget.usd"]),
        ({"topic": "x", "budget": {"usd": float("nan")}}, ["budget.usd"]),
        ({"topic": "x", "budget": {"pages": 0, "seconds": 5}}, ["budget.pages", "budget.seconds"]),
        ({"topic": "x", "budget": {"time": 5}}, ["budget.time"]),
    ],
)
def test_bad_research(data: object, fields: list[str]) -> None:
    assert bad_fields(ResearchBody, data) == fields


def test_research_asks_for_what_was_written() -> None:
    request = parse(
        ResearchBody,
        {"tickers": ["hle", "hle"], "urls": ["https://example.com/"], "budget": {"usd": 1}},
    ).request()
    assert request.tickers == ("HLE",)
    assert request.urls == ("https://example.com/",)
    assert request.budget == Budget(usd=1.0)


def test_a_question_in_a_url_is_the_same_question() -> None:
    asked = {
        "q": ["wind farms"],
        "k": ["7"],
        "tickers": ["hle", "AAPL"],
        "since": ["2025-01-01"],
        "undated": ["false"],
        "group": ["passage"],
    }
    body = parse_query(SearchQuery, asked).body()
    assert (body.query, body.k, body.group) == ("wind farms", 7, "passage")
    expected = Filter(tickers=("HLE", "AAPL"), since=date(2025, 1, 1), undated=False)
    assert body.filters.where() == expected


@pytest.mark.parametrize(
    ("model", "asked", "fields"),
    [
        (SearchQuery, {}, ["q"]),
        (SearchQuery, {"q": ["a", "b"]}, ["q"]),
        (SearchQuery, {"q": ["a"], "k": ["many"]}, ["k"]),
        (SearchQuery, {"q": ["a"], "query": ["b"]}, ["query"]),
        (SearchQuery, {"q": ["a"], "since": ["2025-13-01"]}, ["since"]),
        (DocumentsQuery, {"limit": ["0"]}, ["limit"]),
        (DocumentsQuery, {"limit": ["101"]}, ["limit"]),
        (DocumentsQuery, {"cursor": ["a\x00"]}, ["cursor"]),
        (DocumentsQuery, {"ticker": ["not one"]}, ["ticker"]),
    ],
)
def test_bad_query_strings(
    model: type[QueryModel], asked: dict[str, list[str]], fields: list[str]
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_query(model, asked)
    assert [error.field for error in refused.value.errors] == fields
