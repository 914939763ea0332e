"""What k8s/ holds fits the chart: the namespace, the forms of secrets, sets of values, and what monitoring is told."""

import re
from itertools import product
from typing import Any

import pytest
from promql_parser import parse

from canslim_infra.settings import SettingsError, read_settings
from tests.chart.pod_security import violations
from tests.chart.rendering import HELMS, Chart, Manifests
from tests.chart.schemas import MINORS, problems
from tests.deploy.sources import ROOT, load, load_all

GOOD = {
    "CANSLIM_DATABASE_URL": "postgresql://user:password@host:5432/canslim",
    "CANSLIM_REDIS_URL": "redis://host:6379/0",
    "CANSLIM_ADMIN_TOKEN": "0123456789abcdef",
}
#: What the chart reads from a secret's key, by the values that name it.
SECRETS = {"database": "CANSLIM_DATABASE_URL", "redis": "CANSLIM_REDIS_URL", "adminToken": "CANSLIM_ADMIN_TOKEN"}
BASES = ("trial", "production")
OVERLAYS = ((), ("dev",), ("monitoring",), ("dev", "monitoring"))
#: The label that a Prometheus operator of kube-prometheus-stack looks for, unless it is told to take all.
RELEASE = {"release": "kube-prometheus-stack"}


