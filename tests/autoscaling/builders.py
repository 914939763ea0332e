"""Pools, triggers and traces with only what a test is about."""

from typing import Any

from tools.autoscaling.adapter import Adapter
from tools.autoscaling.hpa import Hpa, Policy, Rules, Target
from tools.autoscaling.pools import Fallback, Fixed, Pool, ScaledObject, Scaling, Trigger
from tools.autoscaling.simulation import Cluster
from tools.autoscaling.trace import Job, Step, Trace

AT_ONCE = Rules(0, (Policy("Percent", 100_000, 15),))
ADAPTER = Adapter({"canslim_queue_work_seconds": "max by (queue) (<<.Series>>{<<.LabelMatchers>>})"})


def trigger(value: float = 100, kind: str = "AverageValue", **more: Any) -> Trigger:
    query = "SELECT work_seconds FROM queue_work WHERE queue = 'collector'"
    return Trigger("postgresql", query, Target(kind, value), **more)


def scaled_object(
    *triggers: Trigger, least: int = 1, most: int = 10, fallback: Fallback | None = None, polling: float = 15
) -> ScaledObject:
    targets = tuple(one.target for one in triggers)
    return ScaledObject(Hpa(least, most, targets, AT_ONCE, AT_ONCE), triggers, polling, fallback)


def pool(scaling: Scaling | None = None, **more: Any) -> Pool:
    usual = {"name": "collector", "queue": "collector", "threads": 1, "drain_seconds": 180, "grace_seconds": 195}
    return Pool(**(usual | {"namespace": "canslim"} | more), scaling=scaling or Fixed(1))


def cluster(*pools: Pool, adapter: Adapter = ADAPTER) -> Cluster:
    return Cluster(pools, 15, adapter)


def tasks(*seconds: float, at: float = 60, queue: str = "collector", stage: str = "collect") -> Job:
    return Job(at, (Step(queue, stage, seconds),))


def trace(*jobs: Job, seconds: float = 3600, **more: Any) -> Trace:
    return Trace("test", jobs, seconds, **more)
