"""AWS clients: made when first used, each with its own timeouts and retries.

botocore's session rather than boto3's: the same clients, without the resources and transfer
manager that boto3 imports and nothing here needs.
"""

import threading
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3vectors import S3VectorsClient
    from mypy_boto3_sagemaker_runtime import SageMakerRuntimeClient
    from mypy_boto3_ssm import SSMClient

_CONNECT = 2


def _config(read: float, attempts: int, connections: int = 10) -> Config:
    return Config(
        connect_timeout=_CONNECT,
        read_timeout=read,
        retries={"mode": "standard", "total_max_attempts": attempts},
        max_pool_connections=connections,
    )


class Clients:
    """One session, one client a service; threads may share it.

    Args:
        embedding_concurrency: connections that the embedding client keeps.
        wait_seconds: seconds that a call to a cold endpoint may hang.
        session: credentials and region; by default those of the environment.
        endpoint: address of a stand-in for AWS; by default `AWS_ENDPOINT_URL`, else AWS itself.
    """

    def __init__(
        self,
        *,
        embedding_concurrency: int = 5,
        wait_seconds: float = 20,
        session: botocore.session.Session | None = None,
        endpoint: str | None = None,
    ) -> None:
        self._concurrency = embedding_concurrency
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._session = session
        self._endpoint = endpoint
        self._made: dict[str, Any] = {}

    @property
    def dynamodb(self) -> "DynamoDBClient":
        """Answers in milliseconds: a slow try is a lost one."""
        return cast("DynamoDBClient", self._client("dynamodb", _config(3, 5)))

    @property
    def s3(self) -> "S3Client":
        """Texts of a few megabytes at most."""
        return cast("S3Client", self._client("s3", _config(6, 4)))

    @property
    def s3vectors(self) -> "S3VectorsClient":
        """Retried by its adapter, which knows how long the caller waits."""
        return cast("S3VectorsClient", self._client("s3vectors", _config(10, 1)))

    @property
    def sagemaker(self) -> "SageMakerRuntimeClient":
        """Retried by its adapter; a cold endpoint keeps a call hanging while it wakes."""
        config = _config(self._wait_seconds, 1, self._concurrency)
        return cast("SageMakerRuntimeClient", self._client("sagemaker-runtime", config))

    @property
    def lambda_(self) -> "LambdaClient":
        """Never retried: a try whose answer was lost may have started the run."""
        return cast("LambdaClient", self._client("lambda", _config(5, 1)))

    @property
    def ssm(self) -> "SSMClient":
        """Parameters, by name."""
        return cast("SSMClient", self._client("ssm", _config(3, 4)))

    def close(self) -> None:
        """Close connections; a client used again opens them again."""
        with self._lock:
            for client in self._made.values():
                client.close()

    def _client(self, service: str, config: Config) -> Any:  # noqa: ANN401 - narrowed by callers
        with self._lock:
            if service not in self._made:
                self._session = self._session or botocore.session.get_session()
                self._made[service] = self._session.create_client(
                    service, endpoint_url=self._endpoint, config=config
                )
            return self._made[service]
