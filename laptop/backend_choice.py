"""Which backend a command works with: a service where one is named, else this machine."""

import os
from pathlib import Path

from laptop.backend import Backend
from laptop.console import Screen


def open_backend(screen: Screen, data_dir: Path | None) -> Backend:
    """The service that the environment names, else this machine.

    Raises:
        Misconfigured: a variable is missing or wrong.
    """
    from laptop.local import LocalBackend, settings_for  # noqa: PLC0415 - keeps `--help` quick
    from laptop.remote import Endpoint, RemoteBackend  # noqa: PLC0415

    endpoint = Endpoint.from_env(os.environ)
    if endpoint and data_dir is None:
        screen.note(f"Using {endpoint.url}")
        return RemoteBackend(endpoint, note=screen.note)
    return LocalBackend(settings_for(data_dir))
