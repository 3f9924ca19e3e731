"""The stand-in, for tests of single adapters."""

from collections.abc import Iterator

import pytest

from rehearsal.process import StandIn
from tests.support.aws_stack import AwsStack, make_endpoint, make_stack, shared_stand_in


@pytest.fixture(scope="session")
def stand_in() -> StandIn:
    return shared_stand_in()


@pytest.fixture
def stack(stand_in: StandIn) -> AwsStack:
    return make_stack(stand_in)


@pytest.fixture(scope="session")
def endpoint(stand_in: StandIn) -> str:
    """An embedding endpoint for two calls at once."""
    return make_endpoint(stand_in)


@pytest.fixture(autouse=True)
def no_faults(stand_in: StandIn) -> Iterator[None]:
    """Faults that a test ordered and did not use up are taken back."""
    yield
    stand_in.inject_faults({})
