"""Pictures of dashboards, drawn from answers that are made up."""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import pytest

from tests.monitoring.conftest import ROOT
from tests.monitoring.dashboard_lint import LEGEND
from tests.monitoring.label_flow import Labels, labels_of
from tools.monitoring.drawing.board import WIDTH, Asking, draw_board
from tools.monitoring.drawing.canvas import BOLD, LETTER, NAMED, Box, Canvas
from tools.monitoring.drawing.charts import NARROWEST, Curve, Span, draw_curves, draw_states
from tools.monitoring.drawing.figures import draw_numbers
from tools.monitoring.drawing.units import told
from tools.monitoring.prometheus import Series

SVG = "{http://www.w3.org/2000/svg}"
SPAN = Span(1_000_000, 1_000_600, 4)
VARIABLES = {"namespace": "canslim", "pool": "collector", "stage": "rs", "__rate_interval": "15s", "__range": "600s"}
STAGES = ["collect", "rs", "score"]


class MadeUp:
    """Answers every query with three series of its labels: a wave, one that is absent for a while, one of nothing."""

    def __init__(self, known: Mapping[str, Labels]) -> None:
        self._known = known

    def between(self, query: str, start: float, end: float, step: float) -> list[Series]:
        moments = [start + step * number for number in range(int((end - start) / step) + 1)]
        wave = tuple((moment, float(number % 2)) for number, moment in enumerate(moments))
        broken = tuple((moment, 1.0) for moment in moments if not start + 100 < moment < start + 200)
        nothing = tuple((moment, math.nan) for moment in moments)
        return [Series(self._labels(query, number), points) for number, points in enumerate((wave, broken, nothing))]

    def at(self, query: str, moment: float) -> list[Series]:
        return [Series(self._labels(query, number), ((moment, float(number)),)) for number in (1, 2)]

    def _labels(self, query: str, number: int) -> dict[str, str]:
        return {label: f"{number}" if label == "le" else f"{label}-{number}" for label in labels_of(query, self._known)}


def test_a_picture_shows_every_panel(dashboards: list[dict[str, Any]], known: dict[str, Labels]) -> None:
    for board in dashboards:
        picture = draw_board(board, Asking(MadeUp(known), SPAN, VARIABLES), {"stage": STAGES})
        words = [text for element in ElementTree.fromstring(picture).iter() if (text := element.text)]
        assert "No data" not in words
        for panel in board["panels"]:
            titles = {panel["title"].replace("$stage", stage) for stage in STAGES}
            assert titles <= set(words), panel["title"]
        # Legends with the labels that tell curves apart.
        assert not any(LEGEND.search(text) for text in words)


def test_every_dashboard_has_its_picture(dashboards: list[dict[str, Any]]) -> None:
    drawn = {path.stem for path in (ROOT / "docs/pictures/dashboards").glob("*.svg")}
    assert drawn == {board["uid"].removeprefix("canslim-") for board in dashboards}


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "s", "0 s"),
        (0.0123, "s", "12.3 ms"),
        (1.5, "s", "1.5 s"),
        (300, "s", "5 min"),
        (9000, "s", "2.5 h"),
        (200_000, "s", "2.31 d"),
        (0.967, "percentunit", "96.7 %"),
        (1, "percentunit", "100 %"),
        (512 * 1024 * 1024, "bytes", "512 MiB"),
        (1_769_699_379_000, "dateTimeAsIso", "2026-01-29 15:09"),
        (12_345, "short", "12.3 K"),
        (12_345.4, "locale", "12,345"),
        (2.5, "reqps", "2.5 req/s"),
        (3, "d", "3 d"),
        (math.nan, "s", "–"),
    ],
)
def test_values_are_told_with_their_unit(value: float, unit: str, words: str) -> None:
    assert told(value, unit) == words


def test_a_figure_has_not_more_decimals_than_its_panel_wants() -> None:
    assert told(5.06, "short", 0) == "5"
    assert told(0.99123, "percentunit", 1) == "99.1 %"
    assert told(0.00917, "s", 1) == "9.2 ms"


