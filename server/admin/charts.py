"""Small bar charts as SVG, drawn on the server; they hold no words, the table beside them tells the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_WIDTH, _HEIGHT, _TOP, _BOTTOM = 480, 120, 8, 4


@dataclass(frozen=True)
class Bar:
    """One bar of a chart: when, how much, and the part of it that is bad."""

    at: datetime
    value: float
    bad: float = 0


@dataclass(frozen=True)
class Rectangle:
    """In user units of the chart's view box."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True)
class Chart:
    """What a template draws: rectangles in a view box of 480 by 120, and the figures for the table."""

    rectangles: tuple[Rectangle, ...]
    bars: tuple[Bar, ...]
    highest: float
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def told(self) -> tuple[Bar, ...]:
        """For the table: the bars that are not empty, the newest first."""
        return tuple(bar for bar in reversed(self.bars) if bar.value or bar.bad)


def chart(bars: Sequence[Bar]) -> Chart:
    """A bar for each, side by side, the highest as high as the chart."""
    highest = max((bar.value for bar in bars), default=0)
    room = _HEIGHT - _TOP - _BOTTOM
    step = _WIDTH / max(1, len(bars))
    drawn: list[Rectangle] = []
    for number, bar in enumerate(bars):
        x = number * step
        for kind, value in (("whole", bar.value), ("bad", bar.bad)):
            height = room * value / highest if highest else 0
            if height:
                tall = round(max(height, 1.5), 1)  # what is there is seen, however little it is
                drawn.append(Rectangle(round(x, 1), _HEIGHT - _BOTTOM - tall, round(step * 0.8, 1), tall, kind))
    return Chart(tuple(drawn), tuple(bars), highest)
