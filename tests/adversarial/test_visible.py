"""What the browser paints is read, what it does not paint is not, whatever the page tells us."""

import asyncio
from collections.abc import Iterator

import pytest

from researcher.sources.web.browser import find_browser
from researcher.sources.web.browser_reader import BrowserReader, PageTimeouts
from researcher.sources.web.client import GuardedClient
from researcher.sources.web.guard import Guard
from researcher.sources.web.pages import WebPage
from researcher.sources.web.proxy import GuardedProxy
from tests.support.needs import needs_browser
from tests.support.site import Reply, serving

SHOWN = {
    "plain text": "<p>@</p>",
    "white on dark": "<p style='background:#036;color:#fff'>@</p>",
    "white on a dark class": "<style>.dark{background:#036}</style><div class=dark><p style="
    "'color:#fff'>@</p></div>",
    "white over a picture beside it": "<div style='position:relative'><img style='width:900px;"
    "height:90px;display:block'><h2 style='position:absolute;top:9px;color:#fff'>@</h2></div>",
    "white over a dark box beside it": "<div style='position:relative;height:60px'><div style='"
    "position:absolute;inset:0;background:#111'></div><b style='position:relative;color:#fff'>@</b>"
    "</div>",
    "white over a background picture": "<div style='background:url(x.png)'><p style='color:#fff'>@",
    "cut out of a gradient": "<h2 style='background:linear-gradient(red,blue);"
    "-webkit-background-clip:text;color:transparent'>@</h2>",
    "aria-hidden": "<p aria-hidden=true>@</p>",
    "closed details": "<details><summary>More</summary><p>@</p></details>",
    "a tab's panel": "<button role=tab aria-controls=p1>Tab</button><div id=p1 hidden>@</div>",
    "an accordion's panel": "<button aria-controls=p2>Open</button><div id=p2 style='height:0;"
    "overflow:hidden'><p>@</p></div>",
    "a slide not yet turned to": "<div style='overflow:hidden;width:600px'><div style='"
    "display:flex;width:9000px'><p style='width:6000px'>first</p><p>@</p></div></div>",
    "visible in an invisible box": "<div style='visibility:hidden'><b style='visibility:visible'>@"
    "</b></div>",
    "of a size in a box of none": "<div style='font-size:0'><b style='font-size:14px'>@</b></div>",
    "fading in when scrolled to": "<div style='height:3000px'></div><p class=fade style='opacity:0;"
    "transition:opacity .3s'>@</p><script>new IntersectionObserver((all) => all.forEach((one) => {"
    "if (one.isIntersecting) one.target.style.opacity = 1})).observe("
    "document.querySelector('.fade'))</script>",
    "fading in by itself": "<style>@keyframes f{from{opacity:0}to{opacity:1}}.f{animation:f 1s 60s "
    "both}</style><p class=f>@</p>",
    "with display contents": "<div style='display:contents;overflow:hidden'><p>@</p></div>",
    "below the fold": "<p style='margin-top:4000px'>@</p>",
    "small print": "<p style='font-size:6px'>@</p>",
    "grey on white": "<p style='color:#999'>@</p>",
    "shown by a script against its style": "<p id=s style='display:none'>@</p><script>"
    "s.style.display='block'</script>",
    "against its own attribute": "<style>[hidden].x{display:block}</style><p class=x hidden>@</p>",
}
UNSEEN = {
    "for screen readers only": "<p style='position:absolute;width:1px;height:1px;overflow:hidden;"
    "clip:rect(0,0,0,0)'>@</p>",
    "of a linked sheet": "<p class=linked>@</p>",
    "by a sheet added by a script": "<p class=late>@</p><script>"
    "const s=new CSSStyleSheet(); s.replaceSync('.late{display:none}');"
    "document.adoptedStyleSheets=[s]</script>",
    "white on white by variables": "<p style='--c:#fff;color:var(--c)'>@</p>",
    "white on white by a mix": "<p style='color:hsl(0 0% 99%)'>@</p>",
    "the colour of its own box": "<p style='background:#036;color:#036'>@</p>",
    "almost transparent": "<div style='opacity:.3'><div style='opacity:.3'><p>@</p></div></div>",
    "transparent and fading in never": "<p style='opacity:0;transition:opacity 1s'>@</p>",
    "scaled to nothing": "<div style='transform:scale(0.0001)'><p>@</p></div>",
    "far to the left": "<p style='position:absolute;left:-3000px'>@</p>",
    "far to the right": "<p style='position:fixed;left:9000px;white-space:nowrap'>@</p>",
    "above the page": "<p style='position:absolute;top:-900px'>@</p>",
    "filtered away": "<p style='filter:opacity(0)'>@</p>",
    "clipped by a path": "<p style='clip-path:inset(100%)'>@</p>",
    "content not rendered": "<p style='content-visibility:hidden'>@</p>",
    "in a panel nobody opens": "<div id=p9 hidden>@</div>",
    "in a panel of a hidden control": "<button hidden aria-controls=p8>x</button>"
    "<div id=p8 hidden>@</div>",
    "hidden inside a panel": "<button aria-controls=p7>Open</button><div id=p7 hidden><p style='"
    "display:none'>@</p></div>",
    "in a cookie notice": "<div style='position:fixed'>We use cookies. @</div>",
    "in a closed popover": "<div popover>@</div>",
    "in a closed dialog": "<dialog>@</dialog>",
    "in a list of suggestions": "<datalist><option>@</datalist>",
}


def text(number: int) -> str:
    return f"Sentence number {1_000 + number} stands here."


@pytest.fixture(scope="module")
def read() -> Iterator[WebPage]:
    browser = find_browser()
    assert browser is not None
    snippets = [*SHOWN.values(), *UNSEEN.values()]
    body = "".join(
        f"<section>{snippet.replace('@', text(number))}</section>"
        for number, snippet in enumerate(snippets)
    )
    routes = {
        "/": Reply(
            f"<!doctype html><link rel=stylesheet href=/s.css><body><main><h1>All</h1>{body}</main>"
        ),
        "/s.css": Reply(".linked{visibility:hidden}", content_type="text/css"),
    }

    async def main(url: str, allowed: str) -> WebPage:
        reader = BrowserReader(
            GuardedProxy(Guard.allowing([allowed])),
            GuardedClient("AlexTest/1.0 (tests)"),
            browser,
            timeouts=PageTimeouts(quiet=0.5, content=0.5),
        )
        try:
            return await reader.read(url)
        finally:
            await reader.close()

    with serving(routes) as site:
        yield asyncio.run(main(site.url(), f"127.0.0.1:{site.port}"))


@needs_browser
@pytest.mark.parametrize("number", range(len(SHOWN)), ids=list(SHOWN))
def test_what_is_painted_is_read(read: WebPage, number: int) -> None:
    assert read.via == "browser"
    assert not read.partial
    assert text(number) in read.text


@needs_browser
@pytest.mark.parametrize("number", range(len(UNSEEN)), ids=list(UNSEEN))
def test_what_is_not_painted_is_not_read(read: WebPage, number: int) -> None:
    assert text(len(SHOWN) + number) not in read.text