class Picture:
    """What is written where."""

    def __init__(self, canvas: Canvas) -> None:
        self._root = ElementTree.fromstring(canvas.picture(WIDTH, WIDTH, "picture"))

    def texts(self) -> list[tuple[str, float, float, float]]:
        """Words, their left and right end, and their line."""
        found = []
        for element in self._root.iter(f"{SVG}text"):
            words, size = element.text or "", float(element.attrib["font-size"])
            width = len(words) * size * (BOLD if element.get("font-weight") else LETTER)
            x = float(element.attrib["x"]) - width * {"middle": 0.5, "end": 1}.get(element.get("text-anchor", ""), 0)
            found.append((words, x, x + width, float(element.attrib["y"])))
        return found

    def words(self) -> list[str]:
        return [words for words, *_ in self.texts()]

    def overprinted(self) -> list[tuple[str, str]]:
        return [
            (one, other)
            for (one, left, right, y), (other, other_left, other_right, other_y) in combinations(self.texts(), 2)
            if y == other_y and left < other_right and other_left < right
        ]

    def widths(self, color: str) -> list[float]:
        return [float(box.attrib["width"]) for box in self._root.iter(f"{SVG}rect") if box.attrib["fill"] == color]


def panel(unit: str = "short", **more: Any) -> dict[str, Any]:
    return {
        "fieldConfig": {"defaults": {"unit": unit, "custom": {}, "thresholds": {"steps": []}} | more, "overrides": []}
    }


def curve(name: str, value: float) -> Curve:
    return Curve(name, dict.fromkeys(SPAN.moments, value))


def test_figures_beside_each_other_do_not_run_together() -> None:
    canvas = Canvas()
    values = [("collector", 1.0), ("scoring", 1.0)]
    draw_numbers(canvas, Box(0, 0, 224, 90), panel("percentunit", thresholds={"steps": [{"color": "green"}]}), values)
    (_, _, right, _), (_, left, _, _) = [one for one in Picture(canvas).texts() if one[0] == "100 %"]
    assert left - right > 10


def test_what_is_written_at_an_axis_is_not_cut() -> None:
    canvas = Canvas()
    draw_curves(canvas, Box(0, 0, 400, 200), panel("opm"), [curve("collect", 470)], SPAN, [])
    picture = Picture(canvas)
    assert "375 ops/min" in picture.words()
    assert min(left for _, left, _, _ in picture.texts()) >= 0


def test_a_long_legend_shows_what_is_large_and_room_for_the_number_of_the_rest() -> None:
    canvas = Canvas()
    curves = [curve(f"canslim-collector-4a0154d{number:x}-95f2d", 100 + number) for number in range(16)]
    draw_curves(canvas, Box(0, 0, 420, 200), panel("bytes"), curves, SPAN, [])
    picture = Picture(canvas)
    [more] = [words for words in picture.words() if words.startswith("and ")]
    shown = [one.name for one in curves if one.name in picture.words()]
    assert more == f"and {len(curves) - len(shown)} more"
    assert shown == [one.name for one in curves[-len(shown) :]]
    assert picture.overprinted() == []


def test_a_state_of_a_moment_is_seen() -> None:
    canvas = Canvas()
    moments = SPAN.moments
    drained = Curve("pod", dict.fromkeys(moments, 0.0) | {moments[50]: 1.0})
    words = {"0": {"text": "works", "color": "green"}, "1": {"text": "drains", "color": "yellow"}}
    draw_states(canvas, Box(0, 0, 200, 200), panel(mappings=[{"options": words}]), [drained], SPAN)
    assert Picture(canvas).widths(NAMED["yellow"]) == [NARROWEST]


class Nothing(MadeUp):
    """Answers no query."""

    def between(self, query: str, start: float, end: float, step: float) -> list[Series]:
        return []

    def at(self, query: str, moment: float) -> list[Series]:
        return []


def test_a_panel_without_data_says_what_that_means(dashboards: list[dict[str, Any]], known: dict[str, Labels]) -> None:
    [overview] = [board for board in dashboards if board["uid"] == "canslim-overview"]
    picture = draw_board(overview, Asking(Nothing(known), SPAN, VARIABLES), {"stage": ["history"]})
    words = [element.text for element in ElementTree.fromstring(picture).iter()]
    assert {"none ran", "no tasks"} <= set(words)
