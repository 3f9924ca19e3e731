"""What stands in a page and no person sees: the place where orders to machines are hidden.

Gone is what is not displayed, transparent, shrunk to nothing, clipped away, moved off the screen,
or written in the colour of its paper. What a person can open stays: closed `<details>`, and the
panels of tabs and accordions that a visible control names. A browser judges by what it would
paint (see `visible.py`); this judges by what the page says in its own styles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lxml.html import HtmlElement

from researcher.sources.web.colours import BLACK, WHITE, Colour, colour_of, faint
from researcher.sources.web.styles import Style, StyleSheets

_NEVER_SHOWN = frozenset({"datalist", "noembed", "noframes", "rp", "ix:header"})
_FAR = -500.0
"""Pixels: what stands so far to the left or above is off the screen."""

_TINY = 2.0
"""Pixels: smaller letters are not read by anybody."""

_INVISIBLE = 0.1
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_LENGTH = re.compile(rf"({_NUMBER.pattern})(px|pt|em|rem|%|vw|vh|)")
_PIXELS = {"px": 1.0, "": 1.0, "pt": 4 / 3, "rem": 16.0, "em": 16.0, "vw": 12.8, "vh": 8.0}
_FONT = re.compile(rf"(?:^|\s)({_LENGTH.pattern})(?:/|\s)")
_CLIPPED = re.compile(r"rect\((?:\s*[01]?(?:px)?[\s,]*){4}\)")
_CLIPPED_PATH = re.compile(r"inset\(\s*(?:[5-9]\d|100)(?:\.\d+)?%|circle\(\s*0|polygon\(\s*0")
_AWAY = re.compile(r"translate(?:x|y|3d)?\([^)]*-\d{4,}|scale(?:x|y|3d)?\(\s*0?(?:\.0+)?[\s,)]")
_MOVING = ("transform", "transition", "animation", "will-change")
_NAMERS = ("aria-controls", "data-bs-target", "data-target")
_CONTROLS = f"//*[{' or '.join(f'@{name}' for name in _NAMERS)} or (@role='tab' and @href)]"


@dataclass(frozen=True, slots=True)
class _Look:
    """How letters look in an element, as far as its children inherit it.

    Attributes:
        size: of the letters, in pixels.
        ink, paper: None where it cannot be known.
    """

    shown: bool = True
    size: float = 16.0
    ink: Colour | None = None
    paper: Colour | None = None

    @property
    def readable(self) -> bool:
        """Whether a person could read the letters."""
        if not self.shown or self.size < _TINY:
            return False
        return self.ink is None or not faint(self.ink, self.paper)


def drop_hidden(root: HtmlElement) -> None:
    """Remove what a person does not see, and inline XBRL's hidden header."""
    sheet = StyleSheets.of(root)
    panels = _openable(root, sheet)
    start = _Look(ink=BLACK, paper=WHITE) if sheet.complete else _Look()
    waiting: list[tuple[HtmlElement, _Look]] = [(root, start)]
    doomed: list[HtmlElement] = []
    while waiting:
        element, inherited = waiting.pop()
        style = sheet.style(element)
        if element is not root and _gone(element, style) and element.get("id") not in panels:
            doomed.append(element)
            continue
        look = _look(element, style, inherited, sheet)
        if not look.readable:
            _silence(element)
        waiting += [(child, look) for child in element if isinstance(child.tag, str)]
    for element in doomed:
        element.drop_tree()


def _openable(root: HtmlElement, sheet: StyleSheets) -> frozenset[str]:
    """The ids of parts that a visible control of the page opens."""
    found: set[str] = set()
    for control in root.xpath(_CONTROLS):
        named = " ".join(control.get(name, "") for name in _NAMERS)
        if control.get("role") == "tab":
            named += f" {control.get('href', '')}"
        ids = {name.removeprefix("#") for name in named.split()}
        if ids - found and control.text_content().strip() and _stands(control, sheet):
            found |= ids
    return frozenset(found)


def _stands(element: HtmlElement, sheet: StyleSheets) -> bool:
    return not any(_gone(e, sheet.style(e)) for e in (element, *element.iterancestors()))


def _silence(element: HtmlElement) -> None:
    """Remove an element's own text, not that of its children: they may be seen."""
    element.text = None
    for child in element:
        child.tail = None


