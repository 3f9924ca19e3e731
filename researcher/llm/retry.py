"""How long a run waits for its model, and how often it asks again."""

from dataclasses import dataclass

from researcher.llm.failures import ModelFailed


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long.

    Attributes:
        timeout: seconds for one answer, all of it; None for as long as it takes.
        attempts: how often a question is sent at most.
        first: seconds before the second attempt; each later wait is twice as long.
        longest: seconds; a server that asks for more than this is not waited for.
    """

    timeout: float | None = 120.0
    attempts: int = 3
    first: float = 1.0
    longest: float = 60.0

    def wait(self, error: Exception, attempt: int) -> float | None:
        """Seconds to wait after this attempt, from 1; None where another one is no use."""
        if attempt >= self.attempts or not isinstance(error, ModelFailed) or not error.transient:
            return None
        if error.retry_after is None:
            return min(self.first * 2.0 ** (attempt - 1), self.longest)
        return error.retry_after if error.retry_after <= self.longest else None
