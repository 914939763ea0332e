"""Every query answers, asked of a real Prometheus that watched real processes."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from promql_parser import Expr, VectorSelector, parse, walk

from canslim_core.stages import REFRESH, STAGES
from canslim_core.use_cases.run_task import Verdict
from tests.monitoring.autoscalers import autoscalers
from tests.monitoring.conftest import ROOT
from tests.monitoring.dashboard_lint import LEGEND
from tests.monitoring.scene import BRIEF, Scene, scene
from tests.servers import sql
from tools.monitoring.dashboards.overview import UNDONE
from tools.monitoring.metrics import TARGET_LABELS, exported
from tools.monitoring.promql import SAMPLE_VALUES, filled
from tools.monitoring.recording_rules import recordings
from tools.monitoring.usage import uses

pytestmark = [
    pytest.mark.debian,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("monitoring"),
]


#: What the scene has no example of: a good own list, a bad universe, a pool in mode hpa, each end that a run can have.
NOT_PLAYED = (
    'own="true",state="completed"',
    'own="false",state="failed"',
    'horizontalpodautoscaler!~"keda-hpa-.+"',
    ',verdict="',
)
#: Symbols of the sample.
SAMPLED = "SELECT max(done) FROM job WHERE universe = 'sample' AND kind = 'refresh'"


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene(tmp_path_factory.mktemp("scene"), BRIEF) as one:
        one.play()
        yield one


def asked(scene: Scene, expr: str, stage: str) -> str:
    seconds = math.ceil(scene.ended - scene.started)
    values = {**SAMPLE_VALUES, "__rate_interval": "15s", "__range": f"{seconds}s", "stage": stage}
    return filled(expr, values)


def answers(scene: Scene, expr: str, stage: str = "collect") -> list[Mapping[str, str]]:
    """The labels of all series that have a number at some time of the scene."""
    found = scene.prometheus.between(asked(scene, expr, stage), scene.started, scene.ended + 1, 1)
    return [one.labels for one in found if any(math.isfinite(value) for _, value in one.points)]


def targets(dashboards: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Every query of every panel, after a name for it."""
    for board in dashboards:
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield f"{board['uid']}: {panel['title']} {target['refId']}", panel, target


