"""Who owns the number of pods, and by what it goes."""

from typing import Any

import pytest
from promql_parser import parse

from tests.chart.rendering import SETS, Chart, Manifests, with_servers

MODES = ("fixed", "hpa", "keda")


def owners(manifests: Manifests, deployment: str) -> list[str]:
    """All that would set the Deployment's replicas."""
    rendered = manifests.one("Deployment", deployment)["spec"]
    scalers = [*manifests.all("HorizontalPodAutoscaler"), *manifests.all("ScaledObject")]
    found = [scaler["kind"] for scaler in scalers if scaler["spec"]["scaleTargetRef"]["name"] == deployment]
    return found + ["replicas"] * ("replicas" in rendered)


def test_every_deployment_has_one_owner_of_its_replicas(rendered: Manifests) -> None:
    found = {name: owners(rendered, name) for name in rendered.names("Deployment")}
    assert {name: by for name, by in found.items() if len(by) != 1} == {}


@pytest.mark.parametrize(
    ("mode", "owner"), [("fixed", "replicas"), ("hpa", "HorizontalPodAutoscaler"), ("keda", "ScaledObject")]
)
@pytest.mark.parametrize("pool", ["collector", "scoring"])
def test_the_mode_says_who_owns_the_replicas(chart: Chart, pool: str, mode: str, owner: str) -> None:
    manifests = chart(with_servers(pools={pool: {"autoscaling": {"mode": mode}}}))
    assert owners(manifests, f"canslim-{pool}") == [owner]


@pytest.mark.parametrize(("enabled", "owner"), [(False, "replicas"), (True, "HorizontalPodAutoscaler")])
def test_the_apis_replicas_have_one_owner(chart: Chart, enabled: bool, owner: str) -> None:
    manifests = chart(with_servers(api={"autoscaling": {"enabled": enabled}}))
    assert owners(manifests, "canslim-api") == [owner]


def test_scalers_target_deployments_that_exist(rendered: Manifests) -> None:
    for scaler in [*rendered.all("HorizontalPodAutoscaler"), *rendered.all("ScaledObject")]:
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["apiVersion"], target["kind"]) == ("apps/v1", "Deployment")
        assert target["name"] in rendered.names("Deployment")
        assert target["name"] == scaler["metadata"]["name"]


def behavior_of(scaler: dict[str, Any]) -> dict[str, Any]:
    spec = scaler["spec"]
    return spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] if "advanced" in spec else spec["behavior"]


def test_pods_come_quickly_and_go_one_at_a_time(rendered: Manifests) -> None:
    for scaler in [*rendered.all("HorizontalPodAutoscaler"), *rendered.all("ScaledObject")]:
        behavior = behavior_of(scaler)
        assert behavior["scaleUp"]["stabilizationWindowSeconds"] == 0
        assert behavior["scaleUp"]["policies"] == [
            {"type": "Percent", "value": 100, "periodSeconds": 30},
            {"type": "Pods", "value": 4, "periodSeconds": 30},
        ]
        assert behavior["scaleDown"]["stabilizationWindowSeconds"] == 300
        assert behavior["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 120}]


def test_the_api_scales_by_cpu_that_it_requests(chart: Chart) -> None:
    manifests = chart(SETS["everything"])
    spec = manifests.one("HorizontalPodAutoscaler", "screener-api")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (3, 12)
    assert spec["metrics"] == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
    ]
    assert "cpu" in manifests.pod("api").main["resources"]["requests"]


@pytest.mark.parametrize(("pool", "target", "most"), [("collector", "600", 10), ("scoring", "30", 4)])
def test_hpa_aims_at_the_work_that_a_pod_can_do_in_time(chart: Chart, pool: str, target: str, most: int) -> None:
    spec = chart(SETS["hpa"]).one("HorizontalPodAutoscaler", f"canslim-{pool}")["spec"]
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, most)
    assert spec["metrics"] == [
        {
            "type": "External",
            "external": {
                "metric": {"name": "canslim_queue_work_seconds", "selector": {"matchLabels": {"queue": pool}}},
                "target": {"type": "AverageValue", "averageValue": target},
            },
        }
    ]