def laid_over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As Helm lays one file of values over another."""
    both = {key for key in under.keys() & over.keys() if isinstance(under[key], dict) and isinstance(over[key], dict)}
    return under | over | {key: laid_over(under[key], over[key]) for key in both}


def values(*names: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name in names:
        result = laid_over(result, load(f"k8s/values/{name}.yaml"))
    return result


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize(("base", "overlays"), list(product(BASES, OVERLAYS)))
def test_the_chart_takes_every_set_of_values(
    chart: Chart, base: str, overlays: tuple[str, ...], helm_name: str
) -> None:
    manifests = chart(values(base, *overlays), helm_name=helm_name)
    assert {"Deployment", "Job", "NetworkPolicy"} <= {found["kind"] for found in manifests.objects}


def test_every_set_of_values_is_tried() -> None:
    assert {path.stem for path in (ROOT / "k8s" / "values").iterdir()} == {*BASES, *(n for o in OVERLAYS for n in o)}


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("path", ["k8s/namespace.yaml", "k8s/secrets.example.yaml"])
def test_objects_are_as_kubernetes_has_them(path: str, minor: str) -> None:
    assert [problem for found in load_all(path) for problem in problems(found, minor)] == []


def test_the_namespace_refuses_what_is_not_restricted() -> None:
    labels = load("k8s/namespace.yaml")["metadata"]["labels"]
    assert labels == {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}


@pytest.mark.parametrize("base", BASES)
def test_the_namespace_takes_all_pods_of_the_chart(chart: Chart, base: str) -> None:
    assert [wrong for pod in chart(values(base)).pods for wrong in violations(pod.spec)] == []


def test_the_forms_are_of_the_secrets_that_production_names() -> None:
    forms = {form["metadata"]["name"]: form for form in load_all("k8s/secrets.example.yaml")}
    production, defaults = values("production"), load("charts/canslim/values.yaml")
    asked = {production[name]["existingSecret"]: {defaults[name]["key"]} for name in SECRETS}
    assert {name: form["stringData"].keys() for name, form in forms.items()} == asked
    namespace = load("k8s/namespace.yaml")["metadata"]["name"]
    assert {form["metadata"]["namespace"] for form in forms.values()} == {namespace}


@pytest.mark.parametrize("name", SECRETS)
def test_no_process_starts_with_what_stands_in_a_form(name: str) -> None:
    secret, key = values("production")[name]["existingSecret"], load("charts/canslim/values.yaml")[name]["key"]
    (form,) = (form for form in load_all("k8s/secrets.example.yaml") if form["metadata"]["name"] == secret)
    with pytest.raises(SettingsError, match=SECRETS[name]):
        read_settings(GOOD | {SECRETS[name]: form["stringData"][key]})


def test_the_commands_beside_the_forms_make_the_same_secrets() -> None:
    text = (ROOT / "k8s" / "secrets.example.yaml").read_text()
    made = re.findall(r"kubectl -n (\S+) create secret generic (\S+) --from-file=(\w+)=", text)
    assert made == [
        (form["metadata"]["namespace"], form["metadata"]["name"], *form["stringData"])
        for form in load_all("k8s/secrets.example.yaml")
    ]


@pytest.fixture
def watched(chart: Chart) -> Manifests:
    return chart(values("production", "monitoring"))


def test_prometheus_finds_pods_and_rules_however_its_operator_was_installed(watched: Manifests) -> None:
    """With our values for it, it takes all; with the chart's own, those with its release's label."""
    spec = load("k8s/monitoring/kube-prometheus-stack.yaml")["prometheus"]["prometheusSpec"]
    assert not any(spec[f"{kind}SelectorNilUsesHelmValues"] for kind in ("podMonitor", "serviceMonitor", "rule"))
    for kind in ("PodMonitor", "PrometheusRule"):
        (found,) = watched.all(kind)
        assert found["metadata"]["labels"].items() >= RELEASE.items()


def test_grafanas_sidecar_looks_for_what_dashboards_are_marked_with() -> None:
    sidecar = load("k8s/monitoring/kube-prometheus-stack.yaml")["grafana"]["sidecar"]["dashboards"]
    marked = load("charts/canslim/values.yaml")["monitoring"]["dashboards"]
    assert (sidecar["label"], sidecar["labelValue"]) == (marked["label"], marked["labelValue"])
    assert sidecar["folderAnnotation"] == marked["folderAnnotation"]
    assert sidecar["provider"]["foldersFromFilesStructure"]
    assert sidecar["searchNamespace"] == "ALL"


def test_the_adapter_serves_what_autoscalers_ask_for(chart: Chart) -> None:
    (rule,) = load("k8s/monitoring/prometheus-adapter.yaml")["rules"]["external"]
    scaled = chart(values("trial") | {"poolDefaults": {"collector": {"autoscaling": {"mode": "hpa"}}}})
    (hpa,) = scaled.all("HorizontalPodAutoscaler")
    (metric,) = (metric["external"]["metric"] for metric in hpa["spec"]["metrics"])
    assert rule["name"]["as"] == metric["name"]
    assert metric["name"] in rule["seriesQuery"]
    assert rule["resources"]["overrides"]["namespace"] == {"resource": "namespace"}
    query = rule["metricsQuery"].replace("<<.Series>>", metric["name"])
    asked = parse(query.replace("<<.LabelMatchers>>", 'namespace="stocks",queue="collector"'))
    # What several API pods say alike counts once, and each queue for itself.
    assert (str(asked.op), asked.modifier.labels) == ("max", list(metric["selector"]["matchLabels"]))


def test_all_of_monitoring_means_one_prometheus(watched: Manifests) -> None:
    adapter = load("k8s/monitoring/prometheus-adapter.yaml")["prometheus"]
    url = values("monitoring")["prometheus"]["url"]
    assert url == f"{adapter['url']}:{adapter['port']}"
    (namespace,) = re.findall(r"//[^.]+\.([^.:]+):", url)
    allowed = load("charts/canslim/values.yaml")["networkPolicy"]["monitoring"]["from"]
    assert allowed == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}]
    triggers = [trigger for one in watched.all("ScaledObject") for trigger in one["spec"]["triggers"]]
    assert {trigger["metadata"]["serverAddress"] for trigger in triggers if trigger["type"] == "prometheus"} == {url}


def test_kedas_own_metrics_are_told() -> None:
    operator = load("k8s/monitoring/keda.yaml")["prometheus"]["operator"]
    assert operator == {"enabled": True, "serviceMonitor": {"enabled": True}}
