"""The proxy's wire: reads one proxy request, and copies bytes both ways within limits."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from researcher.sources.web.guard import BadUrl, Target, normal_host, parse_target
from researcher.sources.web.sessions import Session

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

HEAD_SECONDS = 15.0
_CHUNK = 65_536
_NOT_FORWARDED = (b"proxy-", b"connection:", b"keep-alive:", b"upgrade:", b"host:")


@dataclass(frozen=True, slots=True)
class Head:
    """A request's first lines: `headers` are whole lines, without line ends."""

    method: str
    target: str
    headers: tuple[bytes, ...]

    @property
    def credentials(self) -> bytes:
        """The value of `Proxy-Authorization`, or nothing."""
        name = b"proxy-authorization:"
        lines = (line for line in self.headers if line.lower().startswith(name))
        return next(lines, b"")[len(name) :].strip()


@dataclass(frozen=True, slots=True)
class ProxyRequest:
    """What a client of the proxy wants: a tunnel (CONNECT) or one plain request."""

    head: Head
    target: Target

    @property
    def tunnel(self) -> bool:
        """Whether it asks for a tunnel."""
        return self.head.method == "CONNECT"

    def origin_form(self) -> bytes:
        """The request as its server wants it; one a connection, so that each is checked."""
        parts = urlsplit(self.head.target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        kept = [h for h in self.head.headers if not h.lower().startswith(_NOT_FORWARDED)]
        host = parts.netloc.rpartition("@")[2]
        first = f"{self.head.method} {path} HTTP/1.1\r\nHost: {host}\r\n".encode("latin-1")
        return first + b"".join(h + b"\r\n" for h in kept) + b"Connection: close\r\n\r\n"


async def read_head(reader: asyncio.StreamReader) -> Head:
    """The head of the request at the start of a connection.

    Raises:
        BadUrl: it is no request.
        TimeoutError: it did not come.
    """
    async with asyncio.timeout(HEAD_SECONDS):
        raw = await reader.readuntil(b"\r\n\r\n")
    first, *headers = raw.removesuffix(b"\r\n\r\n").split(b"\r\n")
    words = first.decode("latin-1").split(" ")
    if len(words) != 3:  # noqa: PLR2004 - method, target, version
        raise BadUrl("no request")
    return Head(words[0], words[1], tuple(headers))


def parse_request(head: Head) -> ProxyRequest:
    """What a head asks for.

    Raises:
        BadUrl: it is no request for a proxy.
    """
    if head.method != "CONNECT":
        target = parse_target(head.target)
        if target.scheme != "http":
            raise BadUrl("https needs a tunnel")
        return ProxyRequest(head, target)
    host, _, port = head.target.rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 1 << 16:
        raise BadUrl("the port is missing or malformed")
    name = normal_host(host.removeprefix("[").removesuffix("]"))
    return ProxyRequest(head, Target("https", name, int(port)))


async def relay(
    request: ProxyRequest, client: Streams, upstream: Streams, session: Session
) -> None:
    """Copy bytes both ways until the server is done, a side leaves, or a limit is reached."""
    if request.tunnel:
        client[1].write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        upstream[1].write(request.origin_form())
    up = asyncio.create_task(_send(client[0], upstream[1], session))
    down = asyncio.create_task(_receive(upstream[0], client[1], session))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if up.done() and not up.cancelled() and up.exception() is None and up.result():
            await asyncio.wait({down})
    finally:
        up.cancel()
        down.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _receive(
    server: asyncio.StreamReader, client: asyncio.StreamWriter, session: Session
) -> None:
    """Copy what the server sends, to its end or to the session's limit."""
    while not session.exhausted:
        async with asyncio.timeout(session.limits.idle_seconds):
            data = await server.read(_CHUNK)
        if not data:
            return
        session.received += len(data)
        client.write(data)
        await client.drain()


async def _send(
    client: asyncio.StreamReader, server: asyncio.StreamWriter, session: Session
) -> bool:
    """Copy what the client sends; whether it ended within the limit, and may still receive."""
    while data := await client.read(_CHUNK):
        session.sent += len(data)
        if session.sent > session.limits.sent_bytes:
            return False
        server.write(data)
        await server.drain()
    if server.can_write_eof():
        server.write_eof()
    return True
