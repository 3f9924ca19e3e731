"""What Lambda tells a handler about its invocation."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """An invocation that ends at `deadline`, by the monotonic clock."""

    function_name: str = "test"
    aws_request_id: str = "test-invocation"
    deadline: float = 0
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 0
    log_group_name: str = "test"
    log_stream_name: str = "test"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:test:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self.deadline - time.monotonic()) * 1000))
