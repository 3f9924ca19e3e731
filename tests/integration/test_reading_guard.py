"""The guarded proxy, asked directly: nothing private is reached, however the question is put."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from researcher.sources.web.client import Bounds, GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.pages import PageResponse, PageUnreadable, ReadFailure
from researcher.sources.web.proxy import GuardedProxy, Network, SystemNetwork
from researcher.sources.web.sessions import Limits, Session
from tests.support.site import PretendInternet, Reply, Request, Site, nasty_routes, serving

PUBLIC = "93.184.216.34"


@dataclass
class World:
    """A public site, a private one, and the pretended internet between them."""

    public: Site
    private: Site
    internet: PretendInternet


@pytest.fixture
def world() -> Iterator[World]:
    with serving({"/secret": Reply("secret")}) as private:
        routes = nasty_routes(private.url())
        with serving(routes) as public:
            names = {
                "tea.example": [[PUBLIC]],
                "inside.example": [["127.0.0.1"]],
                "mixed.example": [[PUBLIC, "127.0.0.1"]],
                "rebinding.example": [[PUBLIC], ["127.0.0.1"]],
                "metadata.example": [["169.254.169.254"]],
                "dead.example": [["93.184.216.35"]],
            }
            servers = {
                (PUBLIC, 80): public.port,
                ("127.0.0.1", 80): private.port,
                ("127.0.0.1", private.port): private.port,
                ("169.254.169.254", 80): private.port,
            }
            yield World(public, private, PretendInternet(names, servers))


@asynccontextmanager
async def session_of(
    network: Network, *, allow: tuple[str, ...] = (), limits: Limits | None = None
) -> AsyncIterator[Session]:
    proxy = GuardedProxy(Guard.allowing(allow), network=network, limits=limits)
    try:
        async with proxy.session() as session:
            yield session
    finally:
        await proxy.close()


async def nobody(url: str) -> None:
    """Asked before each hop, has no objection: here only the guard stands in the way."""


async def fetch(
    session: Session, url: str, *, most: int = 1_000_000, seconds: float = 5
) -> PageResponse:
    client = GuardedClient("AlexTest/1.0", Bounds(bytes=most, seconds=seconds))
    return await client.get(session, url, ask=nobody)


def fetch_fails(world: World, url: str) -> tuple[PageUnreadable, Session]:
    async def main() -> tuple[PageUnreadable, Session]:
        async with session_of(world.internet) as session:
            with pytest.raises(PageUnreadable) as caught:
                await fetch(session, url)
            return caught.value, session

    return asyncio.run(main())


def test_a_public_name_is_reached_at_the_address_that_was_checked(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet) as session:
            response = await fetch(session, "http://tea.example/")
            assert response.status == 200
            assert b"acid soil" in response.body

    asyncio.run(main())
    assert world.internet.connections == [(PUBLIC, 80)]
    assert world.public.agents == ["AlexTest/1.0"]


@pytest.mark.parametrize("name", ["inside", "mixed", "metadata"])
def test_a_name_with_a_private_address_is_refused(world: World, name: str) -> None:
    failure, session = fetch_fails(world, f"http://{name}.example/secret")
    assert failure.failure is ReadFailure.BLOCKED_ADDRESS
    assert [refusal.authority for refusal in session.refusals] == [f"{name}.example:80"]
    assert world.internet.connections == []
    assert world.private.hits == []


def test_a_name_that_moves_inside_between_look_ups_is_refused(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet) as session:
            first = await fetch(session, "http://rebinding.example/")
            assert first.status == 200
            with pytest.raises(PageUnreadable) as caught:
                await fetch(session, "http://rebinding.example/secret")
            assert caught.value.failure is ReadFailure.BLOCKED_ADDRESS

    asyncio.run(main())
    assert world.internet.connections == [(PUBLIC, 80)]
    assert world.private.hits == []


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_in_any_form(world: World, host: str) -> None:
    failure, _ = fetch_fails(world, f"http://{host}:{world.private.port}/secret")
    assert failure.failure in {ReadFailure.BLOCKED_ADDRESS, ReadFailure.BAD_URL}
    assert world.internet.connections == []


def test_a_redirect_to_a_private_address_is_refused(world: World) -> None:
    failure, session = fetch_fails(world, "http://tea.example/redirect")
    assert failure.failure is ReadFailure.BLOCKED_ADDRESS
    assert session.refusals[0].authority == f"127.0.0.1:{world.private.port}"
    assert world.private.hits == []


def test_redirects_without_end_are_left(world: World) -> None:
    failure, _ = fetch_fails(world, "http://tea.example/loop")
    assert failure.failure is ReadFailure.REDIRECTS
    assert len(world.public.hits) < 15


@pytest.mark.parametrize("name", ["unknown.example", "dead.example"])
def test_a_server_that_cannot_be_reached_is_no_refusal(world: World, name: str) -> None:
    failure, session = fetch_fails(world, f"http://{name}/")
    assert failure.failure is ReadFailure.NETWORK
    assert session.refusals == []


def test_a_silent_server_times_out(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet) as session:
            with pytest.raises(PageUnreadable) as caught:
                await fetch(session, "http://tea.example/silent", seconds=0.5)
            assert caught.value.failure is ReadFailure.TIMEOUT

    asyncio.run(main())


def test_what_came_of_a_page_that_never_ends_is_kept_as_partial(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet) as session:
            response = await fetch(session, "http://tea.example/drip", seconds=1)
            assert response.partial
            assert b"Paragraph 11" in response.body

    asyncio.run(main())


def test_a_huge_response_is_cut(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet) as session:
            response = await fetch(session, "http://tea.example/huge", most=300_000)
            assert response.partial
            assert 300_000 <= len(response.body) < 1_000_000

    asyncio.run(main())


def test_a_session_ends_at_its_byte_limit(world: World) -> None:
    limits = Limits(bytes=400_000)

    async def main() -> None:
        async with session_of(world.internet, limits=limits) as session:
            response = await fetch(session, "http://tea.example/huge", most=50_000_000)
            assert response.partial
            assert session.received < 1_000_000
            with pytest.raises(PageUnreadable):
                await fetch(session, "http://tea.example/")

    asyncio.run(main())


def test_a_session_ends_at_its_connection_limit(world: World) -> None:
    async def main() -> None:
        async with session_of(world.internet, limits=Limits(connections=2)) as session:
            for _ in range(2):
                await fetch(session, "http://tea.example/")
            with pytest.raises(PageUnreadable):
                await fetch(session, "http://tea.example/")

    asyncio.run(main())
    assert len(world.public.hits) == 2


async def talk(server: str, raw: bytes) -> bytes:
    """Send bytes to the proxy, and return all it says."""
    port = int(server.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    answer = await reader.read()
    writer.close()
    return answer


def login(session: Session) -> bytes:
    return b"Proxy-Authorization: " + session.credentials + b"\r\n"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Proxy-Authorization: Basic " + base64.b64encode(b"a:b") + b"\r\n",
        b"Proxy-Authorization: Basic\r\n",
    ],
)
def test_without_a_sessions_credentials_the_proxy_serves_nobody(
    world: World, header: bytes
) -> None:
    async def main() -> bytes:
        async with session_of(world.internet) as session:
            return await talk(
                session.server, b"GET http://tea.example/ HTTP/1.1\r\n" + header + b"\r\n"
            )

    assert asyncio.run(main()).startswith(b"HTTP/1.1 407 ")
    assert world.internet.lookups == []


def test_credentials_end_with_their_session(world: World) -> None:
    async def main() -> bytes:
        proxy = GuardedProxy(Guard(), network=world.internet)
        async with proxy.session() as session:
            pass
        answer = await talk(
            session.server,
            b"GET http://tea.example/ HTTP/1.1\r\n" + login(session) + b"\r\n",
        )
        await proxy.close()
        return answer

    assert asyncio.run(main()).startswith(b"HTTP/1.1 407 ")


def test_an_open_tunnel_is_cut_when_its_session_ends(world: World) -> None:
    async def main() -> bytes:
        proxy = GuardedProxy(Guard(), network=world.internet)
        async with proxy.session() as session:
            port = int(session.server.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"CONNECT tea.example:80 HTTP/1.1\r\n" + login(session) + b"\r\n")
            assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        rest = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await proxy.close()
        return rest

    assert asyncio.run(main()) == b""


@pytest.mark.parametrize(
    "first_line",
    [
        b"CONNECT 127.0.0.1:80 HTTP/1.1",
        b"CONNECT [::1]:80 HTTP/1.1",
        b"CONNECT 0x7f000001:80 HTTP/1.1",
        b"CONNECT inside.example:80 HTTP/1.1",
        b"CONNECT tea.example:22 HTTP/1.1",
        b"CONNECT 169.254.169.254:80 HTTP/1.1",
        b"GET http://127.0.0.1/secret HTTP/1.1",
        b"POST http://inside.example/secret HTTP/1.1",
    ],
)
def test_tunnels_and_plain_requests_pass_the_same_gate(world: World, first_line: bytes) -> None:
    async def main() -> bytes:
        async with session_of(world.internet) as session:
            answer = await talk(session.server, first_line + b"\r\n" + login(session) + b"\r\n")
            assert len(session.refusals) == 1
            return answer

    assert asyncio.run(main()).startswith(b"HTTP/1.1 403 ")
    assert world.internet.connections == []
    assert world.private.hits == []


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n",
        b"GET file:///etc/passwd HTTP/1.1\r\n",
        b"GET https://tea.example/ HTTP/1.1\r\n",
        b"CONNECT tea.example HTTP/1.1\r\n",
        b"CONNECT tea.example:70000 HTTP/1.1\r\n",
        b"nonsense\r\n",
    ],
)
def test_what_is_no_proxy_request_is_turned_away(world: World, head: bytes) -> None:
    async def main() -> bytes:
        async with session_of(world.internet) as session:
            return await talk(session.server, head + login(session) + b"\r\n")

    assert asyncio.run(main()).startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 403 "))
    assert world.internet.connections == []


def test_credentials_never_reach_the_server(world: World) -> None:
    seen: list[dict[str, str]] = []

    def remember(request: Request) -> Reply:
        seen.append(dict(request.headers))
        return Reply("x")

    async def main() -> None:
        with serving({"/": remember}) as site:
            internet = PretendInternet({"tea.example": [[PUBLIC]]}, {(PUBLIC, 80): site.port})
            async with session_of(internet) as session:
                await fetch(session, "http://tea.example/")

    asyncio.run(main())
    assert {name.lower() for name in seen[0]}.isdisjoint({"proxy-authorization", "cookie"})
    assert seen[0]["Host"] == "tea.example"


def test_an_allowed_server_is_reached_over_the_systems_network() -> None:
    async def main() -> None:
        with serving({"/": Reply("hello")}) as site:
            allow = (f"127.0.0.1:{site.port}",)
            async with session_of(SystemNetwork(), allow=allow) as session:
                response = await fetch(session, site.url("/"))
                assert response.body == b"hello"
            async with session_of(SystemNetwork()) as session:
                with pytest.raises(PageUnreadable):
                    await fetch(session, site.url("/"))
            assert site.hits == ["/"]

    asyncio.run(main())
