"""A way from containers to this machine's loopback, for the stand-in listens nowhere else."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.docker import docker

CHUNK = 65536


@contextmanager
def bridged(port: int) -> Iterator[str]:
    """An address on Docker's bridge that leads to a loopback port; containers alone see it."""
    gateway = docker(
        *("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
    )

    class Relay(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as inner:
                back = threading.Thread(target=_copy, args=(inner, self.request))
                back.start()
                _copy(self.request, inner)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server((gateway, 0), Relay) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://{gateway}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Everything from one side to the other, its end too."""
    try:
        while data := source.recv(CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()  # the other side has gone; so will this one
