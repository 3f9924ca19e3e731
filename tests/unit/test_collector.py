"""What may be read in a run: what was offered, exactly as it was offered."""

import asyncio
from collections.abc import Callable, Iterable

import pytest

from alex.errors import AlexError
from researcher.sources.collector import ReadRefused, SourceCollector, addresses_in
from researcher.sources.relevance import Ranker
from researcher.sources.source import CollectedSources
from researcher.sources.web.pages import Link, PageUnreadable, ReadFailure
from tests.support.pages import SITE, Pages
from tests.support.stores import WordEmbedder

START = f"{SITE}/results"
LINKED = "http://other.test/outlook?year=2026"
NOT_OFFERED = "exactly as they stand there"


def pages() -> Pages:
    texts = {START: "# Results\n\nRevenue rose.\n", LINKED: "# Outlook\n\nOrders rose.\n"}
    return Pages(texts, links={START: (Link(LINKED, "Outlook"),)})


def collector(
    reader: Pages,
    offered: Iterable[str] = (START,),
    collected: CollectedSources | None = None,
    *,
    pages: int = 5,
    note: Callable[[str], None] = lambda _: None,
) -> SourceCollector:
    return SourceCollector(
        reader,
        Ranker(WordEmbedder(), "results"),
        size=1_000_000,
        pages=pages,
        deadline=float("inf"),
        note=note,
        keep=lambda _: None,
        offered=offered,
        collected=collected,
    )


def test_start_pages_and_links_of_read_pages_are_read() -> None:
    async def main() -> None:
        tested = collector(reader)
        with pytest.raises(ReadRefused, match=NOT_OFFERED):
            await tested.read(LINKED)
        await tested.read(START)
        assert (await tested.read(LINKED)).title == "Outlook"

    reader = pages()
    asyncio.run(main())
    assert reader.asked == [START, LINKED]


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.test/?q=secret",
        f"{SITE}/results?q=secret",
        f"{SITE}/results/secret",
        f"{LINKED}&secret=1",
        "http://secret.other.test/outlook?year=2026",
        "http://user:secret@site.test/results",
        "HTTP://SITE.test/results",
        "",
    ],
)
def test_a_composed_address_is_refused_with_a_reason(url: str) -> None:
    async def main() -> None:
        tested = collector(reader)
        await tested.read(START)
        with pytest.raises(ReadRefused, match=NOT_OFFERED):
            await tested.read(url)
        assert tested.collected.unread == []

    reader = pages()
    asyncio.run(main())
    assert reader.asked == [START]


def test_nothing_a_model_adds_to_an_offered_address_reaches_the_page() -> None:
    async def main() -> None:
        tested = collector(reader)
        await tested.read(f"{START}#secret")
        await tested.read(f"{LINKED}///#secret")

    reader = pages()
    asyncio.run(main())
    assert reader.asked == [START, LINKED]


def test_what_a_tool_found_may_be_read() -> None:
    async def main() -> None:
        tested = collector(reader, offered=())
        with pytest.raises(ReadRefused, match=NOT_OFFERED):
            await tested.read(START)
        tested.offer([START])
        await tested.read(START)

    reader = pages()
    asyncio.run(main())
    assert reader.asked == [START]


def test_a_run_started_again_may_follow_the_links_it_had() -> None:
    async def main() -> None:
        first = collector(reader)
        await first.read(START)
        kept = CollectedSources.model_validate_json(first.collected.model_dump_json())
        await collector(reader, offered=(), collected=kept).read(LINKED)

    reader = pages()
    asyncio.run(main())
    assert reader.asked == [START, LINKED]


def test_what_was_tried_counts_on_when_a_run_is_started_again() -> None:
    missing = f"{SITE}/missing"

    async def main() -> CollectedSources:
        first = collector(reader, (missing, START), pages=1)
        first.add_unread(PageUnreadable("ticker:NIL", ReadFailure.NOT_LISTED, "No such company."))
        first.add_unread(PageUnreadable("ticker:NUL", ReadFailure.NOT_LISTED, "No such company."))
        with pytest.raises(PageUnreadable):
            await first.read(missing)
        kept = CollectedSources.model_validate_json(first.collected.model_dump_json())
        again = collector(reader, (missing, START, LINKED), kept, pages=1)
        await again.read(START)
        with pytest.raises(ReadRefused, match="budget of 1 pages is used up"):
            await again.read(LINKED)
        return again.collected

    reader = pages()
    collected = asyncio.run(main())
    assert reader.asked == [missing, START]
    assert [source.url for source in collected.sources] == [START]


def test_a_run_that_is_to_stop_asks_for_nothing_more() -> None:
    data = "http://data.test/facts.json"

    def stop(_message: str) -> None:
        raise AlexError("Somebody cancelled it.")

    async def main() -> SourceCollector:
        tested = collector(reader, (START, LINKED), note=stop)
        await tested.read(START)
        with pytest.raises(ReadRefused, match="to stop"):
            await tested.read(LINKED)
        with pytest.raises(PageUnreadable, match="to stop"):
            await tested.fetch_data(data, 100)
        return tested

    reader = Pages(pages().texts, data={data: b"{}"})
    tested = asyncio.run(main())
    assert str(tested.stopped) == "Somebody cancelled it."
    assert reader.asked == [START]
    assert tested.collected.size == len(reader.texts[START])


def test_addresses_in_a_question_are_found() -> None:
    question = "What do (https://a.test/x?y=1) and http://b.test/z. say, and https:?"
    assert addresses_in(question) == ["https://a.test/x?y=1", "http://b.test/z"]


def test_data_past_the_budget_of_bytes_say_so() -> None:
    reader = Pages({}, data={"http://data.test/facts.json": b"x" * 1_000_001})

    async def main() -> CollectedSources:
        tested = collector(reader)
        with pytest.raises(PageUnreadable, match="budget of 1,000,000 bytes is used up"):
            await tested.fetch_data("http://data.test/facts.json", 64_000_000)
        return tested.collected

    assert asyncio.run(main()).reached == ["The budget of 1,000,000 bytes is used up."]
