"""Which reader a machine gets: the browser where there is one, else plain HTTP."""

from alex.settings import Settings
from researcher.reading.client import GuardedClient
from researcher.reading.guard import Guard
from researcher.reading.pages import PageReader
from researcher.reading.plain import HttpReader
from researcher.reading.proxy import GuardedProxy


def open_reader(settings: Settings) -> PageReader:
    """A reader behind the egress guard; nothing is started before the first read."""
    proxy = GuardedProxy(Guard.allowing(settings.allow_hosts))
    return HttpReader(proxy, GuardedClient(settings.user_agent))
