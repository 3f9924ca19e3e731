"""What a run's model calls cost: reserved before each call, settled after it, kept on disk.

A call is written down before it is sent, at the most it can cost. So a run that dies in the middle
of a call has paid for it, and whatever is spent at any moment is never above the cap.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, Field

from alex.errors import AlexError
from alex.research.jobs import Budget
from researcher.checkpoint import Checkpoint
from researcher.llm.prices import Tariff, Tokens, highest_price

_STEP = "calls"


class CapReached(AlexError):
    """The budget does not allow the next model call; it was not made."""


class CallOutcome(StrEnum):
    """What became of a call, and what it counts as.

    `sent`: under way, or its run died; its reserve. `answered`: what its tokens cost. `failed`:
    sent, and perhaps charged; its reserve. `refused`: not served, so never charged; nothing.
    """

    SENT = "sent"
    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"


class Call(BaseModel):
    """One request to the model's server.

    Attributes:
        key: tells which question it asked; the same question again has the same key.
        answer: what was answered, as JSON.
    """

    key: str
    reserved: Decimal
    usd: Decimal
    outcome: CallOutcome = CallOutcome.SENT
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    answer: str | None = None


class Spending(BaseModel):
    """A run's calls so far.

    Attributes:
        reached: the caps that were reached, in words.
        seconds: that attempts at the run have taken.
    """

    calls: list[Call] = Field(default_factory=list)
    reached: list[str] = Field(default_factory=list)
    seconds: float = 0.0

    @property
    def usd(self) -> Decimal:
        """What is spent or reserved."""
        return sum((call.usd for call in self.calls), Decimal(0))


class Ledger:
    """Keeps a run's spending within its budget; any number of calls at once.

    Args:
        tariff: None where nobody knows what the model costs, and nothing is charged.
        clock: tells the moment, in seconds.
    """

    def __init__(
        self,
        budget: Budget,
        tariff: Tariff | None,
        checkpoint: Checkpoint,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._budget = budget
        self._cap = Decimal(str(budget.usd))
        self._tariff = tariff
        self._checkpoint = checkpoint
        self._lock = threading.Lock()
        self._kept_usd, self._kept_calls = Decimal(0), 0
        self._clock = clock
        self._began = clock()
        self._state = checkpoint.load(_STEP, Spending) or Spending()
        self._seconds_before = self._state.seconds
        self._replayed: dict[str, int] = {}

    @property
    def usd(self) -> Decimal:
        """What is spent or reserved."""
        return self._state.usd

    @property
    def calls(self) -> list[Call]:
        """All calls of all attempts at the run."""
        return self._state.calls

    @property
    def reached(self) -> list[str]:
        """The caps that were reached, in words."""
        return self._state.reached

    @property
    def seconds(self) -> float:
        """What the run has taken so far; the time between its attempts does not count."""
        return self._seconds_before + self._clock() - self._began

    def reach(self, cap: str) -> None:
        """Note that a cap was reached."""
        with self._lock:
            if cap not in self._state.reached:
                self._state.reached.append(cap)
                self._save()

    @contextmanager
    def holding_back(self, tokens: Tokens, calls: int) -> Iterator[None]:
        """Meanwhile leave so many calls, and dollars for one of so many tokens, untouched."""
        self._kept_usd, self._kept_calls = self._highest_price(tokens), calls
        try:
            yield
        finally:
            self._kept_usd, self._kept_calls = Decimal(0), 0

    def replay(self, key: str) -> str | None:
        """What an earlier attempt at the run was answered, each answer once; else None."""
        with self._lock:
            place = self._replayed.get(key, 0)
            answers = [c.answer for c in self._state.calls if c.key == key and c.answer is not None]
            if place >= len(answers):
                return None
            self._replayed[key] = place + 1
            return answers[place]

    def reserve(self, key: str, tokens: Tokens) -> Call:
        """Set aside what a call of up to so many tokens can cost.

        Raises:
            CapReached: the budget does not allow it.
        """
        with self._lock:
            if len(self._state.calls) + self._kept_calls >= self._budget.turns:
                raise CapReached(
                    f"The budget of {self._budget.turns} model calls allows no other one."
                )
            cost = self._highest_price(tokens)
            if self._state.usd + self._kept_usd + cost > self._cap:
                raise CapReached(
                    f"The budget of ${self._cap:.2f} allows no other model call: "
                    f"it could cost ${cost:.4f}, and ${self._state.usd:.4f} are spent."
                )
            call = Call(key=key, reserved=cost, usd=cost)
            self._state.calls.append(call)
            self._save()
            return call

    def answered(self, call: Call, tokens: Tokens, answer: str) -> None:
        """Settle a call at what it cost, and keep its answer.

        A server that counts no tokens, or contradicts itself, is taken to have served all that
        was reserved.
        """
        with self._lock:
            call.outcome, call.answer = CallOutcome.ANSWERED, answer
            call.input_tokens, call.output_tokens = tokens.input, tokens.output
            call.cached_tokens = tokens.cached
            call.usd = self._price(tokens, call.reserved)
            self._replayed[call.key] = self._replayed.get(call.key, 0) + 1
            self._save()

    def failed(self, call: Call, *, charged: bool) -> None:
        """Settle a call without an answer: at its reserve where it may have been charged."""
        with self._lock:
            call.outcome = CallOutcome.FAILED if charged else CallOutcome.REFUSED
            call.usd = call.reserved if charged else Decimal(0)
            self._save()

    def cost(self) -> dict[str, float]:
        """As a job shows it: `usd` where the model is priced, calls and tokens."""
        calls = self._state.calls
        cost: dict[str, float] = {
            "requests": len(calls),
            "failed_requests": sum(call.outcome is not CallOutcome.ANSWERED for call in calls),
            "input_tokens": sum(call.input_tokens for call in calls),
            "cached_tokens": sum(call.cached_tokens for call in calls),
            "output_tokens": sum(call.output_tokens for call in calls),
        }
        return cost if self._tariff is None else cost | {"usd": float(self._state.usd)}

    def _highest_price(self, tokens: Tokens) -> Decimal:
        return Decimal(0) if self._tariff is None else highest_price(self._tariff, tokens)

    def _price(self, tokens: Tokens, otherwise: Decimal) -> Decimal:
        if self._tariff is None or not (tokens.input or tokens.output):
            return otherwise
        try:
            return self._tariff.price(tokens)
        except ValueError:
            return otherwise

    def _save(self) -> None:
        self._state.seconds = self.seconds
        self._checkpoint.save(_STEP, self._state)
