"""The dashboards are free of faults, and the lint that says so finds each kind of fault."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.monitoring.dashboard_lint import faults
from tests.monitoring.label_flow import Labels

Board = dict[str, Any]


def test_no_dashboard_has_a_fault(dashboards: list[Board], known: dict[str, Labels]) -> None:
    found = [f"{board['uid']}: {fault}" for board in dashboards for fault in faults(board, known)]
    assert found == []


def test_every_panel_is_about_as_high_as_its_neighbours(dashboards: list[Board]) -> None:
    """No holes: what stands in one line of the grid fills it."""
    for board in dashboards:
        lines: dict[int, list[dict[str, int]]] = {}
        for panel in board["panels"]:
            lines.setdefault(panel["gridPos"]["y"], []).append(panel["gridPos"])
        for places in lines.values():
            assert len({place["h"] for place in places}) == 1
            assert sum(place["w"] for place in places) == 24


def panel(board: Board) -> dict[str, Any]:
    """Its first panel with curves."""
    found: dict[str, Any] = next(panel for panel in board["panels"] if panel["type"] == "timeseries")
    return found


def ask(expr: str, legend: str = "{{queue}}") -> Callable[[Board], None]:
    return lambda board: panel(board)["targets"][0].update(expr=expr, legendFormat=legend)


WAITS = 'canslim_task_wait_seconds_count{namespace="$namespace"}'

SPOILT: list[tuple[str, Callable[[Board], None]]] = [
    ("its uid is not a stable one", lambda board: board.update(uid="x1")),
    ("it needs a title and a description", lambda board: board.update(description="")),
    ("it can be edited", lambda board: board.update(editable=True)),
    ("it lacks the tag", lambda board: board.update(tags=[])),
    ("it does not link to the others", lambda board: board.update(links=[])),
    ("the data source can't be chosen", lambda board: board["templating"]["list"].pop(0)),
    ("one namespace has to be chosen", lambda board: board["templating"]["list"][1].update(multi=True)),
    ("variable namespace has no label", lambda board: board["templating"]["list"][1].pop("label")),
    ("anew when the time changes", lambda board: board["templating"]["list"][1].update(refresh=1)),
    ("ids of panels are not unique", lambda board: panel(board).update(id=1)),
    ("does not fit in the grid", lambda board: panel(board)["gridPos"].update(w=25)),
    ("lies on", lambda board: panel(board)["gridPos"].update(y=0)),
    ("no title", lambda board: panel(board).update(title="")),
    ("no description of whole sentences", lambda board: panel(board).update(description="waits")),
    ("its data source is not the chosen one", lambda board: panel(board).update(datasource={"uid": "abc"})),
    ("A: its data source is not the chosen one", lambda board: panel(board)["targets"][0].pop("datasource")),
    ("no unit", lambda board: panel(board)["fieldConfig"]["defaults"].pop("unit")),
    ("its queries lack names of their own", lambda board: panel(board)["targets"][0].update(refId="B")),
    ("unknown variables {'nampespace'}", ask('max(canslim_workers_alive{namespace="$nampespace"})')),
    ("unclosed left parenthesis", ask("max(canslim_workers_alive")),
    ("expected type matrix", ask(f"rate({WAITS})")),
    ("there is no metric canslim_worker_alive", ask('max(canslim_worker_alive{namespace="$namespace"})')),
    ("no label queue in", ask(f"sum by (queue) (rate({WAITS}[$__rate_interval]))")),
    ("no label le in", ask('histogram_quantile(0.5, canslim_queue_work_seconds{namespace="$namespace"})')),
    ("of all namespaces", ask("max by (queue) (canslim_queue_work_seconds)")),
    ("is not counted", ask(f"sum by (stage) ({WAITS})", "{{stage}}")),
    ("canslim_queue_work_seconds is counted", ask('rate(canslim_queue_work_seconds{namespace="$namespace"}[5m])')),
    ("rate over a fixed window", ask(f"sum by (stage) (rate({WAITS}[1h]))", "{{stage}}")),
    ("increase over 3m", ask(f"sum by (stage) (increase({WAITS}[3m]))", "{{stage}}")),
    ("it shows []", ask('max by (queue) (canslim_queue_work_seconds{namespace="$namespace"})', "work")),
    (
        "$pool may be several values",
        ask('max by (pod) (canslim_worker_threads{namespace="$namespace",pool="$pool"})', "{{pod}}"),
    ),
]


@pytest.mark.parametrize(("fault", "spoil"), SPOILT, ids=[fault for fault, _ in SPOILT])
def test_the_lint_finds(
    fault: str, spoil: Callable[[Board], None], dashboards: list[Board], known: dict[str, Labels]
) -> None:
    [pools] = [board for board in dashboards if board["uid"] == "canslim-pools"]
    board = copy.deepcopy(pools)
    spoil(board)
    found = list(faults(board, known))
    assert any(fault in one for one in found), found
