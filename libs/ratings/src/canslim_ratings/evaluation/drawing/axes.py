"""Scales, and the lines and labels that tell them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.evaluation.drawing.canvas import Box, Canvas

#: Labels of dates that have room.
DATES: Final = 4


@dataclass(frozen=True)
class Scale:
    """Maps values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def round_step(span: float, most: int = 5) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that cuts `span` into `most` pieces or fewer."""
    power = 10.0 ** math.floor(math.log10(span / most))
    return next(power * factor for factor in (1.0, 2.0, 5.0, 10.0) if span / (power * factor) <= most)


def draw_levels(canvas: Canvas, plot: Box, values: Sequence[float], told: Callable[[float], str], zero: float) -> Scale:
    """Draws lines at round levels so that `values`, and `zero`, have room between them; NaN counts for nothing."""
    known = [value for value in (*values, zero) if not math.isnan(value)]
    step = round_step(max(max(known) - min(known), 1e-6))
    first, last = math.floor(min(known) / step), math.ceil(max(known) / step)
    scale = Scale(first * step, max(last, first + 1) * step, plot.bottom, plot.y)
    for level in range(first, max(last, first + 1) + 1):
        y = scale(level * step)
        color = "faint" if abs(level * step - zero) < step / 2 else "grid"
        canvas.line([(plot.x, y), (plot.right, y)], color, 0.8)
        canvas.text((plot.x - 5, y + 3.5), told(level * step), size=9, color="faint", anchor="end")
    return scale


def draw_dates(canvas: Canvas, plot: Box, sessions: pd.DatetimeIndex) -> Scale:
    """Labels some of `sessions` below the plot; pixels are in proportion to days."""
    days = _days(sessions)
    scale = Scale(days[0], max(days[-1], days[0] + 1), plot.x, plot.right)
    for at in np.unique(np.linspace(0, len(days) - 1, DATES).round().astype(np.int64)):
        middle = (scale(days[at]), plot.bottom + 13)
        canvas.text(middle, f"{sessions[at]:%Y-%m-%d}", size=9, color="faint", anchor="middle")
    return scale


def _days(sessions: pd.DatetimeIndex) -> list[float]:
    return [float(day) for day in sessions.to_numpy(dtype="datetime64[D]").astype(np.int64)]


def places(sessions: pd.DatetimeIndex, scale: Scale) -> list[float]:
    """Where each session lies on `scale`."""
    return [scale(day) for day in _days(sessions)]
