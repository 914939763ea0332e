"""Curves, heat maps and state lines: what has time along its bottom."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final

from tools.monitoring.drawing.canvas import FAINT, GRID, INK, NAMED, PALETTE, Box, Canvas, Point, fits, wide
from tools.monitoring.drawing.units import told

LEGEND_SIZE, LEGEND_LINE, LEGEND_LINES = 10.0, 14.0, 4
#: What an entry of a legend has beside its words.
LEGEND_MARK = 26.0
TICK_SIZE = 10.0
#: A state that lasted a moment is seen all the same.
NARROWEST = 3.0
#: Seconds that axes of times end with.
TOPS: Final = (60, 120, 240, 480, 960, 1200, 2400, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 172_800)
TIMES_EVERY: Final = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)


#: A curve's points, and those of what it stands on.
Layer = tuple[Mapping[float, float], Mapping[float, float]]


@dataclass(frozen=True, slots=True)
class Curve:
    """points: time and value; where a time is missing there was none."""

    name: str
    points: Mapping[float, float]


@dataclass(frozen=True, slots=True)
class Span:
    """step: seconds between two points."""

    start: float
    end: float
    step: float

    def x(self, moment: float, plot: Box) -> float:
        return plot.x + (moment - self.start) / (self.end - self.start) * plot.width

    @property
    def moments(self) -> list[float]:
        return [self.start + number * self.step for number in range(int((self.end - self.start) / self.step) + 1)]


def draw_curves(
    canvas: Canvas, box: Box, panel: Mapping[str, Any], curves: Sequence[Curve], span: Span, marks: Sequence[float]
) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    stacked = defaults["custom"].get("stacking", {}).get("mode") == "normal"
    bottom = _legend(
        canvas,
        box,
        [(curve.name, PALETTE[at % len(PALETTE)]) for at, curve in enumerate(curves)],
        [max(curve.points.values()) for curve in curves],
    )
    layers: list[Layer] = _stacked(curves, span) if stacked else [(curve.points, {}) for curve in curves]
    values = [value for points, _ in layers for value in points.values()]
    top = defaults["max"] if "max" in defaults else _top(max(values, default=0), defaults["unit"])
    ticks = [(share, told(share * top, defaults["unit"])) for share in (0, 0.25, 0.5, 0.75, 1)]
    plot = _plot(box, ticks, bottom + 16)
    _axes(canvas, plot, span, ticks)
    for moment in marks:
        place = span.x(moment, plot)
        canvas.line([(place, plot.y), (place, plot.bottom)], NAMED["blue"], 0.7, "2 3")
    for step in defaults.get("thresholds", {}).get("steps", ()):
        if step.get("value") is not None and 0 < step["value"] <= top:
            level = plot.bottom - step["value"] / top * plot.height
            canvas.line([(plot.x, level), (plot.right, level)], NAMED[step["color"]], 1, "5 4")
    # The first layers last, so that they lie on those that they are stacked under.
    for at, (points, below) in reversed(list(enumerate(layers))):
        _curve(canvas, plot, points, below, span, top, PALETTE[at % len(PALETTE)], stacked=stacked)


def _curve(
    canvas: Canvas,
    plot: Box,
    points: Mapping[float, float],
    below: Mapping[float, float],
    span: Span,
    top: float,
    color: str,
    *,
    stacked: bool,
) -> None:
    def place(moment: float, value: float) -> Point:
        return span.x(moment, plot), plot.bottom - min(max(value, 0) / top, 1.02) * plot.height

    for piece in _pieces(points, span):
        upper = [place(moment, points[moment]) for moment in piece]
        if len(upper) == 1:
            canvas.dot(upper[0], color)
            continue
        if stacked:
            lower = [place(moment, below.get(moment, 0)) for moment in reversed(piece)]
            canvas.area([*upper, *lower], color, 0.35)
        canvas.line(upper, color, 1.4)


def _pieces(points: Mapping[float, float], span: Span) -> Iterator[list[float]]:
    """Runs of moments without a gap."""
    piece: list[float] = []
    for moment in points:
        if piece and moment - piece[-1] > 1.5 * span.step:
            yield piece
            piece = []
        piece.append(moment)
    if piece:
        yield piece


def _stacked(curves: Sequence[Curve], span: Span) -> list[Layer]:
    """Each curve on those before it."""
    layers: list[Layer] = []
    below = dict.fromkeys(span.moments, 0.0)
    for curve in curves:
        upper = {moment: below.get(moment, 0.0) + value for moment, value in curve.points.items()}
        layers.append((upper, below))
        below = below | upper
    return layers


def draw_heat(canvas: Canvas, box: Box, panel: Mapping[str, Any], curves: Sequence[Curve], span: Span) -> None:
    """curves: cumulative, named by their upper bound."""
    bounds = sorted(curves, key=lambda curve: float(curve.name))
    cells = [
        (row, moment, value - (bounds[row - 1].points.get(moment, 0) if row else 0))
        for row, curve in enumerate(bounds)
        for moment, value in curve.points.items()
    ]
    most = max((count for _, _, count in cells), default=0)
    unit = panel["options"]["yAxis"]["unit"]
    ticks = [
        ((row + 1) / len(bounds), told(float(curve.name), unit))
        for row, curve in enumerate(bounds[:-1])
        if row % 2 == 0
    ]
    plot = _plot(box, ticks, 18)
    height = plot.height / max(1, len(bounds))
    _axes(canvas, plot, span, ticks)
    for row, moment, count in cells:
        if count > 0.01:
            shade = (count / most) ** 0.5
            left, right = span.x(moment - span.step, plot), span.x(moment, plot)
            cell = Box(max(left, plot.x), plot.bottom - (row + 1) * height, right - max(left, plot.x), height)
            canvas.box(cell.inside(right=0.4, bottom=0.4), "#d9480f", opacity=0.12 + 0.88 * shade)


def draw_states(canvas: Canvas, box: Box, panel: Mapping[str, Any], curves: Sequence[Curve], span: Span) -> None:
    words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
    names = [(meaning["text"], NAMED[meaning["color"]]) for meaning in words.values()]
    bottom = _legend(canvas, box, names)
    longest = max((len(curve.name) for curve in curves), default=0)
    plot = box.inside(left=min(box.width * 0.45, 12 + longest * 5.2), top=4, right=8, bottom=bottom + 16)
    _axes(canvas, plot, span, [])
    height = plot.height / max(1, len(curves))
    for row, curve in enumerate(curves):
        y = plot.y + row * height
        canvas.text(
            plot.x - 6, y + height / 2 + 3, fits(curve.name, 9, plot.x - box.x - 6), min(9, height), anchor="end"
        )
        for piece in _pieces(curve.points, span):
            for first, last in _runs(piece, curve.points):
                left, right = span.x(first, plot), span.x(min(last + span.step, span.end), plot)
                color = NAMED[words[f"{curve.points[first]:.0f}"]["color"]]
                band = Box(left, y + height * 0.12, max(NARROWEST, right - left), height * 0.76)
                canvas.box(band, color, opacity=0.75)


def _runs(piece: Sequence[float], points: Mapping[float, float]) -> Iterator[tuple[float, float]]:
    """First and last moment of each run of one value."""
    first = piece[0]
    for one, other in pairwise(piece):
        if points[other] != points[one]:
            yield first, one
            first = other
    yield first, piece[-1]


def _top(largest: float, unit: str) -> float:
    """A round number above it, of which quarters are round too."""
    if largest <= 0:
        return 1
    if unit == "s" and largest > TOPS[0]:
        return next((top for top in TOPS if top >= largest), largest)
    base = 2 if unit == "bytes" else 10
    size = float(base ** math.floor(math.log(largest, base)))
    return next(size * factor for factor in (1, 2, 4, 5, 8, 10, 20) if size * factor >= largest * 0.999)


def _plot(box: Box, ticks: Sequence[tuple[float, str]], bottom: float) -> Box:
    """Where the curves are: beside what is written at the axis, above what is below."""
    widest = max((wide(words, TICK_SIZE) for _, words in ticks), default=0)
    return box.inside(left=max(58, widest + 8), top=4, right=8, bottom=bottom)


def _axes(canvas: Canvas, plot: Box, span: Span, ticks: Sequence[tuple[float, str]]) -> None:
    for share, words in ticks:
        level = plot.bottom - share * plot.height
        canvas.line([(plot.x, level), (plot.right, level)], GRID)
        canvas.text(plot.x - 5, level + 3.5, words, TICK_SIZE, FAINT, "end")
    # As many times as have room.
    every = next((each for each in TIMES_EVERY if (span.end - span.start) / each <= plot.width / 75), TIMES_EVERY[-1])
    moment = math.ceil(span.start / every) * every
    while moment <= span.end:
        x = span.x(moment, plot)
        canvas.line([(x, plot.y), (x, plot.bottom)], GRID)
        if plot.x + 12 < x < plot.right - 12:
            canvas.text(x, plot.bottom + 13, f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S}", 10, FAINT, "middle")
        moment += every


Entry = tuple[str, str]


def _legend(canvas: Canvas, box: Box, names: Sequence[Entry], weights: Sequence[float] = ()) -> float:
    """Writes names at the bottom of the box, those of most weight where not all have room; how high that is."""
    lines = _broken(names, box.width)
    hidden, more = 0, ""
    heaviest = sorted(range(len(names)), key=lambda at: weights[at] if weights else -at, reverse=True)
    while len(lines) > LEGEND_LINES or (more and _room(lines, box.width) < wide(more, LEGEND_SIZE) + 8):
        hidden += 1
        more = f"and {hidden} more"
        lines = _broken([names[at] for at in sorted(heaviest[: len(names) - hidden])], box.width)
    height = LEGEND_LINE * len(lines) + 4
    for number, line in enumerate(lines):
        x, y = box.x + 4, box.bottom - height + LEGEND_LINE * (number + 1)
        for name, color in line:
            canvas.line([(x, y - 3), (x + 12, y - 3)], color, 3)
            canvas.text(x + 16, y, name, LEGEND_SIZE, INK)
            x += wide(name, LEGEND_SIZE) + LEGEND_MARK
    if more:
        canvas.text(box.right - 4, box.bottom - 4, more, LEGEND_SIZE, FAINT, "end")
    return height


def _broken(names: Sequence[Entry], width: float) -> list[list[Entry]]:
    """In lines."""
    lines: list[list[Entry]] = [[]]
    for name, color in names:
        short = fits(name, LEGEND_SIZE, width - 40)
        if lines[-1] and _room(lines, width) < wide(short, LEGEND_SIZE) + LEGEND_MARK:
            lines.append([])
        lines[-1].append((short, color))
    return lines


def _room(lines: Sequence[Sequence[Entry]], width: float) -> float:
    """What is left of the last line."""
    return width - sum(wide(name, LEGEND_SIZE) + LEGEND_MARK for name, _ in lines[-1])
