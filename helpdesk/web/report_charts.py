"""Where the bars and lines of a report stand: numbers for the attributes of an SVG.

The drawing is stretched to its place, and words stand outside it, so that they keep their size.
Across, a day is DAY_WIDE; down, a chart is HIGH, zero at the bottom.
"""

from dataclasses import dataclass
from datetime import date

from helpdesk.reports.overview import Day, Overview

DAY_WIDE = 12
BAR = 4.5
HIGH = 100
STEPS = (1, 2, 3, 5, 10)
LINES = 4  # hairlines at most, zero not counted


@dataclass(frozen=True, slots=True)
class Bars:
    """Two bars of a day; `x` of the first, heights of both."""

    day: Day
    x: float
    beside: float
    created: float
    created_y: float
    resolved: float
    resolved_y: float


@dataclass(frozen=True, slots=True)
class Charts:
    wide: int
    ticks: list[int]  # of the bars, the highest first
    backlog_ticks: list[int]
    lines: list[float]
    backlog_lines: list[float]
    bars: list[Bars]
    points: str  # of the backlog
    marks: list[date]  # days that are named below


def charts_of(found: Overview) -> Charts:
    days = found.days
    ticks = ticks_to(max(max(day.created, day.resolved) for day in days))
    before = max(0, days[0].backlog - days[0].created + days[0].resolved)
    levels = [before, *(day.backlog for day in days)]
    backlog_ticks = ticks_to(max(levels))
    points = [
        f"{number * DAY_WIDE},{_y(level, backlog_ticks[0])}" for number, level in enumerate(levels)
    ]
    middle = [days[len(days) // 2].day] if len(days) > 2 else []
    return Charts(
        wide=len(days) * DAY_WIDE,
        ticks=ticks,
        backlog_ticks=backlog_ticks,
        lines=[_y(tick, ticks[0]) for tick in ticks[:-1]],
        backlog_lines=[_y(tick, backlog_ticks[0]) for tick in backlog_ticks[:-1]],
        bars=[_bars(number, day, ticks[0]) for number, day in enumerate(days)],
        points=" ".join(points),
        marks=list(dict.fromkeys([days[0].day, *middle, days[-1].day])),
    )


def ticks_to(highest: int) -> list[int]:
    """Round numbers from one that is at least `highest` down to zero, evenly apart."""
    size = 1
    while True:
        for step in STEPS:
            if step * size * LINES >= highest:
                count = max(1, -(-highest // (step * size)))
                return [step * size * number for number in range(count, -1, -1)]
        size *= 10


def _bars(number: int, day: Day, top: int) -> Bars:
    x = number * DAY_WIDE + 1.2
    created, resolved = (HIGH - _y(one, top) for one in (day.created, day.resolved))
    return Bars(
        day=day,
        x=x,
        beside=x + BAR + 0.6,
        created=round(created, 2),
        created_y=_y(day.created, top),
        resolved=round(resolved, 2),
        resolved_y=_y(day.resolved, top),
    )


def _y(value: int, top: int) -> float:
    return round(HIGH - HIGH * value / top, 2)
