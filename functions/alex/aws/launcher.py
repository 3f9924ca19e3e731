"""Hands research jobs to the researcher's Lambda function."""

import json

from alex.aws.clients import Clients
from alex.aws.failures import translated


class LambdaLauncher:
    """Invokes the function asynchronously, once: an answer that got lost is not asked for again.

    A run starts twice only if somebody asks twice, and then the second finds the job leased.
    """

    def __init__(self, clients: Clients, function: str) -> None:
        self._clients = clients
        self._function = function

    def launch(self, job_id: str) -> None:
        """Ask for the job to be run.

        Raises:
            Unavailable: it is not known whether the job was handed over; ask again.
        """
        with translated("The researcher"):
            self._clients.lambda_.invoke(
                FunctionName=self._function,
                InvocationType="Event",
                Payload=json.dumps({"job_id": job_id}).encode(),
            )
