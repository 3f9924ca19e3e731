"""What stands on a page and is not its content: dialogs, notices, navigation."""

import re
from collections.abc import Callable

from lxml.html import HtmlElement

_CONSENT = re.compile(
    r"cookie|consent|gdpr|onetrust|didomi|truste|cmp-?(?:box|banner)", re.IGNORECASE
)
_CONSENT_WORDS = re.compile(r"cookie|consent|privacy", re.IGNORECASE)
_LONGEST_NOTICE = 3000
"""Characters: what is longer is an article about cookies, not a notice."""

_DIALOG_ROLES = frozenset({"dialog", "alertdialog"})
_FURNITURE_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "menu", "menubar"})
_FURNITURE = frozenset({"nav", "aside", "button", "select", "menu"})
_PAGE_FURNITURE = frozenset({"header", "footer", "form"})
_CONTENT = ("main", "article")


def drop_dialogs(root: HtmlElement) -> None:
    """Remove dialogs and cookie notices."""
    _drop(root, _is_dialog)


def drop_furniture(root: HtmlElement) -> None:
    """Remove navigation, and headers and footers that belong to the page, not to an article."""
    _drop(root, _is_furniture)


def drop_menus(root: HtmlElement) -> None:
    """Remove navigation only."""
    _drop(root, lambda element: element.tag == "nav" or element.get("role") == "navigation")


def _drop(root: HtmlElement, unwanted: Callable[[HtmlElement], bool]) -> None:
    doomed = [
        element
        for element in root.iter()
        if isinstance(element.tag, str) and element is not root and unwanted(element)
    ]
    for element in doomed:
        if element.getparent() is not None:
            element.drop_tree()


def _is_dialog(element: HtmlElement) -> bool:
    if element.tag in {"html", "body", *_CONTENT}:
        return False
    if element.tag == "dialog" or element.get("role") in _DIALOG_ROLES:
        return True
    if element.get("aria-modal") == "true":
        return True
    name = f"{element.get('id', '')} {element.get('class', '')}"
    if not _CONSENT.search(name):
        return False
    text = element.text_content()
    return len(text) <= _LONGEST_NOTICE and bool(_CONSENT_WORDS.search(text))


def _is_furniture(element: HtmlElement) -> bool:
    if element.tag in _FURNITURE or element.get("role") in _FURNITURE_ROLES:
        return True
    if element.tag not in _PAGE_FURNITURE:
        return False
    # ASP.NET wraps whole pages in one form; an article's own header holds its headline.
    if next(element.iter(*_CONTENT, "h1"), None) is not None:
        return False
    return element.tag == "form" or next(element.iterancestors("article"), None) is None
