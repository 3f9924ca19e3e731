"""Walls are told from content, and content from walls."""

import pytest

from researcher.sources.web.extraction import extract_html
from researcher.sources.web.pages import PageUnreadable, ReadFailure
from researcher.sources.web.walls import check_content, check_status

URL = "https://example.com/article"
LOGIN_FORM = "<form><input type='password' name='p'></form>"


def failure_of(markup: str, *, url: str = URL, status: int = 200) -> ReadFailure | None:
    try:
        check_status(url, status, markup)
        check_content(url, URL, extract_html(markup, url), markup)
    except PageUnreadable as unreadable:
        return unreadable.failure
    return None


def article(sentence: str, title: str = "An article") -> str:
    more = "<p>More words follow here, as articles have them.</p>" * 40
    return f"<title>{title}</title><main><h1>{title}</h1><p>{sentence}</p>{more}</main>"


@pytest.mark.parametrize(
    ("markup", "status"),
    [
        ("<title>Just a moment...</title><div id=cf-chl-widget></div>", 403),
        (
            "<title>Just a moment...</title><p>Verifying you are human. Stay.</p>",
            200,
        ),
        ("<title>Access Denied</title><p>Access to this page has been denied.</p>", 403),
        ("<p>Your request was blocked: undeclared automated tool.</p>", 403),
        ("<h1>Pardon our interruption</h1><p>Complete the captcha.</p>", 200),
        ("<p>Our systems have detected unusual traffic from your network.</p>", 429),
        ("<p>Press &amp; hold to confirm</p><div id=px-captcha></div>", 200),
        ("<p>Please enable JavaScript and cookies to continue</p>", 503),
    ],
)
def test_robot_checks(markup: str, status: int) -> None:
    assert failure_of(markup, status=status) is ReadFailure.BOT_WALL


@pytest.mark.parametrize(
    "markup",
    [
        "<title>Sign in</title><p>Welcome back, dear customer of ours.</p>" + LOGIN_FORM,
        "<p>Please log in to continue reading the quarterly report.</p>" + LOGIN_FORM,
        "<title>Log in</title><p>You need to log in, or create an account to continue.</p>",
    ],
)
def test_login_walls(markup: str) -> None:
    assert failure_of(markup) is ReadFailure.LOGIN_WALL


def test_being_sent_to_a_login_page_is_a_login_wall() -> None:
    markup = "<p>Welcome to the members' area of our site, it is nice here.</p>" + LOGIN_FORM
    assert failure_of(markup, url="https://example.com/login?next=x") is ReadFailure.LOGIN_WALL
    assert failure_of("", status=401) is ReadFailure.LOGIN_WALL


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410, 429, 500, 502, 503])
def test_other_statuses_are_no_walls(status: int) -> None:
    assert failure_of("<h1>Sorry</h1>", status=status) is ReadFailure.HTTP_STATUS


@pytest.mark.parametrize("markup", ["", "<div id=root></div>", "<p>Loading…</p>"])
def test_empty_shells(markup: str) -> None:
    assert failure_of(markup) is ReadFailure.EMPTY


@pytest.mark.parametrize(
    "markup",
    [
        article("A captcha asks: are you a robot? Verify you are human, it says."),
        article("Sites that say “please log in to continue” lose readers.") + LOGIN_FORM,
        article("Bot detection is a growing market.", title="Just a moment with our CEO"),
        article("Access denied: what a 403 means.", title="Access denied"),
        article("The form is protected.") + "<div class=g-recaptcha></div>" + LOGIN_FORM,
        "<main><h1>Sign in methods</h1><p>We support passkeys and passwords alike.</p></main>",
        "<main><p>Revenue rose to $5.2 million.</p></main><a href=/login>Log in</a>" + LOGIN_FORM,
        "<title>Just a moment with a CEO</title><p>Bot detection is a growing field, he says.</p>",
        "<p>EPS: 1.57</p>",
    ],
)
def test_content_is_no_wall(markup: str) -> None:
    assert failure_of(markup) is None
