"""What a browser paints of a page: its HTML without what a person does not see."""

from pathlib import Path

from playwright.async_api import Page

_SCRIPT = Path(__file__).with_name("visible.js").read_text(encoding="utf-8")


class VisibilityScriptFailed(Exception):
    """The page broke the script that looks at it."""


async def visible_html(tab: Page, most: int) -> str:
    """The HTML of what a tab shows, up to `most` characters; empty where there is no page yet.

    Raises:
        VisibilityScriptFailed: the script came to no end.
        PlaywrightError: the page went away meanwhile.
    """
    browser = await tab.context.new_cdp_session(tab)  # ends with its tab
    frames = await browser.send("Page.getFrameTree")
    world = await browser.send(
        "Page.createIsolatedWorld",
        {"frameId": frames["frameTree"]["frame"]["id"], "worldName": "reading"},
    )
    answer = await browser.send(
        "Runtime.evaluate",
        {
            "expression": f"({_SCRIPT})({most})",
            "contextId": world["executionContextId"],
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    if "exceptionDetails" in answer:
        raise VisibilityScriptFailed(str(answer["exceptionDetails"]))
    return str(answer["result"]["value"])
