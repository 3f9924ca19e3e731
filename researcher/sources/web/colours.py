"""Colours as CSS writes them, and whether letters of one can be told from the paper they are on."""

import re
from dataclasses import dataclass
from functools import lru_cache

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})", re.IGNORECASE)
_RGB = re.compile(
    r"rgba?\(\s*([\d.]+%?)[\s,]+([\d.]+%?)[\s,]+([\d.]+%?)(?:[\s,/]+([\d.]+%?))?\s*\)"
)
_NAMES = {
    "white": (255, 255, 255),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "yellow": (255, 255, 0),
}
_LEAST_ALPHA = 0.1
_LEAST_CONTRAST = 1.15
"""Of WCAG's measure, from 1 for the same to 21 for black on white; 4.5 is what reads well."""


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue from 0 to 255; `alpha` 0 is transparent."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    @property
    def luminance(self) -> float:
        """How bright it is, 0 to 1, as WCAG reckons."""
        linear = (
            value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB
            for value in (self.red / 255, self.green / 255, self.blue / 255)
        )
        red, green, blue = linear
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


BLACK, WHITE = Colour(0, 0, 0), Colour(255, 255, 255)


def colour_of(text: str) -> Colour | None:
    """A colour; None for what is none, or is known to a browser only."""
    word = text.strip().lower()
    if word == "transparent":
        return Colour(0, 0, 0, 0)
    if word in _NAMES:
        return Colour(*_NAMES[word])
    if found := _HEX.fullmatch(word):
        digits = found[1]
        pairs = [d * 2 for d in digits] if len(digits) < 6 else re.findall("..", digits)  # noqa: PLR2004 - RRGGBB
        red, green, blue, alpha = [float(int(pair, 16)) for pair in (*pairs, "ff")[:4]]
        return Colour(red, green, blue, alpha / 255)
    if found := _RGB.fullmatch(word):
        red, green, blue = [_share(part, 255) for part in found.groups()[:3]]
        return Colour(red, green, blue, _share(found[4] or "1", 1))
    return None


@lru_cache(maxsize=1024)
def faint(ink: Colour, paper: Colour | None) -> bool:
    """Whether letters cannot be told from their paper; None: it is not known which."""
    if ink.alpha <= _LEAST_ALPHA:
        return True
    if paper is None or ink.alpha < 1:
        return False
    dark, light = sorted((ink.luminance, paper.luminance))
    return (light + 0.05) / (dark + 0.05) < _LEAST_CONTRAST and _near(ink, paper)


def _near(one: Colour, other: Colour) -> bool:
    """Equally bright colours may still differ, as red and green do."""
    steps = (one.red - other.red, one.green - other.green, one.blue - other.blue)
    return all(abs(step) < 32 for step in steps)  # noqa: PLR2004 - an eighth of the scale


def _share(text: str, whole: float) -> float:
    value = float(text.removesuffix("%"))
    return value * whole / 100 if text.endswith("%") else value
