"""Pools: as many as the operator names, each as it says or else as its service usually is."""

import pytest

from tests.chart.rendering import SETS, Chart, Manifests, with_servers


def test_each_pool_is_a_deployment_with_a_disruption_budget(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    names = {f"canslim-{name}" for name in ("api", "collector", "scoring", "night", "day-time", "quick")}
    assert manifests.names("Deployment") == names
    assert manifests.names("PodDisruptionBudget") == names


def test_a_pool_set_to_null_goes(chart: Chart) -> None:
    manifests = chart(with_servers(pools={"collector": None, "fetch": {"service": "collector"}}))
    assert manifests.names("Deployment") == {"canslim-api", "canslim-fetch", "canslim-scoring"}


def test_a_pool_takes_the_image_the_queue_and_the_threads_of_its_service(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    found = {
        pod.component: (pod.main["image"], pod.labels["canslim.io/queue"], manifests.environment(pod))
        for pod in manifests.pods
        if pod.is_worker
    }
    tag = ":0.1.0"
    assert {
        name: (image.removesuffix(tag), queue, environ.get(f"CANSLIM_{queue.upper()}_THREADS"))
        for name, (image, queue, environ) in found.items()
    } == {
        "collector": ("canslim-collector", "collector", "4"),
        "night": ("canslim-collector", "collector", "16"),
        "day-time": ("canslim-collector", "collector", "4"),
        "scoring": ("canslim-scoring", "scoring", "1"),
        "quick": ("canslim-scoring", "scoring", "2"),
    }


def test_what_a_pool_does_not_say_is_its_services_default(chart: Chart) -> None:
    manifests = chart(SETS["pools"])
    night, usual = manifests.pod("night").main, manifests.pod("collector").main
    assert night["resources"]["requests"] == usual["resources"]["requests"]
    assert night["resources"]["limits"] == {"memory": "3Gi"}
    assert usual["resources"]["limits"] == {"memory": "1Gi"}


def test_a_default_changed_by_the_operator_holds_for_all_pools_of_the_service(chart: Chart) -> None:
    defaults = {"collector": {"threads": 7}}
    manifests = chart(with_servers(poolDefaults=defaults, pools={"more": {"service": "collector"}}))
    threads = {
        name: manifests.environment(manifests.pod(name))["CANSLIM_COLLECTOR_THREADS"] for name in ("collector", "more")
    }
    assert threads == {"collector": "7", "more": "7"}


@pytest.mark.parametrize("value", ["a line\n", "two\nlines", " {{ .Values }} ", "yes", "010"])
def test_a_pools_strings_are_kept_as_they_are_given(chart: Chart, value: str) -> None:
    pool = {"service": "collector", "podAnnotations": {"note": value}, "env": {"NOTE": value}}
    manifests = chart(with_servers(pools={"more": pool}))
    template = manifests.one("Deployment", "canslim-more")["spec"]["template"]
    assert template["metadata"]["annotations"]["note"] == value
    assert manifests.environment(manifests.pod("more"))["NOTE"] == value


def test_a_pool_may_rest(chart: Chart) -> None:
    assert chart(SETS["pools"]).one("Deployment", "canslim-collector")["spec"]["replicas"] == 0


@pytest.mark.parametrize(("provider", "threads"), [("sample", "4"), ("synthetic", "4"), ("yahoo", "1")])
def test_collectors_have_the_threads_that_the_provider_wants(chart: Chart, provider: str, threads: str) -> None:
    manifests = chart(with_servers(settings={"provider": provider}))
    assert manifests.environment(manifests.pod("collector"))["CANSLIM_COLLECTOR_THREADS"] == threads


def test_a_drain_of_a_node_takes_one_pod_at_a_time_and_no_broken_pod_stops_it(rendered: Manifests) -> None:
    for budget in rendered.all("PodDisruptionBudget"):
        assert budget["spec"]["maxUnavailable"] == ("50%" if budget["metadata"]["name"] == "canslim-night" else 1)
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_budgets_hold_for_their_own_pods(rendered: Manifests) -> None:
    budgets = {found["metadata"]["name"]: found["spec"]["selector"] for found in rendered.all("PodDisruptionBudget")}
    assert budgets == {found["metadata"]["name"]: found["spec"]["selector"] for found in rendered.all("Deployment")}


def test_a_rollout_never_has_fewer_pods_than_before(rendered: Manifests) -> None:
    for deployment in rendered.all("Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
