"""The pools' autoscalers as the chart renders them."""

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.chart.rendering import CHART, Chart, with_servers


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """least, most: pods. target: seconds of outstanding work that a pod may have. queries: of triggers, by name."""

    least: int
    most: int
    target: float
    queries: dict[str, str]


@cache
def autoscalers() -> dict[str, Autoscaler]:
    """By pool, each in mode keda."""
    pools = {pool: {"autoscaling": {"mode": "keda"}} for pool in ("collector", "scoring")}
    values = with_servers(pools=pools, prometheus={"url": "http://prometheus:9090"})
    with tempfile.TemporaryDirectory() as home:
        manifests = Chart(CHART, Path(home))(values, namespace="canslim")
    return {pool: _autoscaler(manifests.one("ScaledObject", f"canslim-{pool}")["spec"]) for pool in pools}


def _autoscaler(spec: dict[str, Any]) -> Autoscaler:
    triggers = {trigger["name"]: trigger["metadata"] for trigger in spec["triggers"]}
    return Autoscaler(
        spec["minReplicaCount"],
        spec["maxReplicaCount"],
        float(triggers["work"]["targetQueryValue"]),
        {name: trigger["query"] for name, trigger in triggers.items()},
    )
