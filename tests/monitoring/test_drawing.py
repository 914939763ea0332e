"""Pictures of dashboards, drawn from answers that are made up."""

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from typing import Any

import pytest

from tests.monitoring.conftest import ROOT
from tests.monitoring.dashboard_lint import LEGEND
from tests.monitoring.label_flow import Labels, labels_of
from tools.monitoring.drawing.board import Asking, draw_board
from tools.monitoring.drawing.charts import Span
from tools.monitoring.drawing.units import told
from tools.monitoring.prometheus import Series

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
