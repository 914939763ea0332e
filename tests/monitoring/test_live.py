"""Every query answers, asked of a real Prometheus that watched real processes."""

import math
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml
from promql_parser import Expr, VectorSelector, parse, walk

from tests.monitoring.conftest import CHART, ROOT
from tests.monitoring.dashboard_lint import LEGEND
from tests.monitoring.scene import BRIEF, Scene, scene
from tests.programs import program
from tests.servers import sql
from tools.monitoring.metrics import TARGET_LABELS, exported
from tools.monitoring.objectives import QUEUES
from tools.monitoring.promql import SAMPLE_VALUES, filled
from tools.monitoring.recording_rules import recordings
from tools.monitoring.usage import uses

pytestmark = [
    pytest.mark.debian,
    pytest.mark.processes,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("monitoring"),
]


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
    [overview] = [board for board in dashboards if board["uid"] == "canslim-overview"]
    of_a_stage = [
        target["expr"]
        for panel in overview["panels"]
        if panel["title"].endswith(("Wait in $stage", "Duration in $stage"))
        for target in panel["targets"]
    ]
    stages = [stage for stages in QUEUES.values() for stage in stages]
    assert [(stage, expr) for stage in stages for expr in of_a_stage if not answers(played, expr, stage)] == []


def test_scaling_is_marked(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    [event] = [event for board in dashboards for event in board["annotations"]["list"]]
    assert {"deployment": "canslim-collector"}.items() <= answers(played, event["expr"])[0].items()


def test_every_selector_finds_something(played: Scene, dashboards: list[dict[str, Any]]) -> None:
    """Of alerts too, whose comparisons hold only where something is wrong."""
    nothing = {
        f"{use.name}: {selector}"
        for use in uses(dashboards)
        for selector in selectors(asked(played, use.expr, "collect"))
        if not played.prometheus.labels(selector, played.started, played.ended)
    }
    assert nothing == set()


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
    assert {"CanslimDeadLetters", "CanslimRefreshFailed"} <= firing.keys()
    for annotations in firing.values():
        assert annotations.keys() == {"summary", "description", "runbook_url", "dashboard_url"}
        # As "<no value>" or "<error expanding template>" would.
        assert not any("<" in text for text in annotations.values())
    assert firing["CanslimDeadLetters"]["summary"] == "Tasks of stage rs in canslim were given up"


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
    for pool in ("collector", "scoring"):
        work, utilization = triggers(pool)
        assert float(sql(played.postgres.url, work["query"])) >= 0
        assert answers(played, utilization["query"]), utilization["query"]


def triggers(pool: str) -> list[dict[str, Any]]:
    values = [f"pools.{pool}.autoscaling.mode=keda", "prometheus.url=http://prometheus:9090"]
    values += ["database.existingSecret=database", "redis.existingSecret=redis"]
    command = [program("helm4"), "template", "canslim", CHART, "--namespace", "canslim", "--set", ",".join(values)]
    command += ["--api-versions", "keda.sh/v1alpha1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    [scaled] = [it for it in yaml.safe_load_all(done.stdout) if it and it["kind"] == "ScaledObject"]
    return [trigger["metadata"] for trigger in scaled["spec"]["triggers"]]


def test_what_the_adapter_asks_for_the_autoscaler_is_answered(played: Scene) -> None:
    values = yaml.safe_load((ROOT / "k8s/monitoring/prometheus-adapter.yaml").read_text())
    [rule] = values["rules"]["external"]
    matchers = 'queue="collector",namespace="canslim"'
    query = rule["metricsQuery"].replace("<<.Series>>", rule["name"]["as"]).replace("<<.LabelMatchers>>", matchers)
    assert answers(played, query) == [{"queue": "collector"}]
    assert played.prometheus.labels(rule["seriesQuery"], played.started, played.ended)
