"""What can't work is refused before it is installed, by a message that says what to do."""

from typing import Any

import pytest

from tests.chart.rendering import CUSTOM, HELMS, SERVERS, SETS, Chart, HelmError, with_servers

BUNDLED = {"postgresql": {"bundled": True}, "valkey": {"bundled": True}}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no database": (
        {"redis": {"existingSecret": "redis"}},
        "database.existingSecret must name the secret with PostgreSQL's address; for a trial, postgresql.bundled=true",
    ),
    "no Redis": (
        {"database": {"existingSecret": "database"}},
        "redis.existingSecret must name the secret with Redis' address; for a trial, valkey.bundled=true",
    ),
    "two databases": (
        SERVERS | {"postgresql": {"bundled": True}},
        "database.existingSecret and postgresql.bundled are both given: choose one",
    ),
    "two Redis": (SERVERS | {"valkey": {"bundled": True}}, "redis.existingSecret and valkey.bundled are both given"),
    "a hook before its database": (
        BUNDLED | {"migration": {"hook": True}},
        "migration.hook can't be used with postgresql.bundled: the hook runs before the server exists",
    ),
    "an Ingress without a name": (
        with_servers(api={"ingress": {"enabled": True}}),
        "api.ingress.enabled needs api.ingress.host",
    ),
    "files without a volume": (
        with_servers(settings={"provider": "files"}),
        "settings.provider files needs settings.files.existingClaim",
    ),
    "an API with more at least than at most": (
        with_servers(api={"autoscaling": {"enabled": True, "minReplicas": 7}}),
        "api.autoscaling.minReplicas 7 is more than maxReplicas 6",
    ),
    "a pool with more at least than at most": (
        with_servers(pools={"scoring": {"autoscaling": {"mode": "hpa", "minReplicas": 5}}}),
        "pools.scoring.autoscaling.minReplicas 5 is more than maxReplicas 4",
    ),
    "more collectors than Yahoo allows": (
        with_servers(
            settings={"provider": "yahoo"},
            pools={"collector": {"threads": 2, "autoscaling": {"mode": "keda", "minReplicas": 3}}},
        ),
        "pools.collector.autoscaling.minReplicas 3 is more than the 2 pods of 2 threads that settings.yahoo.inFlight 4",
    ),
    "limits that nobody keeps": (
        with_servers(pools={"collector": {"autoscaling": {"maxReplicas": 9}}}),
        "pools.collector.autoscaling.maxReplicas means nothing in mode fixed: set pools.collector.autoscaling.mode",
    ),
    "an objective that nobody aims at": (
        with_servers(pools={"scoring": {"autoscaling": {"mode": "fixed", "objectiveSeconds": 9}}}),
        "pools.scoring.autoscaling.objectiveSeconds means nothing in mode fixed",
    ),
    "replicas beside KEDA": (
        with_servers(pools={"scoring": {"replicas": 3, "autoscaling": {"mode": "keda"}}}),
        "replicas means nothing in mode keda, which owns the count: set pools.scoring.autoscaling.minReplicas",
    ),
    "replicas beside an HPA": (
        with_servers(pools={"scoring": {"replicas": 3}}, poolDefaults={"scoring": {"autoscaling": {"mode": "hpa"}}}),
        "pools.scoring.replicas means nothing in mode hpa",
    ),
    "no collectors": (with_servers(pools={"collector": None}), "no pool has service collector"),
    "no scoring": (with_servers(pools={"scoring": None}), "no pool has service scoring"),
    "a name that begins with a digit": (
        with_servers(nameOverride="canslim") | {"RELEASE": "7th"},
        "7th-canslim begins with a digit, which no service's name may: set fullnameOverride",
    ),
    "two registries": (
        with_servers(images={"registry": "registry.example", "scoring": {"repository": "other.example:5000/scoring"}}),
        "images.scoring.repository other.example:5000/scoring names a registry itself, behind the registry",
    ),
    "a server of two registries": (
        with_servers(postgresql={"image": {"registry": "registry.example", "repository": "other.example:5000/pg"}}),
        "postgresql.image.repository other.example:5000/pg names a registry itself",
    ),
    "a name that YAML takes for something else": (
        with_servers(fullnameOverride="no"),
        "no is a word of YAML's and no name: set another fullnameOverride",
    ),
}


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_work_is_refused(chart: Chart, case: str, helm_name: str) -> None:
    values, message = REFUSED[case]
    release = values.get("RELEASE", "canslim")
    with pytest.raises(HelmError) as error:
        chart({key: value for key, value in values.items() if key != "RELEASE"}, helm_name=helm_name, release=release)
    assert message in str(error.value)


@pytest.mark.parametrize(
    "name",
    ["api", "database", "migration", "monitoring", "network", "postgresql", "refresh", "settings", "test", "valkey"],
)
def test_a_pool_takes_no_name_of_the_charts(chart: Chart, name: str) -> None:
    with pytest.raises(HelmError, match=f"pools.{name}: the chart uses this name itself"):
        chart(with_servers(pools={name: {"service": "collector"}}))


def test_every_component_of_the_chart_is_a_name_that_no_pool_takes(chart: Chart) -> None:
    manifests = chart(SETS["everything"])
    pools = {pod.component for pod in manifests.pods if pod.is_worker}
    labelled = (found["metadata"].get("labels", {}) for found in manifests.objects)
    for name in {labels.get("app.kubernetes.io/component") for labels in labelled} - {None} - pools:
        with pytest.raises(HelmError, match="the chart uses this name itself"):
            chart(with_servers(pools={name: {"service": "collector"}}))


MISSING = {
    "keda": (
        {"pools": {"collector": {"autoscaling": {"mode": "keda"}}}},
        "keda.sh/v1alpha1",
        "the cluster has no ScaledObject (keda.sh/v1alpha1): install KEDA, or set the pool's autoscaling.mode",
    ),
    "podMonitor": (
        {"monitoring": {"podMonitor": {"enabled": True}}},
        "monitoring.coreos.com/v1",
        "monitoring.podMonitor.enabled is true, but the cluster has no PodMonitor (monitoring.coreos.com/v1)",
    ),
    "rules": (
        {"monitoring": {"rules": {"enabled": True}}},
        "monitoring.coreos.com/v1",
        "monitoring.rules.enabled is true, but the cluster has no PrometheusRule (monitoring.coreos.com/v1)",
    ),
}


@pytest.mark.parametrize("helm_name", HELMS)
@pytest.mark.parametrize("what", MISSING)
def test_a_cluster_without_the_custom_resource_is_told(chart: Chart, what: str, helm_name: str) -> None:
    values, version, message = MISSING[what]
    others = [other for other in CUSTOM if other != version]
    with pytest.raises(HelmError) as error:
        chart(SERVERS | values, helm_name=helm_name, api_versions=others)
    assert message in str(error.value)
    assert f"--api-versions {version}" in str(error.value)
    assert chart(SERVERS | values, helm_name=helm_name, api_versions=[version]).objects


def test_a_cluster_without_custom_resources_is_enough_otherwise(chart: Chart) -> None:
    assert chart(BUNDLED, api_versions=[]).objects


def test_dashboards_need_no_custom_resource(chart: Chart) -> None:
    assert chart(with_servers(monitoring={"dashboards": {"enabled": True}}), api_versions=[]).objects


def test_an_older_kubernetes_is_refused(chart: Chart) -> None:
    with pytest.raises(HelmError, match="kubeVersion"):
        chart(SERVERS, kube_version="1.29")
