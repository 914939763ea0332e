"""Large numbers and tables: what is as of now."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.monitoring.drawing.canvas import BOLD, FAINT, GRID, INK, NAMED, Box, Canvas, fits
from tools.monitoring.drawing.units import told

ROW = 19.0
#: What is free beside a large figure, in its letters.
BESIDE = 1.5


def draw_numbers(canvas: Canvas, box: Box, panel: Mapping[str, Any], values: Sequence[tuple[str, float]]) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    named = len(values) > 1
    cells = [(name, _word(value, defaults), _color(value, defaults)) for name, value in values]
    cells = cells or [("", defaults["noValue"], FAINT)]
    width = box.width / len(cells)
    for at, (name, words, color) in enumerate(cells):
        middle = box.x + width * (at + 0.5)
        size = min(30.0, width / (max(len(words), 3) + BESIDE) / BOLD)
        canvas.text(middle, box.y + box.height / 2 + size / 3, words, size, color, "middle", "600")
        if named:
            canvas.text(middle, box.bottom - 8, fits(name, 11, width), 11, FAINT, "middle")


def _word(value: float, defaults: Mapping[str, Any]) -> str:
    words = defaults.get("mappings") or [{"options": {}}]
    meaning = words[0]["options"].get(f"{value:.0f}")
    return meaning["text"] if meaning else told(value, defaults["unit"], defaults.get("decimals"))


def _color(value: float, defaults: Mapping[str, Any]) -> str:
    color = "green"
    for step in defaults["thresholds"]["steps"]:
        if step.get("value") is None or value >= step["value"]:
            color = step["color"]
    return NAMED[color]


def draw_table(
    canvas: Canvas,
    box: Box,
    panel: Mapping[str, Any],
    columns: Sequence[tuple[str, Sequence[tuple[Mapping[str, str], float]]]],
) -> None:
    """columns: the name of each query, and what it answered by labels."""
    order = panel["transformations"][1]["options"]["indexByName"]
    keys = sorted((name for name in order if not name.startswith("Value")), key=lambda name: order[name])
    defaults = panel["fieldConfig"]["defaults"]
    styles = {
        override["matcher"]["options"]: {one["id"]: one["value"] for one in override["properties"]}
        for override in panel["fieldConfig"]["overrides"]
    }
    rows: dict[tuple[str, ...], dict[str, float]] = {}
    for name, answers in columns:
        for labels, value in answers:
            rows.setdefault(tuple(labels.get(label, "") for label in keys), {})[name] = value
    heads = [*keys, *(name for name, _ in columns)]
    lines = [
        [*key, *(_cell(cells, name, defaults | styles.get(name, {})) for name, _ in columns)]
        for key, cells in sorted(rows.items(), key=_order(panel))
    ]
    room = int((box.height - ROW) // ROW)
    _lines(canvas, box, heads, lines[:room], len(keys))
    if len(lines) > room:
        canvas.text(box.right - 4, box.bottom - 2, f"and {len(lines) - room} more", 10, FAINT, "end")


def _cell(cells: Mapping[str, float], name: str, style: Mapping[str, Any]) -> str:
    return told(cells[name], style["unit"], style["decimals"]) if name in cells else ""


def _order(panel: Mapping[str, Any]) -> Callable[[tuple[tuple[str, ...], dict[str, float]]], tuple[Any, ...]]:
    largest = [column["displayName"] for column in panel.get("options", {}).get("sortBy", ())]
    return lambda row: (*(-row[1].get(name, 0) for name in largest), row[0])


def _lines(canvas: Canvas, box: Box, heads: Sequence[str], lines: Sequence[Sequence[str]], keys: int) -> None:
    longest = [max(len(line[at]) for line in [heads, *lines]) + 2 for at in range(len(heads))]
    scale = (box.width - 8) / sum(longest)
    for number, line in enumerate([heads, *lines]):
        y = box.y + ROW * (number + 0.7)
        canvas.line([(box.x, y + 6), (box.right, y + 6)], GRID)
        x = box.x + 4.0
        for at, words in enumerate(line):
            width = longest[at] * scale
            shown = fits(words, 11, width)
            if at < keys:
                canvas.text(x, y, shown, 11, INK, weight="" if number else "600")
            else:
                canvas.text(x + width - 6, y, shown, 11, INK, "end", weight="" if number else "600")
            x += width
