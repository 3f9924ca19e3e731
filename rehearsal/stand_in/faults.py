"""Failures to order: the next calls of an operation throttle, fail or hang."""

import json
import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call.

    Attributes:
        code: the exception it answers with; None lets it succeed.
        seconds: how long it waits before that.
    """

    code: str | None = None
    seconds: float = 0.0


class Faults:
    """Queues of faults by operation, as `service:Operation`; each call takes one."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Fault]] = {}
        self._lock = threading.Lock()

    def order(self, body: bytes) -> None:
        """Replace all queues by those of a JSON body: `{operation: [{code, seconds}, …]}`."""
        queues = {
            operation: deque(Fault(**fault) for fault in faults)
            for operation, faults in json.loads(body).items()
        }
        with self._lock:
            self._queues = queues

    def take(self, operation: str) -> Fault | None:
        """The fault that this call of the operation meets."""
        with self._lock:
            queue = self._queues.get(operation)
            return queue.popleft() if queue else None
