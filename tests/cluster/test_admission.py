"""A real API server takes every object of the chart, and a namespace with Pod Security `restricted` every pod of it."""

from typing import Any

import pytest
import yaml

from tests.chart.rendering import SETS, Chart
from tests.cluster.kube import Cluster, CommandError, Namespace, Object
from tests.cluster.release import Release
from tests.cluster.values import secrets

pytestmark = pytest.mark.cluster

#: What the chart's own sets of values expect to be there.
ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "canslim"}}
OF_OTHERS = {"keda.sh": "scaledobjects.keda.sh", "monitoring.coreos.com": "podmonitors.monitoring.coreos.com"}


@pytest.fixture(params=SETS)
def values(request: pytest.FixtureRequest, cluster: Cluster, chart: Chart) -> dict[str, Any]:
    """Each of the chart's own sets of values, where the cluster has the kinds that come of it."""
    asked = {found["apiVersion"].partition("/")[0] for found in chart(SETS[request.param]).objects}
    missing = {kind for group, kind in OF_OTHERS.items() if group in asked and kind not in cluster.kinds}
    if missing:
        pytest.skip(f"this cluster has no {', '.join(sorted(missing))}")
    if request.param == "hook" and cluster.runs_containers:
        pytest.skip("Helm would wait for a migration of a database that is not there")
    return SETS[request.param]


@pytest.fixture
def prepared(namespace: Namespace) -> Namespace:
    """With what the values name."""
    namespace.create(ACCOUNT, *secrets())
    return namespace


def refused(namespace: Namespace) -> list[str]:
    """What Kubernetes says of pods that it would not make."""
    return [
        f"{event['involvedObject']['name']}: {event['message']}"
        for event in namespace.all("events")
        if event["reason"] == "FailedCreate"
    ]


def has_all_pods(workload: Object) -> bool:
    spec, status = workload["spec"], workload["status"]
    if workload["kind"] == "Job":
        return status.get("active", 0) + status.get("succeeded", 0) >= 1
    return status.get("replicas", 0) >= spec["replicas"]


def wait_for_pods(release: Release) -> None:
    release.namespace.eventually(
        lambda: all(map(has_all_pods, release.workloads())) or refused(release.namespace), "every pod was made"
    )
    assert refused(release.namespace) == []


def test_the_namespace_refuses_what_is_not_restricted(namespace: Namespace) -> None:
    """Without this, the tests below would prove nothing."""
    container = {"name": "root", "image": "root"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "root"}, "spec": {"containers": [container]}}
    with pytest.raises(CommandError, match='violates PodSecurity "restricted'):
        namespace.create(pod)


def test_every_pod_is_admitted(release: Release, prepared: Namespace, values: dict[str, Any]) -> None:
    said = release.install(values)
    assert "PodSecurity" not in said
    wait_for_pods(release)
    assert prepared.all("deployments", release.selector)


def test_no_field_is_unknown(
    release: Release, prepared: Namespace, chart: Chart, values: dict[str, Any], helm_name: str
) -> None:
    manifests = chart(values, helm_name=helm_name, namespace=prepared.name)
    objects = {"apiVersion": "v1", "kind": "List", "items": manifests.objects}
    said = prepared.kubectl(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "--filename", "-", given=objects
    )
    assert said.count("serverside-applied") == len(manifests.objects)
    assert "Warning" not in said


def test_the_pod_of_the_nightly_refresh_is_admitted(release: Release, prepared: Namespace) -> None:
    release.install(SETS["external"])
    prepared.kubectl("create", "job", "now", "--from=cronjob/canslim-refresh")
    prepared.eventually(lambda: has_all_pods(prepared.get("jobs", "now")) or refused(prepared), "the pod was made")
    assert refused(prepared) == []


def test_every_pod_fits_a_quota_on_what_the_chart_sets(release: Release, prepared: Namespace) -> None:
    """A quota refuses pods that don't say how much they take."""
    hard = {"pods": "20", "requests.cpu": "8", "requests.memory": "8Gi", "limits.memory": "16Gi"}
    prepared.create(
        {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "quota"}, "spec": {"hard": hard}},
        {
            "apiVersion": "v1",
            "kind": "LimitRange",
            "metadata": {"name": "limits"},
            "spec": {"limits": [{"type": "Container", "max": {"memory": "2Gi"}, "min": {"cpu": "10m"}}]},
        },
    )
    release.install(SETS["trial"])
    wait_for_pods(release)
    used = prepared.get("resourcequota", "quota")["status"]["used"]
    assert int(used["pods"]) >= 5


def test_the_network_rules_are_taken_as_they_are(release: Release, prepared: Namespace) -> None:
    release.install(SETS["trial"])
    rendered = [one for one in yaml.safe_load_all(release.rendered()) if one and one["kind"] == "NetworkPolicy"]
    there = {one["metadata"]["name"]: one["spec"] for one in prepared.all("networkpolicies")}
    assert there == {one["metadata"]["name"]: one["spec"] for one in rendered}
    assert there
