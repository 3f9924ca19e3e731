"""What the phases of a run share."""

from dataclasses import dataclass

from agents import MaxTurnsExceeded

from alex.errors import AlexError
from alex.research.jobs import Job, ResearchRequest
from alex.services import Services
from researcher.checkpoint import Checkpoint
from researcher.llm.ledger import Ledger
from researcher.llm.providers import ConfiguredModel
from researcher.sources.relevance import Ranker
from researcher.sources.web.pages import PageReader


class Cancelled(AlexError):
    """Somebody asked for the run to stop."""


def question_of(request: ResearchRequest) -> str:
    """The question in words; of bare tickers, what everybody asks."""
    bare = bool(request.tickers) and not (request.topic or request.urls)
    return f"{request.subject}: results, outlook and risks" if bare else request.subject


@dataclass(slots=True)
class Run:
    """What the phases share.

    Attributes:
        deadline: on the running loop's clock; the run is over then.
        model_deadline: the model is not waited for any longer; what is left of the time is for
            finishing without it.
        ledger: of all model calls.
    """

    services: Services
    job: Job
    llm: ConfiguredModel
    reader: PageReader
    ranker: Ranker
    checkpoint: Checkpoint
    deadline: float
    model_deadline: float
    ledger: Ledger

    @property
    def subject(self) -> str:
        """The question in words."""
        return question_of(self.job.request)

    def note(self, phase: str, message: str) -> None:
        """Report progress.

        Raises:
            Cancelled: a cancel was asked for meanwhile.
        """
        stop_if_cancelled(self.services.research.progress(self.job.id, phase, message))

    def reach(self, phase: str, cap: str) -> None:
        """Report that a cap of the budget was reached; the report will say it, too.

        Raises:
            Cancelled: a cancel was asked for meanwhile.
        """
        self.ledger.reach(cap)
        self.note(phase, cap)


def stop_if_cancelled(job: Job) -> None:
    """Let a run stop where it is not wanted any more.

    Raises:
        Cancelled: a cancel was asked for, or another run has ended the job.
    """
    if job.cancel_requested or job.status.final:
        raise Cancelled("The run was cancelled.")


def cap_of(error: Exception, run: Run) -> str:
    """What was used up, in words."""
    if isinstance(error, AlexError):
        return error.detail
    if isinstance(error, MaxTurnsExceeded):
        return "The reader did not come to an end by itself."
    return f"Its share of the {run.job.request.budget.seconds} seconds was used up."
