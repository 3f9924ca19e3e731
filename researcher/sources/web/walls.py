"""Pages that stand in front of the page: robot checks, log-ins, empty shells.

Conservative: a status, or a short text that is nothing but the wall. An article about captchas is
an article.
"""

import re
from urllib.parse import urlsplit

from researcher.sources.web.extraction import Extracted
from researcher.sources.web.pages import PageUnreadable, ReadFailure

_WALL_STATUSES = frozenset({401, 403, 407, 429, 503})
_SHORT = 1_500
"""Characters: a wall says what it wants in fewer; an article is longer."""

_EMPTY = 40

_ROBOT_CHECK = re.compile(
    r"verify(?:ing)? (?:that )?you(?:'|’)?(?: a)?re (?:a )?(?:not a (?:ro)?bot|human)"  # noqa: RUF001 - as pages write it
    r"|(?:checking|making sure) (?:your browser|(?:if )?you(?:'|’)?re not a bot)"  # noqa: RUF001
    r"|(?:complete|solve) (?:the|this|a) (?:captcha|security check|challenge)"
    r"|are you (?:a )?(?:human|robot)\b|i(?:'|’)?m not a robot"  # noqa: RUF001
    r"|unusual traffic from your|automated (?:access|requests|tool|queries)"
    r"|(?:enable|allow) javascript and cookies to continue|press (?:&|and) hold"
    r"|request (?:was )?blocked|undeclared automated"
    r"|pardon our interruption|access to this page has been denied|ddos protection by",
    re.IGNORECASE,
)
_ROBOT_CHECK_TITLE = re.compile(
    r"(?:just a moment|attention required!?|access denied|security check|robot check"
    r"|are you a robot\??|please wait|one more step|human verification)[ .…!]*(?:[|–-].*)?",  # noqa: RUF001 - as pages write it
    re.IGNORECASE,
)
_ROBOT_CHECK_MARKUP = re.compile(
    r"cf-chl|challenges\.cloudflare\.com|cdn-cgi/challenge-platform|_cf_chl_opt|g-recaptcha"
    r"|h-captcha|hcaptcha\.com/1/api|datadome|px-captcha|perimeterx|incapsula|awswaf",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"(?:log|sign) ?in (?:to (?:continue|view|access|read|your account)|required|or register)"
    r"|(?:please|you must|you need to) (?:log|sign) ?in|subscribers? only"
    r"|(?:create|register for) (?:a|an|your) (?:free )?account to (?:continue|read|view)"
    r"|subscribe to (?:continue|read|unlock)|already a subscriber",
    re.IGNORECASE,
)
_LOGIN_TITLE = re.compile(r"(?:log|sign)[ -]?(?:in|on)\b", re.IGNORECASE)
_LOGIN_PATH = re.compile(r"/(?:log-?in|sign-?in|sso|auth|users/sign_in)\b", re.IGNORECASE)
_PASSWORD_FIELD = re.compile(r"<input[^>]+type\s*=\s*[\"']?password", re.IGNORECASE)


def check_status(url: str, status: int, markup: str) -> None:
    """Let a response with a status in the 200s pass.

    Raises:
        PageUnreadable: a bot wall, a login wall, or an error.
    """
    if status in _WALL_STATUSES and _is_robot_check_markup(markup):
        raise PageUnreadable(
            url, ReadFailure.BOT_WALL, f"The site turns robots away (HTTP {status})."
        )
    if status == 401:  # noqa: PLR2004 - HTTP status
        raise PageUnreadable(url, ReadFailure.LOGIN_WALL, "The page wants a log-in (HTTP 401).")
    if not 200 <= status < 300:  # noqa: PLR2004 - HTTP statuses
        raise PageUnreadable(url, ReadFailure.HTTP_STATUS, f"The server answered HTTP {status}.")


def check_content(url: str, requested_url: str, content: Extracted, markup: str) -> None:
    """Let real content pass.

    Raises:
        PageUnreadable: the text is a robot check, a log-in form, or nothing.
    """
    text = content.text.strip()
    if len(text) < _SHORT:
        if _is_robot_check(content.title, text, markup):
            raise PageUnreadable(
                url, ReadFailure.BOT_WALL, "The site asks for proof of being human."
            )
        if _is_login(url, requested_url, content.title, text, markup):
            raise PageUnreadable(url, ReadFailure.LOGIN_WALL, "The page wants a log-in.")
    if len(text) < _EMPTY and not any(character.isdigit() for character in text):
        raise PageUnreadable(url, ReadFailure.EMPTY, "The page has no readable text.")


def _is_robot_check_markup(markup: str) -> bool:
    return bool(_ROBOT_CHECK_MARKUP.search(markup) or _ROBOT_CHECK.search(markup))


def _is_robot_check(title: str, text: str, markup: str) -> bool:
    signs = (
        bool(_ROBOT_CHECK.search(text)),
        bool(_ROBOT_CHECK_TITLE.fullmatch(title)),
        bool(_ROBOT_CHECK_MARKUP.search(markup)),
    )
    return sum(signs) > 1 or (any(signs) and len(text) < _SHORT // 3)


def _is_login(url: str, requested_url: str, title: str, text: str, markup: str) -> bool:
    sent_to_login = bool(_LOGIN_PATH.search(urlsplit(url).path)) and not _LOGIN_PATH.search(
        urlsplit(requested_url).path
    )
    signs = (
        bool(_LOGIN.search(text)),
        bool(_LOGIN_TITLE.search(title)),
        bool(_PASSWORD_FIELD.search(markup)),
        sent_to_login,
    )
    return sum(signs) > 1
