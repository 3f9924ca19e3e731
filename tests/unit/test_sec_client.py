"""Asking the SEC: how fast, how often, and what each bad answer comes to."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from researcher.sources.sec.client import Pace, SecClient
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure
from tests.support.sec_data import DATA, EXAMPLE, WEB, example_facts, sec_files

AGENT = "Example Research research@example.com"
FACTS = f"{DATA}/api/xbrl/companyfacts/{EXAMPLE.key}.json"
FINE = PageResponse(FACTS, 200, "application/json", json.dumps(example_facts()).encode())
HTML = PageResponse(FACTS, 403, "text/html", b"<html>Request Rate Threshold Exceeded</html>")


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Server:
    """Answers what it was told to, the last answer for ever; remembers when it was asked."""

    answers: list[PageResponse]
    clock: Clock = field(default_factory=Clock)
    asked: list[tuple[float, str]] = field(default_factory=list)

    async def fetch(self, url: str, most: int) -> PageResponse:
        self.asked.append((self.clock.now, url))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return replace(answer, body=answer.body[:most])

    def client(self, user_agent: str = AGENT) -> SecClient:
        return SecClient(
            self.fetch,
            web_url=WEB,
            data_url=DATA,
            user_agent=user_agent,
            pace=Pace(clock=self.clock, sleep=self.clock.sleep),
        )


def facts(server: Server, user_agent: str = AGENT) -> PageUnreadable:
    """The failure that asking for facts ends in."""
    with pytest.raises(PageUnreadable) as raised:
        asyncio.run(server.client(user_agent).facts(EXAMPLE))
    return raised.value


def test_a_file_comes_with_what_proves_it() -> None:
    file = asyncio.run(Server([FINE]).client().facts(EXAMPLE))
    assert file.url == FACTS
    assert file.sha256 == hashlib.sha256(FINE.body).hexdigest()
    assert file.content.find("Revenues")


def test_each_file_is_asked_for_once() -> None:
    files = sec_files()

    async def main(server: Server) -> None:
        client = server.client()
        await asyncio.gather(*(client.facts(EXAMPLE) for _ in range(5)))
        await client.facts(EXAMPLE)

    server = Server([PageResponse(FACTS, 200, "application/json", files[FACTS])])
    asyncio.run(main(server))
    assert [url for _, url in server.asked] == [FACTS]


def test_a_failure_is_not_asked_for_again() -> None:
    server = Server([replace(FINE, status=404)])

    async def main() -> None:
        client = server.client()
        for _ in range(3):
            with pytest.raises(PageUnreadable, match="has no XBRL figures of Example Analytics"):
                await client.facts(EXAMPLE)

    asyncio.run(main())
    assert len(server.asked) == 1


@given(
    waits=st.lists(st.floats(0, 0.5), min_size=9, max_size=40),
    per_second=st.sampled_from([1.0, 8.0, 10.0]),
)
def test_no_second_sees_more_requests_than_allowed(waits: list[float], per_second: float) -> None:
    clock = Clock()
    pace = Pace(per_second, clock=clock, sleep=clock.sleep)

    async def turns() -> list[float]:
        passed = []
        for wait in waits:
            clock.now += wait
            await pace.turn()
            passed.append(clock.now)
        return passed

    passed = asyncio.run(turns())
    for first, last in zip(passed, passed[int(per_second) :], strict=False):
        assert last - first >= 1 - 1e-6


def test_requests_at_once_share_the_pace() -> None:
    server = Server([PageResponse("", 200, "application/json", b'{"facts": {"us-gaap": {}}}')])

    async def main() -> None:
        client = server.client()
        companies = [replace(EXAMPLE, cik=cik) for cik in range(1, 18)]
        await asyncio.gather(*(client.facts(company) for company in companies))

    asyncio.run(main())
    times = [moment for moment, _ in server.asked]
    assert len(times) == 17
    assert times[8] - times[0] >= 0.999
    assert times[16] - times[0] == pytest.approx(2.0)


@pytest.mark.parametrize("agent", ["", "Alex/0.1 (research agent)"])
def test_without_a_contact_the_sec_is_not_asked(agent: str) -> None:
    server = Server([FINE])
    failure = facts(server, agent)
    assert failure.failure is ReadFailure.NO_CONTACT
    assert "ALEX_USER_AGENT" in failure.detail
    assert server.asked == []


UNEVEN = (
    b'{"cik": 1, "name": "A", "filings": {"recent":'
    b' {"accessionNumber": ["1"], "filingDate": [], "form": []}}}'
)


def busy(status: int, retry_after: str = "") -> PageResponse:
    return PageResponse(FACTS, status, "text/html", b"<html>busy</html>", retry_after=retry_after)


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (busy(429), [1.0]),
        (busy(429, "7"), [7.0]),
        (busy(503, "0"), [1.0]),
        (busy(503, "soon"), [1.0]),
        (busy(500), [1.0]),
        (busy(403, "2"), [2.0]),
    ],
)
def test_what_may_pass_is_asked_for_again(answer: PageResponse, waits: list[float]) -> None:
    server = Server([answer, FINE])
    file = asyncio.run(server.client().facts(EXAMPLE))
    assert file.content.find("Revenues")
    assert [wait for wait in server.clock.slept if wait >= 1] == waits


def test_a_day_to_come_back_is_understood() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=6), usegmt=True)
    server = Server([busy(429, moment), FINE])
    asyncio.run(server.client().facts(EXAMPLE))
    assert 4 < max(server.clock.slept) <= 6


@pytest.mark.parametrize(
    ("answer", "failure", "words", "requests"),
    [
        (busy(429), ReadFailure.HTTP_STATUS, "cannot answer now (HTTP 429)", 3),
        (busy(503, "3600"), ReadFailure.HTTP_STATUS, "cannot answer now (HTTP 503)", 1),
        (HTML, ReadFailure.BOT_WALL, "turns this program away (HTTP 403)", 1),
        (replace(FINE, status=404), ReadFailure.NOT_LISTED, "no XBRL figures of Example", 1),
        (replace(FINE, status=418), ReadFailure.HTTP_STATUS, "answered 418", 1),
        (replace(FINE, body=FINE.body[:-9]), ReadFailure.UNSUPPORTED, "it is no JSON", 1),
        (replace(FINE, body=b"<html></html>"), ReadFailure.UNSUPPORTED, "it is no JSON", 1),
        (replace(FINE, body=b"[" * 100_000), ReadFailure.UNSUPPORTED, "it is no JSON", 1),
        (replace(FINE, body=b"\xff\xfe\x00"), ReadFailure.UNSUPPORTED, "it is no JSON", 1),
        (replace(FINE, body=b"[1, 2]"), ReadFailure.UNSUPPORTED, "no JSON object", 1),
        (replace(FINE, body=b'{"facts": 3}'), ReadFailure.UNSUPPORTED, "no taxonomies", 1),
        (replace(FINE, partial=True), ReadFailure.NETWORK, "broke off", 1),
    ],
)
def test_each_bad_answer_has_its_reason(
    answer: PageResponse, failure: ReadFailure, words: str, requests: int
) -> None:
    server = Server([answer])
    raised = facts(server)
    assert raised.failure is failure
    assert words in raised.detail
    assert raised.url == FACTS
    assert len(server.asked) == requests


def test_a_file_past_its_cap_is_told_from_a_broken_one() -> None:
    long = PageResponse(FACTS, 200, "application/json", b" " * 64_000_000, partial=True)
    assert facts(Server([long])).failure is ReadFailure.TOO_LARGE


@pytest.mark.parametrize(
    ("ask", "body"),
    [
        (lambda client: client.companies(), b"{}"),
        (lambda client: client.companies(), b'{"0": {"cik_str": "x", "ticker": 5}}'),
        (lambda client: client.submissions(EXAMPLE), b'{"cik": 1}'),
        (lambda client: client.submissions(EXAMPLE), UNEVEN),
        (lambda client: client.older(EXAMPLE, "x.json"), b'{"form": 1}'),
    ],
)
def test_other_shapes_than_the_secs_are_refused(
    ask: Callable[[SecClient], Coroutine[Any, Any, Any]], body: bytes
) -> None:
    client = Server([PageResponse("", 200, "application/json", body)]).client()
    with pytest.raises(PageUnreadable, match="cannot be used") as raised:
        asyncio.run(ask(client))
    assert raised.value.failure is ReadFailure.UNSUPPORTED


def nested(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    keys = st.sampled_from(["units", "USD", "end", "val", "recent", "label"])
    return st.lists(values, max_size=3) | st.dictionaries(keys, values, max_size=3)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), nested))
def test_no_json_at_all_makes_it_fall_over(value: object) -> None:
    body = json.dumps({"facts": {"us-gaap": {"Revenues": value}}, "filings": value}).encode()
    client = Server([PageResponse("", 200, "application/json", body)]).client()

    async def main() -> None:
        file = await client.facts(EXAMPLE)
        found = file.content.find("Revenues")
        assert found
        assert file.content.read(found).facts == ()
        with pytest.raises(PageUnreadable):
            await client.submissions(EXAMPLE)

    asyncio.run(main())
