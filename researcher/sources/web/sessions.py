"""One read's pass through the proxy: its credentials, its limits, what was refused."""

import asyncio
import base64
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from researcher.sources.web.guard import AddressRefused, parse_target

SEAL_HEADER = "x-alex-guard"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One connection that was not made: to which `host:port`, and why."""

    authority: str
    reason: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What one read may use of the network.

    Attributes:
        bytes: received in all.
        sent_bytes: sent in all; reading needs little, leaking data needs more.
        connections: opened in all.
        idle_seconds: a connection silent for this long is cut.
    """

    bytes: int = 32_000_000
    sent_bytes: int = 1_000_000
    connections: int = 300
    idle_seconds: float = 30.0


@dataclass(slots=True)
class Session:
    """One read's credentials, and what became of its connections.

    Attributes:
        refusals: what the guard refused.
        seal: what the proxy's own answers carry, so that no server can speak in its place.
    """

    server: str
    limits: Limits
    username: str = field(default_factory=lambda: secrets.token_hex(8))
    password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    seal: str = field(default_factory=lambda: secrets.token_hex(16))
    refusals: list[Refusal] = field(default_factory=list)
    connections: int = 0
    received: int = 0
    sent: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    @property
    def credentials(self) -> bytes:
        """What the `Proxy-Authorization` header must say."""
        return b"Basic " + base64.b64encode(f"{self.username}:{self.password}".encode())

    @property
    def exhausted(self) -> bool:
        """Whether the read has used up what it may receive."""
        return self.received >= self.limits.bytes

    def refuse(self, target: str, reason: str) -> None:
        """Note a refusal; `target` as the request names it: `host:port` or a URL."""
        self.refusals.append(Refusal(_authority(target), reason))

    def refusal_of(self, url: str) -> Refusal | None:
        """Why the host of a URL was refused, if it was."""
        authority = _authority(url)
        return next((r for r in self.refusals if r.authority == authority), None)

    def sealed(self, headers: Mapping[str, str]) -> bool:
        """Whether an answer is the proxy's own; names in lower case."""
        return headers.get(SEAL_HEADER) == self.seal

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Count a connection, served by the current task, that ends with the session."""
        self.connections += 1
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def cut(self) -> None:
        """End every connection."""
        await cancel(self._tasks)


def _authority(target: str) -> str:
    try:
        return parse_target(target if "//" in target else f"https://{target}").authority
    except AddressRefused:
        return target


async def cancel[T](tasks: Iterable[asyncio.Task[T]]) -> None:
    """Cancel tasks and see them end."""
    running = list(tasks)
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
