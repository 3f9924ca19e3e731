"""Walls in front of pages are named in the report as what could not be verified, never told of."""

import asyncio
import re
from pathlib import Path

import pytest

from alex.research.jobs import Budget, ResearchRequest
from alex.settings import Settings
from alex.wiring import wire
from researcher.pipeline.run import run_job
from researcher.sources.web.reader import open_reader
from tests.support.injections import REVENUE, html
from tests.support.site import Reply, serving

FIGURE = "$999.5 million"
WALLS = {
    "/just-a-moment": (
        Reply(f"<title>Just a moment...</title><p>Verify you are human. {FIGURE}</p>"),
        "proof of being human",
    ),
    "/turned-away": (
        Reply(f"<p>Undeclared automated tool. {FIGURE}</p><div id=px-captcha></div>", 403),
        "turns robots away",
    ),
    "/forbidden": (Reply(f"<h1>Forbidden {FIGURE}</h1>", 403), "HTTP 403"),
    "/members": (
        Reply(
            f"<title>Sign in</title><p>Please log in to continue. {FIGURE}</p>"
            "<form><input type=password></form>"
        ),
        "wants a log-in",
    ),
    "/sent-to-login": (Reply(status=302, headers={"Location": "/members"}), "wants a log-in"),
    "/closed": (html(f"<p>{FIGURE}</p>"), "robots.txt forbids"),
    "/busy": (Reply("Slow down.", 429), "HTTP 429"),
    "/shell": (Reply("<div id=root></div><script>1</script>"), "no readable text"),
}
ROBOTS = "User-agent: *\nDisallow: /closed\n"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    return asyncio.run(researched(tmp_path_factory.mktemp("walls")))


async def researched(folder: Path) -> str:
    routes = {path: wall for path, (wall, _) in WALLS.items()}
    cookies = "<div class=cookie-banner>We use cookies. Accept all 842 partners?</div>"
    routes |= {"/": html(f"<p>{REVENUE}</p>{cookies}"), "/robots.txt": Reply(ROBOTS)}
    with serving(routes) as site:
        services = wire(Settings("local", folder, allow_hosts=(f"127.0.0.1:{site.port}",)))
        request = ResearchRequest(
            topic="Heron Works revenue",
            urls=tuple(site.url(path) for path in ("/", *WALLS)),
            budget=Budget(pages=len(WALLS) + 1, seconds=120),
        )
        job = await run_job(services, services.research.request(request).id, open_reader)
        assert job is not None
        assert job.error is None
        assert "/closed" not in site.hits
        text = services.knowledge.get(job.report_id or "")[1]
        services.close()
    return text.replace("\\", "")


def test_the_honest_page_is_reported_without_its_cookie_notice(report: str) -> None:
    assert REVENUE in report
    assert "842" not in report


@pytest.mark.parametrize("path", WALLS)
def test_a_wall_is_named_with_its_reason(report: str, path: str) -> None:
    unverified = report.partition("## What could not be verified")[2]
    assert re.search(rf"{path}>: [^\n]*{WALLS[path][1]}", unverified)


def test_nothing_a_wall_says_is_reported(report: str) -> None:
    assert FIGURE not in report
    for words in ("Just a moment", "Verify", "Sign in", "Please log in", "Undeclared", "Slow down"):
        assert words not in report