def _gone(element: HtmlElement, style: Style) -> bool:
    """Whether an element and all in it is out of sight."""
    if element.tag in {"html", "body"}:
        return False  # scripts put them on show
    if element.tag in _NEVER_SHOWN or element.get("popover") is not None:
        return True
    if element.get("hidden") not in {None, "until-found"}:
        return True
    return bool(style) and (
        style.get("display") == "none"
        or style.get("content-visibility") == "hidden"
        or _transparent(style)
        or _shrunk(style)
        or _clipped(style)
        or _off_screen(style)
    )


def _transparent(style: Style) -> bool:
    opacity = _NUMBER.fullmatch(style.get("opacity", "").removesuffix("%"))
    if not opacity or float(opacity[0]) > _INVISIBLE:
        return False
    # What is about to fade in is content: scripts that are not run here show it.
    return not any(name in style for name in _MOVING)


def _shrunk(style: Style) -> bool:
    if style.get("overflow") not in {"hidden", "clip"}:
        return False
    sizes = (_pixels(style.get(name, "")) for name in ("height", "width", "max-height"))
    return any(size is not None and size <= 1 for size in sizes)


def _clipped(style: Style) -> bool:
    return bool(
        _CLIPPED.search(style.get("clip", "")) or _CLIPPED_PATH.search(style.get("clip-path", ""))
    )


def _off_screen(style: Style) -> bool:
    names = ["text-indent", "margin-left", "margin-top"]
    if style.get("position") in {"absolute", "fixed", "relative"}:
        names += ["left", "top"]
    places = (_pixels(style.get(name, "")) for name in names)
    if any(place is not None and place <= _FAR for place in places):
        return True
    return bool(_AWAY.search(style.get("transform", "")))


def _look(element: HtmlElement, style: Style, inherited: _Look, sheet: StyleSheets) -> _Look:
    """How letters look in an element, given how they look around it."""
    plain = not style and not element.get("bgcolor") and element.tag not in {"font", "body"}
    if plain and (sheet.complete or not element.get("class")):
        return inherited
    look = inherited
    if visibility := style.get("visibility"):
        look = replace(look, shown=visibility not in {"hidden", "collapse"})
    size = _font_size(style, look.size)
    return replace(
        look,
        size=look.size if size is None else size,
        ink=_ink(element, style, look.ink),
        paper=_paper(element, style, look.paper, sheet),
    )


def _font_size(style: Style, around: float) -> float | None:
    stated = style.get("font-size", "")
    if not stated and (shorthand := _FONT.search(style.get("font", "") + " ")):
        stated = shorthand[1]
    found = _LENGTH.fullmatch(stated)
    if not found:
        return 16.0 if stated else None  # `medium`, `inherit`, `var(…)`: taken for readable
    number, unit = float(found[1]), found[2]
    if unit in {"em", "%"}:
        return around * number / (100 if unit == "%" else 1)
    return number * _PIXELS[unit]


def _ink(element: HtmlElement, style: Style, around: Colour | None) -> Colour | None:
    if any("text" in style.get(f"{p}background-clip", "") for p in ("", "-webkit-")):
        return None  # letters cut out of a picture
    attribute = {"font": "color", "body": "text"}.get(str(element.tag), "")
    stated = style.get("-webkit-text-fill-color") or style.get("color")
    stated = stated or (element.get(attribute) if attribute else None)
    return colour_of(stated) if stated and stated != "inherit" else around


def _paper(
    element: HtmlElement, style: Style, around: Colour | None, sheet: StyleSheets
) -> Colour | None:
    """The colour behind an element; None where a picture or another element may lie there."""
    stated = " ".join(_stated_paper(element, style))
    if "url(" in stated or "gradient" in stated or "var(" in stated:
        return None
    for word in re.findall(r"[\w#-]+\([^)]*\)|[\w#-]+", stated):
        colour = colour_of(word)
        if colour is not None and colour.alpha > 1 - _INVISIBLE:
            return colour
    if style.get("position") in {"absolute", "fixed"}:
        return None
    return around if sheet.complete or not (element.get("class") or element.get("id")) else None


def _stated_paper(element: HtmlElement, style: Style) -> Iterator[str]:
    for name in ("background-color", "background-image", "background"):
        yield style.get(name, "")
    if not any("background" in name for name in style):
        yield element.get("bgcolor", "")


def _pixels(text: str) -> float | None:
    found = _LENGTH.fullmatch(text)
    if not found or found[2] == "%":
        return None
    return float(found[1]) * _PIXELS[found[2]]
