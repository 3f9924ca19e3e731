"""A page as PDF: printed by the browser that reads pages, with no way to any network."""

import os
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import PdfMargins, sync_playwright

from alex.errors import AlexError, Misconfigured
from researcher.sources.web.browser import INSTALL, find_browser
from researcher.sources.web.chromium import browser_environment

_SECONDS = 60
_NOWHERE = "http://127.0.0.1:9"
"""A proxy that is none: should anything be asked for, it is not reached."""

_FOOT = (
    '<div style="width:100%;font:8px sans-serif;color:#666;text-align:center">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
_MARGIN: PdfMargins = {"top": "18mm", "right": "18mm", "bottom": "20mm", "left": "18mm"}


def pdf(html: str) -> bytes:
    """The page on A4, with numbered pages and an outline.

    Raises:
        Misconfigured: there is no browser.
        AlexError: the browser failed.
    """
    browser = find_browser()
    if browser is None:
        raise Misconfigured(
            f"A PDF is printed by a browser, and none was found: `{INSTALL}` gets one, "
            "or ALEX_BROWSER names it. `--format html` needs none."
        )
    try:
        return _printed(html, browser)
    except PlaywrightError as error:
        reason = str(error).partition("\n")[0]
        raise AlexError(f"The browser could not print the document: {reason}") from error


def _printed(html: str, executable: Path) -> bytes:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            chromium_sandbox=False,  # it is shown nothing but a page of ours, without scripts
            env=browser_environment(os.environ),
            proxy={"server": _NOWHERE, "bypass": "<-loopback>"},
            timeout=_SECONDS * 1000,
        )
        try:
            context = browser.new_context(
                java_script_enabled=False, offline=True, service_workers="block"
            )
            context.route("**/*", lambda route: route.abort())
            page = context.new_page()
            page.set_default_timeout(_SECONDS * 1000)
            page.set_content(html, wait_until="load")
            return page.pdf(
                format="A4",
                print_background=True,
                margin=_MARGIN,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=_FOOT,
                tagged=True,
                outline=True,
            )
        finally:
            browser.close()
