"""Settings: each bad value is refused by its name, each good one read once."""

import pytest

from alex.errors import Misconfigured
from alex.settings import Settings


def test_allowed_servers_are_kept_in_the_spelling_that_is_compared() -> None:
    read = Settings.from_env({"ALEX_ALLOW_HOSTS": " 127.0.0.1:8000, [0:0::1]:80 ,"})
    assert read.allow_hosts == ("127.0.0.1:8000", "[::1]:80")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALEX_ALLOW_HOSTS", "foo"),
        ("ALEX_ALLOW_HOSTS", "localhost:8931"),
        ("ALEX_ALLOW_HOSTS", "127.0.0.1"),
        ("ALEX_ALLOW_HOSTS", "127.0.0.1:0"),
        ("ALEX_ALLOW_HOSTS", "127.0.0.1:80,127.0.0.1:70000"),
        ("ALEX_WATCH_MINUTES", "-3"),
        ("ALEX_WATCH_MINUTES", "often"),
        ("ALEX_SEC_DATA_URL", "data.sec.gov"),
        ("ALEX_PROVIDER", "oracle"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Settings.from_env({name: value})
