"""Which reader a machine gets: the browser where there is one, else plain HTTP."""

from alex.settings import Settings
from researcher.sources.web.browser import find_browser
from researcher.sources.web.client import GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.http_reader import HttpReader
from researcher.sources.web.pages import PageReader
from researcher.sources.web.proxy import GuardedProxy


def open_reader(settings: Settings) -> PageReader:
    """A reader behind the egress guard, for one event loop; started by its first read."""
    proxy = GuardedProxy(Guard.allowing(settings.allow_hosts))
    client = GuardedClient(settings.user_agent)
    browser = find_browser()
    if browser is None:
        return HttpReader(proxy, client)
    from researcher.sources.web.browser_reader import BrowserReader  # noqa: PLC0415 - Playwright is heavy

    return BrowserReader(proxy, client, browser)
