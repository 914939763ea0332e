"""The three plots of a rating: returns by bucket, rank correlation over time, growth of the best and the worst."""

import math
from collections.abc import Sequence
from typing import Final

import pandas as pd

from canslim_ratings.evaluation.drawing.axes import draw_dates, draw_levels, places
from canslim_ratings.evaluation.drawing.canvas import Box, Canvas
from canslim_ratings.evaluation.report import EvaluatedRating, EvaluationReport

#: Of the curves, in their order.
COLORS: Final = ("blue", "orange", "green", "grey")
#: Around a plot: the room for labels and the title.
LEFT, TOP, RIGHT, BOTTOM = 46.0, 34.0, 26.0, 22.0
WIDTH, ROW, HEAD = 1080.0, 220.0, 28.0


def draw_buckets(canvas: Canvas, box: Box, rating: EvaluatedRating, horizon: int) -> None:
    """Bars of each bucket's mean return above all stocks, weakest first, with their intervals."""
    table = rating.outcomes[horizon].buckets * 100.0
    plot = _titled(canvas, box, f"Excess by bucket, {horizon} sessions, %")
    scale = draw_levels(canvas, plot, table[["excess", "low", "high"]].to_numpy().ravel().tolist(), _plain, 0.0)
    width = plot.width / len(table)
    for at, (label, row) in enumerate(table.iterrows()):
        middle = plot.x + (at + 0.5) * width
        canvas.text((middle, plot.bottom + 13), str(label), size=9, color="faint", anchor="middle")
        if not math.isnan(row["excess"]):
            upper, lower = scale(max(row["excess"], 0.0)), scale(min(row["excess"], 0.0))
            canvas.bar(Box(middle - width * 0.36, upper, width * 0.72, lower - upper), "blue")
        if not math.isnan(row["low"]):
            _whisker(canvas, middle, scale(row["low"]), scale(row["high"]))


def draw_correlations(canvas: Canvas, box: Box, rating: EvaluatedRating) -> None:
    """The rank correlation of each rated session, one curve a horizon."""
    curves = {
        f"{horizon} sessions": outcome.by_session["information_coefficient"]
        for horizon, outcome in rating.outcomes.items()
    }
    _draw_curves(canvas, _titled(canvas, box, "Rank correlation by session"), curves, 0.0)


def draw_growth(canvas: Canvas, box: Box, rating: EvaluatedRating) -> None:
    """What 1 became in the top bucket, the bottom one and all stocks."""
    names = {"top": "top bucket", "bottom": "bottom bucket", "all": "all rated"}
    curves = {told: rating.growth[name] for name, told in names.items()}
    _draw_curves(canvas, _titled(canvas, box, "Growth of 1, before costs"), curves, 1.0)


def draw_rating(rating: EvaluatedRating, horizon: int) -> str:
    """The three plots side by side, for a page that has the style."""
    canvas = Canvas()
    _draw_row(canvas, Box(0, 0, WIDTH, ROW), rating, horizon)
    return canvas.picture(WIDTH, ROW, rating.title)


def draw_ratings(ratings: Sequence[EvaluatedRating], horizon: int, title: str) -> str:
    """A picture that stands alone: a row for each rating."""
    canvas, height = Canvas(), len(ratings) * (ROW + HEAD)
    for at, rating in enumerate(ratings):
        top = at * (ROW + HEAD)
        canvas.text((LEFT, top + HEAD - 4), rating.title, size=14)
        _draw_row(canvas, Box(0, top + HEAD, WIDTH, ROW), rating, horizon)
    return canvas.picture(WIDTH, height, title, alone=True)


def _draw_row(canvas: Canvas, box: Box, rating: EvaluatedRating, horizon: int) -> None:
    third = box.width / 3
    draw_buckets(canvas, Box(box.x, box.y, third, box.height), rating, horizon)
    draw_correlations(canvas, Box(box.x + third, box.y, third, box.height), rating)
    draw_growth(canvas, Box(box.x + 2 * third, box.y, third, box.height), rating)


def first_measured(report: EvaluationReport, rating: EvaluatedRating) -> int | None:
    """The shortest horizon that has a figure."""
    return next((horizon for horizon in sorted(report.horizons) if rating.outcomes[horizon].reason is None), None)


def _draw_curves(canvas: Canvas, plot: Box, curves: dict[str, pd.Series], zero: float) -> None:
    curves = {name: curve.dropna() for name, curve in curves.items()}
    curves = {name: curve for name, curve in curves.items() if len(curve)}
    if not curves:
        canvas.text((plot.x, plot.y + 20), "nothing measured", color="faint")
        return
    scale = draw_levels(canvas, plot, [value for curve in curves.values() for value in curve], _plain, zero)
    sessions = pd.DatetimeIndex(sorted({session for curve in curves.values() for session in curve.index}))
    along = draw_dates(canvas, plot, sessions)
    legend = plot.x
    for color, (name, curve) in zip(COLORS, curves.items(), strict=False):
        points = list(zip(places(pd.DatetimeIndex(curve.index), along), map(scale, curve), strict=True))
        canvas.line(points, color, 1.6)
        canvas.text((legend, plot.y - 6), name, size=9, color=color)
        legend += 12 + 5.2 * len(name)


def _titled(canvas: Canvas, box: Box, title: str) -> Box:
    canvas.text((box.x + LEFT, box.y + 14), title, size=11)
    return box.inside(LEFT, TOP, RIGHT, BOTTOM)


def _whisker(canvas: Canvas, x: float, low: float, high: float) -> None:
    canvas.line([(x, low), (x, high)], "ink")
    for y in (low, high):
        canvas.line([(x - 3, y), (x + 3, y)], "ink")


def _plain(value: float) -> str:
    return f"{value:.4g}"
