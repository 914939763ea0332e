"""The stand-in tells of autoscalers what the chart makes of them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

import pytest

from tests.monitoring.autoscalers import autoscalers
from tests.monitoring.kubernetes_double import KubernetesDouble
from tests.monitoring.pods import Pods
from tools.monitoring.metrics import THIRD_PARTY


@pytest.fixture
def double() -> Iterator[KubernetesDouble]:
    pods = cast("Pods", SimpleNamespace(all=[], of=lambda _: []))
    with KubernetesDouble(pods, autoscalers(), lambda _: 60.0) as double:
        yield double


@pytest.mark.parametrize(
    ("metric", "collector", "scoring"),
    [("spec_min_replicas", 1, 1), ("spec_max_replicas", 8, 4), ("spec_target_metric", 600, 30)],
)
def test_bounds_and_targets_are_those_of_the_chart(
    double: KubernetesDouble, metric: str, collector: float, scoring: float
) -> None:
    told = {
        labels["horizontalpodautoscaler"]: value
        for name, labels, value in double.kube_state()
        if name == f"kube_horizontalpodautoscaler_{metric}"
    }
    assert told == {"keda-hpa-canslim-collector": collector, "keda-hpa-canslim-scoring": scoring}


def test_nothing_is_invented_of_limits_that_the_chart_does_not_set() -> None:
    assert not [name for names in THIRD_PARTY.values() for name in names if "throttled" in name]
