"""`POST /ingest`: documents come in."""

from collections.abc import Callable
from functools import cache

from alex.api.routes import routes_of
from alex.aws.api_gateway import Handler, rest_handler
from alex.services import Services
from alex.settings import Settings
from alex.wiring import wire


def make_handler(services: Callable[[], Services]) -> Handler:
    """The Lambda handler over these services."""
    return rest_handler("ingest", routes_of("ingest"), services)


handler = make_handler(cache(lambda: wire(Settings.from_env())))
