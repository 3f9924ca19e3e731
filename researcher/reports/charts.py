"""A series as a small bar chart in SVG: drawn from the numbers, labelled as the report writes them.

Plain SVG without script, style sheet or font of its own: it takes its colours from the page it
stands in, light or dark.
"""

from html import escape

from researcher.reports.series import ChartSeries

_WIDTH, _HEIGHT = 420, 230
_LEFT = _RIGHT = 8
_TOP, _BOTTOM = 26, 30
_GAP = 0.34
"""Of a bar's place, left free between it and the next."""

_ROOM = 78
"""Width that a label takes."""

_SMALL = 'font-size="15" text-anchor="middle" fill="currentColor"'


def chart(series: ChartSeries, number: int) -> str:
    """The picture; `number` makes its ids its own on a page with several."""
    place = (_WIDTH - _LEFT - _RIGHT) / len(series.points)
    scale = _Scale(series)
    every = -(-_ROOM * len(series.points) // (_WIDTH - _LEFT - _RIGHT))
    last = len(series.points) - 1
    bars = []
    for index, point in enumerate(series.points):
        middle = _LEFT + (index + 0.5) * place
        top, height = scale.bar(float(point.value))
        bars.append(
            f'<rect class="bar" x="{middle - place * (1 - _GAP) / 2:.1f}" y="{top:.1f}"'
            f' width="{place * (1 - _GAP):.1f}" height="{height:.1f}" rx="1.5"'
            f' fill="var(--bar, #4a6d94)"/>'
        )
        if (last - index) % every == 0:
            above = top - 6 if point.value >= 0 else top + height + 17
            bars += [
                _label(point.written, middle, above),
                _label(point.period, middle, _HEIGHT - 9, quiet=True),
            ]
    title, description_id = f"chart-{number}-title", f"chart-{number}-told"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' aria-labelledby="{title} {description_id}" font-family="inherit">'
        f'<title id="{title}">{escape(caption(series))}</title>'
        f'<desc id="{description_id}">{escape(description(series))}</desc>'
        f"{''.join(bars)}"
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{scale.zero:.1f}" y2="{scale.zero:.1f}"'
        f' stroke="currentColor" stroke-opacity="0.5"/>'
        "</svg>"
    )


def _label(text: str, middle: float, base: float, *, quiet: bool = False) -> str:
    opacity = ' opacity="0.75"' if quiet else ""
    return f'<text {_SMALL}{opacity} x="{middle:.1f}" y="{base:.1f}">{escape(text)}</text>'


def caption(series: ChartSeries) -> str:
    """What the picture shows, and in what."""
    return ", ".join(part for part in (series.name, series.unit, series.length) if part)


def description(series: ChartSeries) -> str:
    """All of its figures in words, for who cannot see it."""
    return "; ".join(f"{point.period}: {point.written}" for point in series.points)


class _Scale:
    """From values to heights; zero is always in the picture, so bars tell true proportions."""

    def __init__(self, series: ChartSeries) -> None:
        values = [float(point.value) for point in series.points]
        self._most, least = max(0.0, *values), min(0.0, *values)
        bottom = _BOTTOM + (20 if least < 0 else 0)
        self._unit = (_HEIGHT - _TOP - bottom) / ((self._most - least) or 1.0)
        self.zero = _TOP + self._most * self._unit

    def bar(self, value: float) -> tuple[float, float]:
        """Top and height."""
        height = abs(value) * self._unit
        return (self.zero - height if value >= 0 else self.zero), height
