"""The dashboards are free of faults, and the lint that says so finds each kind of fault."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.monitoring.autoscalers import autoscalers
from tests.monitoring.dashboard_lint import faults
from tests.monitoring.label_flow import Labels
from tools.monitoring.objectives import WAIT_OBJECTIVE
from tools.monitoring.recording_rules import OBJECTIVE

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


def titled(dashboards: list[Board], uid: str, title: str) -> dict[str, Any]:
    [found] = [
        panel
        for board in dashboards
        for panel in board["panels"]
        if (board["uid"], panel["title"]) == (f"canslim-{uid}", title)
    ]
    return found


@pytest.mark.parametrize(("pool", "threads"), [("collector", 4), ("scoring", 1)])
def test_time_to_drain_has_a_line_where_the_chart_lets_a_pool_grow(
    pool: str, threads: int, dashboards: list[Board]
) -> None:
    assert autoscalers()[pool].target / threads == WAIT_OBJECTIVE[pool] / 2
    drain = titled(dashboards, "pools", "Time to drain")
    assert f"{OBJECTIVE} / 2" in {target["expr"] for target in drain["targets"]}
    for title in ("Time to drain", "Outstanding work"):
        assert "half of" in titled(dashboards, "pools", title)["description"]


def test_what_is_said_of_busy_threads_is_what_the_chart_renders(dashboards: list[Board]) -> None:
    said = titled(dashboards, "pools", "Busy threads")["description"]
    for pool, seconds in WAIT_OBJECTIVE.items():
        assert f"> bool {seconds / 2:g}" in autoscalers()[pool].queries["utilization"]
    assert "waited for half of its objective" in said
    assert "prometheus.url" in said


def test_a_limit_that_is_reached_is_not_green(dashboards: list[Board]) -> None:
    colours = {}
    for board in dashboards:
        for panel in board["panels"]:
            asked = " ".join(target["expr"] for target in panel.get("targets", ()))
            if "status_condition" in asked:
                words = panel["fieldConfig"]["defaults"]["mappings"][0]["options"]
                limits = "ScalingLimited" in asked
                assert limits != ("ScalingActive" in asked)
                colours[limits] = {value: word["color"] for value, word in words.items()}
    assert colours == {
        False: {"0": "yellow", "1": "green"},
        True: {"0": "green", "1": "blue", "2": "yellow"},
    }


def test_a_pool_has_one_name_in_all_legends(dashboards: list[Board]) -> None:
    """Not also that of its autoscaler, which KEDA puts a prefix to."""
    for board in dashboards:
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                assert "horizontalpodautoscaler" not in target["legendFormat"], panel["title"]


def test_counts_in_tables_are_whole_numbers(dashboards: list[Board]) -> None:
    tables = [panel for board in dashboards for panel in board["panels"] if panel["type"] == "table"]
    assert len(tables) >= 6
    for panel in tables:
        defaults = panel["fieldConfig"]["defaults"]
        assert (defaults["unit"], defaults["decimals"]) == ("locale", 0), panel["title"]


def test_a_table_of_failures_lists_nothing_that_did_not_fail(dashboards: list[Board]) -> None:
    [jobs] = titled(dashboards, "data", "Kubernetes' jobs that failed")["targets"]
    assert jobs["expr"].endswith("== 1")


def test_changes_of_size_are_not_summed_over_longer_than_a_point(dashboards: list[Board]) -> None:
    [changes] = titled(dashboards, "pools", "Changes of size")["targets"]
    assert "[$__rate_interval]" in changes["expr"]


def test_panels_of_a_stage_say_so_where_it_never_ran(dashboards: list[Board]) -> None:
    for title in ("Wait in $stage", "Duration in $stage"):
        assert titled(dashboards, "overview", title)["fieldConfig"]["defaults"]["noValue"] == "none ran"
    retries = titled(dashboards, "overview", "Retries in $stage")["targets"]
    assert {target["legendFormat"] for target in retries} >= {"retried", "dead"}
    # PostgreSQL knows every stage.
    assert all('or max(canslim_tasks{namespace="$namespace",stage="$stage"}) * 0' in one["expr"] for one in retries)


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
