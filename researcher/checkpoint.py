"""A run's finished steps, kept so that a run that dies does not pay for them twice."""

from pydantic import BaseModel

from alex.knowledge.ports import TextStore


class Checkpoint:
    """Steps of one job by name; gone once the job has ended."""

    STEPS = ("known", "gathered", "read", "draft", "extract", "revision", "calls")

    def __init__(self, texts: TextStore, job_id: str) -> None:
        self._texts = texts
        self._job_id = job_id

    def save(self, step: str, result: BaseModel) -> None:
        """Store a step's result; later results of the same step replace it."""
        self._texts.put(self._key(step), result.model_dump_json())

    def load[M: BaseModel](self, step: str, kind: type[M]) -> M | None:
        """What an earlier attempt noted, or None."""
        text = self._texts.get(self._key(step))
        return None if text is None else kind.model_validate_json(text)

    def clear(self) -> None:
        """Forget every step."""
        for step in self.STEPS:
            self._texts.delete(self._key(step))

    def _key(self, step: str) -> str:
        return f"evidence/{self._job_id}/{step}.json"
