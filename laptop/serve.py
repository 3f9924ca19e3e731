"""The whole system in one process: the gateway, the worker, the schedule."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType
from typing import Any

import uvicorn

from alex.api.route import Route
from alex.api.routes import ROUTES
from alex.errors import Misconfigured
from alex.research.schedule_policy import start_most_overdue, watchlist
from alex.services import Services
from laptop.gateway import TIMEOUT, Gateway
from laptop.keys import load_or_create
from laptop.schedule import Background, JobWorker, read_agenda

LOOPBACK = "127.0.0.1"

_POLL = 1.0
"""Seconds between two looks for queued jobs."""

_TIDY = 3_600.0
"""Seconds between two looks for what broken ingests left behind."""


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that answers.

    Attributes:
        url: its base URL.
        key: what requests send as `x-api-key`.
        new_key: whether the key was made just now.
    """

    url: str
    key: str
    new_key: bool


@contextmanager
def running_gateway(
    services: Services,
    *,
    run_job: Callable[[str], object] | None = None,
    host: str = LOOPBACK,
    port: int = 0,
    routes: Sequence[Route] = ROUTES,
    timeout: float = TIMEOUT,
) -> Iterator[RunningGateway]:
    """Serve while the context lasts.

    Args:
        services: what the endpoints work with.
        run_job: leases a queued job and runs it; None to run none, and nothing on schedule.
        host: the address to listen on.
        port: 0 for any free one.
        routes: what is answered.
        timeout: seconds a request may take.

    Raises:
        Misconfigured: the port is taken.
    """
    key = load_or_create(services.settings.data_dir)
    gateway = Gateway(services, key.value, routes=routes, timeout=timeout)
    background = [] if run_job is None else _background(services, run_job)
    with _listening(host, port) as listener, _server(gateway, listener):
        for work in background:
            work.start()
        try:
            yield RunningGateway(_url(listener), key.value, key.new)
        finally:
            for work in background:
                work.stop()
            gateway.close()


def serve(
    services: Services,
    *,
    host: str = LOOPBACK,
    port: int = 8000,
    run_job: Callable[[str], object],
    started: Callable[[RunningGateway], object],
) -> None:
    """Serve until Ctrl-C or SIGTERM; `started` is told the address and the key."""
    with (
        _stop_signals() as signals,
        running_gateway(services, run_job=run_job, host=host, port=port) as running,
    ):
        started(running)
        while not signals.stop:
            time.sleep(0.2)


@dataclass(slots=True)
class _StopSignals:
    """What signals said. A plain value: the lock of an event may be held where a signal comes."""

    stop: bool = False


@contextmanager
def _stop_signals() -> Iterator[_StopSignals]:
    """What Ctrl-C and SIGTERM say; the second time they act as ever."""
    signals = _StopSignals()
    before: dict[signal.Signals, Any] = {}

    def stop(kind: int, _frame: FrameType | None) -> None:
        signals.stop = True
        signal.signal(kind, before[signal.Signals(kind)])

    for kind in (signal.SIGINT, signal.SIGTERM):
        before[kind] = signal.signal(kind, stop)
    try:
        yield signals
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _background(services: Services, run_job: Callable[[str], object]) -> list[Background]:
    """The worker, the tidying, and the schedule where there is one."""
    jobs, settings = services.research, services.settings
    work = [
        Background("alex-worker", _POLL, JobWorker(jobs, run_job).run_waiting),
        Background("alex-tidying", _TIDY, services.knowledge.sweep),
    ]
    if settings.watch_minutes:
        every = timedelta(minutes=settings.watch_minutes)

        def start() -> None:
            watched = read_agenda(settings.data_dir) or watchlist(settings)
            start_most_overdue(jobs, watched, every=every)

        work.append(Background("alex-schedule", every.total_seconds(), start))
    return work


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that takes connections from now on, though nobody answers them yet."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends small answers at once instead of after 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere this would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Misconfigured(f"{host}:{port} cannot be listened on: {error.strerror}.") from error
    with listener:
        yield listener


@contextmanager
def _server(gateway: Gateway, listener: socket.socket) -> Iterator[None]:
    """The gateway behind a socket, in a thread of its own."""
    server = uvicorn.Server(
        uvicorn.Config(
            gateway,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
    )
    thread = threading.Thread(target=server.run, args=([listener],), name="alex-gateway")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