def test_every_panel_shows_something(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    empty = {}
    for name, _, target in targets(dashboards):
        found = answers(played, target["expr"])
        named = set(LEGEND.findall(target["legendFormat"]))
        if not found or not all(named <= labels.keys() for labels in found):
            empty[name] = found
    assert empty == {}


def test_what_is_large_on_a_dashboard_is_there_at_the_end(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    empty = [
        name
        for name, panel, target in targets(dashboards)
        if panel["type"] == "stat" and not played.prometheus.at(asked(played, target["expr"], "collect"), played.ended)
    ]
    assert empty == []


def test_the_row_of_each_stage_shows_something(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    """Or says that the stage never ran, which the scene's backfill has not."""
    [overview] = [board for board in dashboards if board["uid"] == "canslim-overview"]
    of_a_stage = [
        (panel, target["expr"])
        for panel in overview["panels"]
        if panel["title"].endswith(" in $stage")
        for target in panel["targets"]
    ]
    ran = {labels["stage"] for labels in answers(played, "canslim_task_seconds_count")}
    assert ran == {stage.name for stage in REFRESH}
    empty = {
        (stage, panel["title"])
        for stage in STAGES
        for panel, expr in of_a_stage
        if not answers(played, expr, stage) and (stage in ran or "noValue" not in panel["fieldConfig"]["defaults"])
    }
    assert empty == set()


def test_what_happened_once_is_counted(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    """Though the counter was 1 when Prometheus saw it first."""
    [retries] = [panel for board in dashboards for panel in board["panels"] if panel["title"] == "Retries in $stage"]
    [dead] = [target["expr"] for target in retries["targets"] if target["legendFormat"] == "dead"]
    found = played.prometheus.between(asked(played, dead, "rs"), played.started, played.ended + 1, 1)
    assert max(value for _, value in found[0].points) == 1
    [symbols] = [
        target["expr"]
        for board in dashboards
        for panel in board["panels"]
        if (board["uid"], panel["title"]) == ("canslim-provider", "In this time")
        for target in panel["targets"]
    ]
    counted = {
        (one.labels["provider"], one.labels["outcome"]): one.points[0][1]
        for one in played.prometheus.at(asked(played, symbols, "collect"), played.ended)
    }
    # Prometheus extrapolates what it did not see.
    assert counted["sample", "changed"] == pytest.approx(int(sql(played.postgres.url, SAMPLED)), rel=0.1)


def test_scaling_is_marked(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    [event] = [event for board in dashboards for event in board["annotations"]["list"]]
    assert {"deployment": "canslim-collector"}.items() <= answers(played, event["expr"])[0].items()


def test_every_selector_finds_something(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    """Of alerts too, whose comparisons hold only where something is wrong."""
    nothing = {
        f"{use.name}: {selector}"
        for use in uses(dashboards)
        for selector in selectors(asked(played, use.expr, "collect"))
        if not any(matcher in selector for matcher in NOT_PLAYED)
        and not played.prometheus.labels(selector, played.started, played.ended)
    }
    assert nothing == set()


def test_verdicts_that_are_asked_for_are_those_of_the_code() -> None:
    """The scene has not one of each, and every stage."""
    others = {Verdict.DONE, Verdict.DUPLICATE, Verdict.CANCELLED}
    assert set(UNDONE) == {*Verdict, "store_unavailable"} - others


def selectors(query: str) -> set[str]:
    found: list[str] = []

    def look(node: Expr) -> None:
        if isinstance(node, VectorSelector):
            # Whenever it was: the scene is shorter than what some rules look back.
            found.append(node.prettify().split(" offset")[0])

    walk(parse(query), look)
    return set(found)


def test_every_recording_rule_records(played: Scene) -> None:
    assert [rule.record for rule in recordings() if not answers(played, rule.record)] == []


def test_no_rule_fails(played: Scene) -> None:
    rules = played.prometheus.rules()
    assert len(rules) > 60
    assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []


def test_alerts_of_what_went_wrong_fire_and_say_so(played: Scene) -> None:
    firing = {
        rule["name"]: alert["annotations"]
        for rule in played.prometheus.rules()
        for alert in rule.get("alerts", ())
        if alert["state"] == "firing"
    }
    assert "CanslimDeadLetters" in firing
    for annotations in firing.values():
        assert annotations.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
        # As "<no value>" or "<error expanding template>" would.
        assert not any("<" in text for text in annotations.values())
    assert firing["CanslimDeadLetters"]["summary"] == "Tasks of stage rs in canslim were given up"


def test_the_failed_own_list_is_about_to_raise_a_warning(played: Scene) -> None:
    pending = [
        (alert["labels"]["universe"], alert["labels"]["severity"], alert["state"])
        for rule in played.prometheus.rules()
        if rule["name"] == "CanslimRefreshFailed"
        for alert in rule["alerts"]
    ]
    assert pending == [("nothing", "warning", "pending")]


def test_what_processes_tell_is_what_the_page_says(played: Scene) -> None:
    listed: dict[str, set[str]] = {}
    for metrics in exported().values():
        for metric in metrics:
            for series in metric.series:
                listed[series] = {*metric.labels} | ({"le"} if series.endswith("_bucket") else set())
    told: dict[str, set[str]] = {}
    for labels in played.prometheus.labels('{__name__=~"canslim_.+",job="canslim"}', played.started, played.ended):
        name = labels.pop("__name__")
        # The client library's own addition: when a counter was made.
        if not name.endswith("_created"):
            told.setdefault(name, set()).update(labels.keys() - set(TARGET_LABELS))
    assert told == listed


def test_what_is_not_known_is_absent(played: Scene) -> None:
    away = 'max by (pod) (canslim_postgresql_up{pool="api"}) == 0'
    assert answers(played, away)
    assert answers(played, f"canslim_tasks and on (pod) {away}") == []


def test_a_draining_worker_is_still_scraped(played: Scene) -> None:
    assert answers(played, "canslim_worker_draining == 1")


def test_what_keda_asks_is_answered(played: Scene) -> None:
    """Its triggers as the chart renders them."""
    for pool in autoscalers().values():
        assert float(sql(played.postgres.url, pool.queries["work"])) >= 0
        assert answers(played, pool.queries["utilization"]), pool.queries["utilization"]


def test_what_the_adapter_asks_for_the_autoscaler_is_answered(played: Scene) -> None:
    values = yaml.safe_load((ROOT / "k8s/monitoring/prometheus-adapter.yaml").read_text())
    [rule] = values["rules"]["external"]
    matchers = 'queue="collector",namespace="canslim"'
    query = rule["metricsQuery"].replace("<<.Series>>", rule["name"]["as"]).replace("<<.LabelMatchers>>", matchers)
    assert answers(played, query) == [{"queue": "collector"}]
    assert played.prometheus.labels(rule["seriesQuery"], played.started, played.ended)
