"""Texts in an S3 bucket."""

from botocore.exceptions import ClientError

from alex.aws.clients import Clients
from alex.aws.failures import code, translated


class S3TextStore:
    """One object a text; keys are the objects' keys."""

    def __init__(self, clients: Clients, bucket: str) -> None:
        self._clients = clients
        self._bucket = bucket

    def put(self, key: str, text: str) -> None:
        """Store or replace, durably."""
        with translated("The text store"):
            self._clients.s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=text.encode(),
                ContentType="text/plain; charset=utf-8",
            )

    def get(self, key: str) -> str | None:
        """The text, or None."""
        with translated("The text store"):
            try:
                answer = self._clients.s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if code(error) == "NoSuchKey":
                    return None
                raise
            return answer["Body"].read().decode()

    def delete(self, key: str) -> None:
        """Remove; an unknown key is no error."""
        with translated("The text store"):
            self._clients.s3.delete_object(Bucket=self._bucket, Key=key)
