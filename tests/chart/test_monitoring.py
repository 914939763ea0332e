"""What Prometheus and Grafana get."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.chart.rendering import CHART, HELMS, SETS, Chart, Manifests, with_servers
from tools.monitoring.queries import JOB

DASHBOARDS = sorted((CHART / "dashboards").glob("*.json"))
RULES = sorted((CHART / "rules").glob("*.yaml"))
#: Kubernetes' limit of a ConfigMap.
MIB = 1024 * 1024


def test_there_are_dashboards_and_rules() -> None:
    assert len(DASHBOARDS) >= 5
    assert RULES


def test_api_and_pools_are_scraped_and_nothing_else(chart: Chart) -> None:
    manifests = chart(SETS["everything"])
    (monitor,) = manifests.all("PodMonitor")
    selector = monitor["spec"]["selector"]
    (components,) = (rule["values"] for rule in selector["matchExpressions"])
    scraped = {
        pod.component
        for pod in manifests.pods
        if selector["matchLabels"].items() <= pod.labels.items() and pod.component in components
    }
    assert scraped == {"api", "collector", "scoring", "spare"}
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert (endpoint["port"], endpoint["path"], endpoint["interval"]) == ("metrics", "/metrics", "15s")
    for component in scraped:
        assert endpoint["port"] in {port["name"] for port in manifests.pod(component).main["ports"]}


def relabelled(manifests: Manifests, labels: dict[str, str]) -> dict[str, str]:
    """The labels of a pod's target, from those it is found with."""
    (monitor,) = manifests.all("PodMonitor")
    found = {
        f"__meta_kubernetes_pod_label_{re.sub(r'[^a-zA-Z0-9_]', '_', name)}": text for name, text in labels.items()
    }
    target = {"job": f"stocks/{monitor['metadata']['name']}"}
    if "jobLabel" in monitor["spec"]:
        target["job"] = labels[monitor["spec"]["jobLabel"]]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    for rule in endpoint["relabelings"]:
        assert rule.keys() in ({"sourceLabels", "targetLabel"}, {"targetLabel", "replacement"})
        taken = "".join(found[name] for name in rule.get("sourceLabels", ()))
        target[rule["targetLabel"]] = rule.get("replacement", taken)
    return target


@pytest.mark.parametrize("names", [{}, {"nameOverride": "screener"}, {"fullnameOverride": "ratings"}], ids=str)
def test_a_target_says_its_pool_and_has_the_job_that_rules_ask_for(chart: Chart, names: dict[str, str]) -> None:
    manifests = chart(SETS["everything"] | names)
    for pool in ("api", "collector", "scoring", "spare"):
        assert relabelled(manifests, manifests.pod(pool).labels) == {"job": JOB, "pool": pool}


@pytest.mark.parametrize("kind", ["PodMonitor", "PrometheusRule"])
def test_the_operators_label_is_on_what_it_looks_for(chart: Chart, kind: str) -> None:
    (found,) = chart(SETS["everything"]).all(kind)
    assert found["metadata"]["labels"]["release"] == "prometheus"


@pytest.mark.parametrize("helm_name", HELMS)
def test_the_rules_are_the_files_word_for_word(chart: Chart, helm_name: str) -> None:
    (rule,) = chart(SETS["everything"], helm_name=helm_name).all("PrometheusRule")
    assert rule["spec"] == {"groups": [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]}


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_the_file_character_for_character(chart: Chart, path: Path, helm_name: str) -> None:
    manifests = chart(SETS["everything"], helm_name=helm_name)
    (found,) = (found for found in manifests.all("ConfigMap") if path.name in found["data"])
    assert found["data"] == {path.name: path.read_text()}
    assert json.loads(found["data"][path.name])["uid"]
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "CAN SLIM"}
    assert len(json.dumps(found)) < MIB


def test_the_sidecars_label_and_folder_come_from_the_values(chart: Chart) -> None:
    names = {"label": "dash", "labelValue": "yes", "folderAnnotation": "where", "folder": 'Stocks: "ours"'}
    manifests = chart(with_servers(monitoring={"dashboards": {"enabled": True} | names}))
    dashboards = [found for found in manifests.all("ConfigMap") if "dashboard" in found["metadata"]["name"]]
    assert len(dashboards) == len(DASHBOARDS)
    assert {found["metadata"]["labels"]["dash"] for found in dashboards} <= {"yes"}
    assert {found["metadata"]["annotations"]["where"] for found in dashboards} <= {'Stocks: "ours"'}


def test_by_default_nothing_needs_an_operator(chart: Chart) -> None:
    manifests = chart(with_servers())
    assert {found["kind"] for found in manifests.objects}.isdisjoint({"PodMonitor", "PrometheusRule", "ScaledObject"})
    assert manifests.names("ConfigMap") == {"canslim-settings"}
