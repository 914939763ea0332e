"""What is simulated is what the chart renders."""

from typing import Any

import pytest

from tools.autoscaling import chart
from tools.autoscaling.hpa import DEFAULT_DOWN, DEFAULT_UP, Policy, Rules, Target
from tools.autoscaling.manifests import Unreadable, number, read_hpa, read_pools, read_scaled_object
from tools.autoscaling.pools import ExternalHpa, Fallback, Fixed, Pool, ScaledObject


def pools(mode: str, provider: str = "sample") -> dict[str, Pool]:
    return {pool.name: pool for pool in chart.cluster(mode, provider).pools}


def scaled_object(**spec: Any) -> dict[str, Any]:
    usual = {"triggers": [{"type": "redis", "metadata": {"listName": "l", "listLength": "5"}}]}
    return {"kind": "ScaledObject", "metadata": {"name": "x"}, "spec": usual | spec}


def hpa(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "x"},
        "spec": {"maxReplicas": 3, "metrics": []} | spec,
    }


@pytest.mark.parametrize("mode", ["fixed", "hpa", "keda"])
def test_threads_drain_and_grace_are_the_deployments(mode: str) -> None:
    for pool in pools(mode).values():
        assert pool.threads == {"collector": 4, "scoring": 1}[pool.queue]
        assert pool.grace_seconds == pool.drain_seconds + 15
        assert pool.namespace == chart.NAMESPACE


def test_a_fixed_pool_has_its_replicas() -> None:
    assert pools("fixed")["collector"].scaling == Fixed(1)


def test_keda_asks_the_database_first_and_then_prometheus() -> None:
    scaled = pools("keda")["collector"].scaling
    assert isinstance(scaled, ScaledObject)
    assert [trigger.kind for trigger in scaled.triggers] == ["postgresql", "prometheus"]
    assert [target.kind for target in scaled.hpa.targets] == ["AverageValue", "Value"]
    assert not any(trigger.empty_is_zero for trigger in scaled.triggers)
    assert scaled.fallback is not None


def test_the_hpa_asks_for_the_work_of_its_queue() -> None:
    scaling = pools("hpa")["scoring"].scaling
    assert isinstance(scaling, ExternalHpa)
    assert scaling.metrics == (("canslim_queue_work_seconds", {"queue": "scoring"}),)


def test_both_modes_aim_at_the_same() -> None:
    for name, pool in pools("keda").items():
        other = pools("hpa")[name].scaling
        assert isinstance(pool.scaling, ScaledObject)
        assert isinstance(other, ExternalHpa)
        assert pool.scaling.hpa.targets[0] == other.hpa.targets[0]
        assert (pool.scaling.hpa.up, pool.scaling.hpa.down) == (other.hpa.up, other.hpa.down)


def test_what_an_object_leaves_out_is_as_kubernetes_and_keda_have_it() -> None:
    scaled = read_scaled_object(scaled_object())
    assert (scaled.hpa.minimum, scaled.hpa.maximum, scaled.polling, scaled.fallback) == (1, 100, 30, None)
    assert (scaled.hpa.up, scaled.hpa.down) == (DEFAULT_UP, DEFAULT_DOWN)
    assert scaled.triggers[0].target == Target("AverageValue", 5)
    assert read_hpa(hpa()).hpa.minimum == 1


def test_half_a_behavior_leaves_the_other_half_as_it_is() -> None:
    down = {"stabilizationWindowSeconds": 60, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 30}]}
    read = read_hpa(hpa(behavior={"scaleDown": down, "scaleUp": {"selectPolicy": "Disabled"}})).hpa
    assert read.down == Rules(60, (Policy("Pods", 1, 30),))
    assert (read.up.policies, read.up.select) == (DEFAULT_UP.policies, "Disabled")


def test_a_fallback_without_a_behavior_is_static() -> None:
    assert read_scaled_object(scaled_object(fallback={"failureThreshold": 3, "replicas": 6})).fallback == Fallback(3, 6)


def test_prometheus_takes_nothing_for_zero_unless_told_otherwise() -> None:
    one = {"type": "prometheus", "metadata": {"query": "q", "threshold": "0.8"}}
    assert read_scaled_object(scaled_object(triggers=[one])).triggers[0].empty_is_zero
    one["metadata"] |= {"ignoreNullValues": "false"}
    assert not read_scaled_object(scaled_object(triggers=[one])).triggers[0].empty_is_zero


@pytest.mark.parametrize(("quantity", "value"), [("1200", 1200), ("800m", 0.8), ("2k", 2000), (7, 7), ("0.8", 0.8)])
def test_quantities(quantity: str | float, value: float) -> None:
    assert number(quantity) == value


def test_two_owners_of_one_pool_are_refused() -> None:
    objects = chart.render({"database": {"existingSecret": "d"}, "redis": {"existingSecret": "r"}})
    target = {"scaleTargetRef": {"name": "canslim-collector"}}
    with pytest.raises(Unreadable, match="more than one owner"):
        read_pools([*objects, scaled_object(**target), hpa(**target)], chart.NAMESPACE)


@pytest.mark.parametrize(
    "spec",
    [
        {"triggers": [{"type": "cron", "metadata": {}}]},
        {"advanced": {"scalingModifiers": {"formula": "a + b"}}},
    ],
)
def test_what_is_not_simulated_is_refused(spec: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        read_scaled_object(scaled_object(**spec))


def test_a_metric_that_is_not_external_is_refused() -> None:
    with pytest.raises(Unreadable, match="Resource"):
        read_hpa(hpa(metrics=[{"type": "Resource"}]))


def test_values_the_chart_refuses_are_named() -> None:
    with pytest.raises(RuntimeError, match="unknown"):
        chart.render({"unknown": 1})