def triggers(manifests: Manifests, name: str) -> dict[str, dict[str, Any]]:
    return {trigger["type"]: trigger for trigger in manifests.one("ScaledObject", name)["spec"]["triggers"]}


@pytest.mark.parametrize(("pool", "target"), [("collector", "1200"), ("scoring", "15")])
def test_keda_aims_at_the_same_by_asking_the_database(chart: Chart, pool: str, target: str) -> None:
    trigger = triggers(chart(SETS["keda"]), f"canslim-{pool}")["postgresql"]
    assert trigger["metricType"] == "AverageValue"
    assert trigger["metadata"] == {
        "query": f"SELECT work_seconds FROM queue_work WHERE queue = '{pool}'",
        "targetQueryValue": target,
    }


def test_a_pool_scales_by_the_queue_of_its_service_whatever_its_own_name(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    (metric,) = manifests.one("HorizontalPodAutoscaler", "canslim-quick")["spec"]["metrics"]
    assert metric["external"]["metric"]["selector"]["matchLabels"] == {"queue": "scoring"}
    query = triggers(manifests, "canslim-day-time")["postgresql"]["metadata"]["query"]
    assert query == "SELECT work_seconds FROM queue_work WHERE queue = 'collector'"


def aim(manifests: Manifests, name: str) -> str:
    """The seconds of outstanding work that a pod may have."""
    for scaler in manifests.all("HorizontalPodAutoscaler"):
        if scaler["metadata"]["name"] == name:
            return scaler["spec"]["metrics"][0]["external"]["target"]["averageValue"]
    return triggers(manifests, name)["postgresql"]["metadata"]["targetQueryValue"]


@pytest.mark.parametrize("mode", ["hpa", "keda"])
@pytest.mark.parametrize(("threads", "objective", "target"), [(1, 1, "1"), (3, 101, "152"), (64, 86400, "2764800")])
def test_the_target_is_half_of_threads_times_the_objective(
    chart: Chart, mode: str, threads: int, objective: int, target: str
) -> None:
    scaling = {"mode": mode, "objectiveSeconds": objective}
    manifests = chart(with_servers(pools={"scoring": {"threads": threads, "autoscaling": scaling}}))
    assert aim(manifests, "canslim-scoring") == target
    assert manifests.environment(manifests.pod("scoring"))["CANSLIM_SCORING_THREADS"] == str(threads)


def test_keda_reads_the_address_from_the_same_secret_as_the_processes(rendered: Manifests) -> None:
    for trigger in (found for scaled in rendered.all("ScaledObject") for found in scaled["spec"]["triggers"]):
        if trigger["type"] == "postgresql":
            authentication = rendered.one("TriggerAuthentication", trigger["authenticationRef"]["name"])
            (secret,) = authentication["spec"]["secretTargetRef"]
            environ = rendered.environment(rendered.pod("api"))
            assert environ["CANSLIM_DATABASE_URL"] == f"secret:{secret['name']}/{secret['key']}"
            assert secret["parameter"] == "connection"


def test_nobody_gets_an_authentication_who_does_not_scale_by_keda(rendered: Manifests) -> None:
    assert bool(rendered.all("TriggerAuthentication")) == bool(rendered.all("ScaledObject"))


def test_an_hpa_remembers_the_limits_of_the_values(rendered: Manifests) -> None:
    """For who has set others by hand, as `make scale` does."""
    for scaler in rendered.all("HorizontalPodAutoscaler"):
        if not scaler["metadata"]["name"].endswith("-api"):
            assert scaler["metadata"]["annotations"] == {
                "canslim.io/min-replicas": str(scaler["spec"]["minReplicas"]),
                "canslim.io/max-replicas": str(scaler["spec"]["maxReplicas"]),
            }


def test_without_an_answer_nobody_goes(rendered: Manifests) -> None:
    for scaled in rendered.all("ScaledObject"):
        fallback = scaled["spec"]["fallback"]
        assert fallback["behavior"] == "currentReplicasIfHigher"
        assert fallback["replicas"] == scaled["spec"]["minReplicaCount"] >= 1
        # The webhook accepts a fallback only beside a trigger of this kind.
        assert "AverageValue" in {trigger["metricType"] for trigger in scaled["spec"]["triggers"]}


def test_busy_threads_count_only_where_prometheus_is_known(chart: Chart) -> None:
    with_it, without = SETS["keda"], SETS["keda"] | {"prometheus": {"url": ""}}
    assert set(triggers(chart(with_it), "canslim-collector")) == {"postgresql", "prometheus"}
    assert set(triggers(chart(without), "canslim-collector")) == {"postgresql"}


@pytest.mark.parametrize(("pool", "objective"), [("collector", 300), ("scoring", 30)])
def test_the_busy_threads_of_the_pool_itself_are_asked_for(chart: Chart, pool: str, objective: int) -> None:
    trigger = triggers(chart(SETS["keda"]), f"canslim-{pool}")["prometheus"]
    assert trigger["metricType"] == "Value"
    assert trigger["metadata"]["threshold"] == "0.8"
    assert trigger["metadata"]["serverAddress"] == "http://prometheus.monitoring:9090"
    assert trigger["metadata"]["ignoreNullValues"] == "false"
    query = trigger["metadata"]["query"]
    parse(query)
    assert query.count(f'pool="{pool}"') == 2
    assert query.count('namespace="stocks"') == 3
    # Busy threads count once a task has waited for half of the objective.
    assert f'canslim_queue_oldest_due_age_seconds{{namespace="stocks",queue="{pool}"}}' in query
    assert query.endswith(f"> bool {objective / 2:g})")


def test_keda_asks_no_oftener_than_it_polls(rendered: Manifests) -> None:
    for scaled in rendered.all("ScaledObject"):
        assert scaled["spec"]["pollingInterval"] == 15
        assert all(trigger["useCachedMetrics"] for trigger in scaled["spec"]["triggers"])


@pytest.mark.parametrize("mode", ["hpa", "keda"])
@pytest.mark.parametrize(
    ("in_flight", "threads", "wanted", "most"),
    [(4, 1, 8, 4), (4, 4, 8, 1), (6, 4, 8, 2), (64, 1, 8, 8), (1, 16, 3, 1), (5, 2, 3, 3), (4, 0, 8, 4)],
)
def test_yahoos_budget_caps_the_collectors(
    chart: Chart, mode: str, in_flight: int, threads: int, wanted: int, most: int
) -> None:
    manifests = chart(
        with_servers(
            settings={"provider": "yahoo", "yahoo": {"inFlight": in_flight}},
            pools={"collector": {"threads": threads, "autoscaling": {"mode": mode, "maxReplicas": wanted}}},
        )
    )
    scalers = [*manifests.all("HorizontalPodAutoscaler"), *manifests.all("ScaledObject")]
    (spec,) = (found["spec"] for found in scalers if found["metadata"]["name"] == "canslim-collector")
    assert spec.get("maxReplicas", spec.get("maxReplicaCount")) == most


@pytest.mark.parametrize(("provider", "pool"), [("yahoo", "scoring"), ("sample", "collector")])
def test_nobody_else_is_capped(chart: Chart, provider: str, pool: str) -> None:
    scaling = {"mode": "hpa", "maxReplicas": 30}
    manifests = chart(with_servers(settings={"provider": provider}, pools={pool: {"autoscaling": scaling}}))
    assert manifests.one("HorizontalPodAutoscaler", f"canslim-{pool}")["spec"]["maxReplicas"] == 30


def test_one_release_may_mix_all_modes(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    assert {name: owners(manifests, f"canslim-{name}") for name in ("night", "quick", "day-time")} == {
        "night": ["replicas"],
        "quick": ["HorizontalPodAutoscaler"],
        "day-time": ["ScaledObject"],
    }
