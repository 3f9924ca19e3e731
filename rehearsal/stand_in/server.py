"""Serves the stand-in on a free loopback port, and stops it with whoever started it."""

import asyncio
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hypercorn.asyncio import serve as serve_asgi
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework


@dataclass(frozen=True, slots=True)
class Address:
    """What a client needs; printed as one line of JSON once the stand-in answers.

    Attributes:
        endpoint: base URL of every service.
        access_key_id: of the account's root user, whom no policy binds.
    """

    endpoint: str
    region: str
    account: str
    access_key_id: str
    secret_access_key: str


def run(region: str, account: str, tokenizer: Path, image: dict[str, Any] | None) -> None:
    """Serve until standard input ends or a signal comes.

    A parent that holds the pipe stops the stand-in by closing it, or by dying.

    Args:
        region: the region of clients that name none.
        account: twelve digits.
        tokenizer: the model's `tokenizer.json`.
        image: members of an `ImageSource`, or None to run images in Docker.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    address = Address(
        endpoint=f"http://127.0.0.1:{listener.getsockname()[1]}",
        region=region,
        account=account,
        access_key_id=f"AKIA{secrets.token_hex(8).upper()}",
        secret_access_key=secrets.token_urlsafe(30),
    )
    _configure_ministack(address, Path(tempfile.gettempdir()))
    from rehearsal.stand_in.assembly import assemble  # noqa: PLC0415 - ministack reads its settings at import

    asyncio.run(_serve(assemble(tokenizer, image), listener, address))


def _configure_ministack(address: Address, folder: Path) -> None:
    """Settings that ministack reads from its environment when it is imported.

    Its own folders are the same for all its processes; ours are this process's.
    """
    os.environ.update(
        {
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": address.access_key_id,
            "AWS_SECRET_ACCESS_KEY": address.secret_access_key,
            "AWS_ENDPOINT_URL": address.endpoint,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": address.endpoint.rpartition(":")[2],
            "IOT_MTLS_ENABLED": "0",
            "LAMBDA_EXECUTOR": "local",
            "MINISTACK_ACCOUNT_ID": address.account,
            "MINISTACK_REGION": address.region,
            "S3_DATA_DIR": str(folder / "s3"),
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(folder / "state"),
        }
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")


async def _serve(app: ASGIFramework, listener: socket.socket, address: Address) -> None:
    stop = _stop_event()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.loglevel = "WARNING"
    server = asyncio.create_task(serve_asgi(app, config, shutdown_trigger=stop.wait))
    await asyncio.to_thread(_await_answer, address)
    sys.stdout.write(json.dumps(asdict(address)) + "\n")
    sys.stdout.flush()
    await server


def _await_answer(address: Address) -> None:
    """Return once ministack's start-up is done; the listener takes connections before that."""
    port = int(address.endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /_ministack/ready HTTP/1.0\r\nHost: localhost\r\n\r\n")
        connection.recv(1)


def _stop_event() -> asyncio.Event:
    """Set by SIGINT, by SIGTERM, or by the end of standard input."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def request_stop() -> None:
        loop.call_soon_threadsafe(stop.set)

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: request_stop())

    def watch_input() -> None:
        while sys.stdin.buffer.read(1024):
            pass
        request_stop()

    threading.Thread(target=watch_input, daemon=True).start()
    return stop
