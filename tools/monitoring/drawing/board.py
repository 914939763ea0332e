"""A whole dashboard as one picture."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.monitoring.drawing.canvas import DESK, FAINT, GRID, INK, PAPER, Box, Canvas, fits
from tools.monitoring.drawing.charts import Curve, Span, draw_curves, draw_heat, draw_states
from tools.monitoring.drawing.figures import draw_numbers, draw_table
from tools.monitoring.prometheus import Prometheus, Series
from tools.monitoring.promql import filled

WIDTH: Final = 1440
COLUMN: Final = WIDTH / 24
ROW: Final = 31
HEAD: Final = 46
GAP: Final = 8
#: Points of a curve: more can't be told apart.
POINTS: Final = 150
LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Asking:
    """variables: what stands for Grafana's."""

    prometheus: Prometheus
    span: Span
    variables: Mapping[str, str]

    def over_time(self, expr: str, more: Mapping[str, str]) -> list[Series]:
        span = self.span
        return self.prometheus.between(filled(expr, {**self.variables, **more}), span.start, span.end, span.step)

    def now(self, expr: str, more: Mapping[str, str]) -> list[Series]:
        return self.prometheus.at(filled(expr, {**self.variables, **more}), self.span.end)


def draw_board(board: Mapping[str, Any], asking: Asking, repeats: Mapping[str, list[str]]) -> str:
    """repeats: the values of variables that rows are repeated for."""
    panels = list(_expanded(board["panels"], repeats))
    height = HEAD + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel, _ in panels) * ROW + GAP
    canvas = Canvas()
    canvas.box(Box(0, 0, WIDTH, height), DESK)
    canvas.text(GAP * 2, 30, board["title"], 18, INK, weight="600")
    events = board["annotations"]["list"]
    marks = {moment for event in events for one in asking.over_time(event["expr"], {}) for moment in _rises(one)}
    for panel, more in panels:
        _draw(canvas, panel, asking, more, sorted(marks))
    return canvas.picture(WIDTH, height, board["title"])


def _rises(series: Series) -> Iterator[float]:
    """When something was counted that was not yet the moment before."""
    before = 0.0
    for moment, value in series.points:
        if value > before:
            yield moment
        before = value


def _expanded(
    panels: list[dict[str, Any]], repeats: Mapping[str, list[str]]
) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
    """Panels with the values of the row they are in; a repeated row is there once for each value, below the last."""
    rows: list[list[dict[str, Any]]] = []
    for panel in panels:
        if panel["type"] == "row":
            rows.append([])
        rows[-1].append(panel)
    shift = 0
    for row in rows:
        variable = row[0].get("repeat")
        values = repeats[variable] if variable else [""]
        lines = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in row) - row[0]["gridPos"]["y"]
        for number, value in enumerate(values):
            for panel in row:
                place = panel["gridPos"] | {"y": panel["gridPos"]["y"] + shift + number * lines}
                title = panel["title"].replace(f"${variable}", value)
                yield panel | {"gridPos": place, "title": title}, {variable: value} if variable else {}
        shift += lines * (len(values) - 1)


def _draw(
    canvas: Canvas, panel: Mapping[str, Any], asking: Asking, more: Mapping[str, str], marks: list[float]
) -> None:
    place = panel["gridPos"]
    outer = Box(place["x"] * COLUMN, HEAD + place["y"] * ROW, place["w"] * COLUMN, place["h"] * ROW)
    if panel["type"] == "row":
        canvas.text(outer.x + GAP * 2, outer.y + 21, panel["title"], 14, INK, weight="600")
        return
    card = outer.inside(GAP / 2 + 2, GAP / 2, GAP / 2 + 2, GAP / 2)
    canvas.box(card, PAPER, GRID)
    canvas.text(card.x + 10, card.y + 18, fits(panel["title"], 12, card.width), 12, INK, weight="600")
    inner = card.inside(8, 26, 8, 6)
    match panel["type"]:
        case "stat":
            answers = [
                (_name(target, one), one) for target in panel["targets"] for one in asking.now(target["expr"], more)
            ]
            draw_numbers(canvas, inner, panel, [(name, one.points[0][1]) for name, one in answers])
        case "table":
            columns = [
                (target["legendFormat"], [(one.labels, one.points[0][1]) for one in asking.now(target["expr"], more)])
                for target in panel["targets"]
            ]
            draw_table(canvas, inner, panel, columns)
        case kind:
            curves = list(_curves(panel, asking, more))
            if not curves:
                nothing = panel["fieldConfig"]["defaults"].get("noValue", "No data")
                canvas.text(inner.x + inner.width / 2, inner.y + inner.height / 2, nothing, 13, FAINT, "middle")
            elif kind == "heatmap":
                draw_heat(canvas, inner, panel, curves, asking.span)
            elif kind == "state-timeline":
                draw_states(canvas, inner, panel, curves, asking.span)
            else:
                draw_curves(canvas, inner, panel, curves, asking.span, marks)


def _curves(panel: Mapping[str, Any], asking: Asking, more: Mapping[str, str]) -> Iterator[Curve]:
    for target in panel["targets"]:
        for one in asking.over_time(target["expr"], more):
            points = {moment: value for moment, value in one.points if math.isfinite(value)}
            if points:
                yield Curve(_name(target, one), points)


def _name(target: Mapping[str, Any], series: Series) -> str:
    return LABEL.sub(lambda found: series.labels.get(found[1], ""), target["legendFormat"])
