"""The egress guard's gate: a forward proxy on loopback that everything must go through.

Whatever asks (a redirect, a subresource, a WebSocket, a worker), the proxy resolves the name once,
has the guard check every address, and connects to the very address that was checked, so that a
name which changes its address in between gains nothing. Each read has credentials of its own:
another user of the machine cannot use the proxy, bytes and refusals are counted by read, and
closing the session cuts whatever a page left running.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

from researcher.sources.web.guard import (
    Address,
    AddressRefused,
    BadUrl,
    Guard,
    Target,
    host_address,
)
from researcher.sources.web.relay import Head, Streams, parse_request, read_head, relay
from researcher.sources.web.sessions import SEAL_HEADER, Limits, Session, cancel

RESOLVE_SECONDS = 5.0
CONNECT_SECONDS = 8.0


class Network(Protocol):
    """Names to addresses, addresses to connections."""

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of a name.

        Raises:
            OSError: it has none.
        """
        ...

    async def connect(self, address: Address, port: int) -> Streams:
        """Connect to exactly this address.

        Raises:
            OSError: it cannot be reached.
        """
        ...


class SystemNetwork:
    """The operating system's resolver and sockets."""

    async def resolve(self, host: str) -> Sequence[Address]:
        """All addresses of a name."""
        infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [a for info in infos if (a := host_address(str(info[4][0]))) is not None]

    async def connect(self, address: Address, port: int) -> Streams:
        """Connect to exactly this address."""
        return await asyncio.open_connection(str(address), port)


class GuardedProxy:
    """The proxy; started by its first session, stopped by `close`."""

    def __init__(
        self, guard: Guard, *, network: Network | None = None, limits: Limits | None = None
    ) -> None:
        self.guard = guard
        self._network = network or SystemNetwork()
        self._limits = limits or Limits()
        self._server: asyncio.Server | None = None
        self._sessions: dict[bytes, Session] = {}
        self._handlers: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Listen on a free port of loopback, if not listening yet; the proxy's URL."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """Credentials for one read; on exit its connections are cut."""
        session = Session(await self.start(), self._limits)
        self._sessions[session.credentials] = session
        try:
            yield session
        finally:
            del self._sessions[session.credentials]
            await session.cut()

    async def close(self) -> None:
        """Stop listening and cut every connection."""
        if self._server is not None:
            self._server.close()
            await cancel(self._handlers)
            await self._server.wait_closed()
            self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: one request, or one tunnel."""
        try:
            head = await read_head(reader)
            session = self._sessions.get(head.credentials)
            if session is None:
                await _refuse(writer, b"407 Proxy Authentication Required", "who asks?")
            else:
                with session.connection():
                    await self._forward(session, head, (reader, writer))
        except BadUrl as refused:
            await _refuse(writer, b"400 Bad Request", refused.reason)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a side went away, or said nothing that could be answered: the close says so
        finally:
            writer.close()

    async def _forward(self, session: Session, head: Head, client: Streams) -> None:
        try:
            request = parse_request(head)
            addresses = await self._admit(session, request.target)
        except AddressRefused as refused:
            session.refuse(head.target, refused.reason)
            await _refuse(client[1], b"403 Forbidden", refused.reason, session)
            return
        upstream = await self._connect(addresses, request.target.port)
        if upstream is None:
            await _refuse(client[1], b"502 Bad Gateway", "the server cannot be reached", session)
            return
        try:
            await relay(request, client, upstream, session)
        finally:
            upstream[1].close()

    async def _admit(self, session: Session, target: Target) -> list[Address]:
        """The checked addresses of a target; none where its name has none.

        Raises:
            AddressRefused: the guard says no, or the session's limits do.
        """
        if session.connections > session.limits.connections:
            raise AddressRefused("the page opened too many connections")
        if session.exhausted:
            raise AddressRefused("the page has used up its bytes")
        if target.address is not None:
            return self.guard.check_all([target.address], target.port)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await self._network.resolve(target.host)
        except (OSError, TimeoutError, UnicodeError):
            return []  # no address is no refusal: the server cannot be reached
        return self.guard.check_all(found, target.port) if found else []

    async def _connect(self, addresses: Sequence[Address], port: int) -> Streams | None:
        """A connection to the first of the checked addresses that answers."""
        for address in addresses:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._network.connect(address, port)
        return None


async def _refuse(
    writer: asyncio.StreamWriter, status: bytes, reason: str, session: Session | None = None
) -> None:
    """Answer in the server's place; the session's seal tells its reader so."""
    body = f"The egress guard answers: {reason}.\n".encode()
    if session is not None:
        extra = f"{SEAL_HEADER}: {session.seal}\r\n".encode()
    else:
        extra = b'Proxy-Authenticate: Basic realm="alex"\r\n'
    writer.write(
        b"HTTP/1.1 %b\r\nContent-Type: text/plain; charset=utf-8\r\n%bConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (status, extra, len(body), body)
    )
    await writer.drain()
