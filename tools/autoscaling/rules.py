"""The rules that are compared: the chart's own, variants of it, and others in the same limits."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from tools.autoscaling import chart
from tools.autoscaling.hpa import DEFAULT_DOWN, DEFAULT_UP, Target
from tools.autoscaling.pools import Fixed, Pool, ScaledObject, Trigger
from tools.autoscaling.simulation import Cluster

#: What KEDA's redis scaler takes for a pod's share where nobody says.
USUAL_LENGTH: Final = 5

Change = Callable[[Pool], Pool]


@dataclass(frozen=True, slots=True)
class Rule:
    """change: what it does to the pools as the chart renders them in the mode."""

    name: str
    mode: str
    change: Change = lambda pool: pool

    def cluster(self) -> Cluster:
        return changed(chart.cluster(self.mode), self.change)


def changed(cluster: Cluster, change: Change) -> Cluster:
    return replace(cluster, pools=tuple(change(pool) for pool in cluster.pools))


def by_list_length(pool: Pool) -> Pool:
    """How KEDA is mostly set up for a queue in Redis: its list, its usual share, Kubernetes' usual behaviour."""
    scaled = replace(scaled_object(pool), fallback=None)
    by_list = _on(scaled, f"dramatiq:{pool.queue}", USUAL_LENGTH)
    return replace(pool, scaling=replace(by_list, hpa=replace(by_list.hpa, up=DEFAULT_UP, down=DEFAULT_DOWN)))


def by_list_length_slowly(pool: Pool) -> Pool:
    """The same signal under the chart's behaviour and fallback: only the signal differs from ours."""
    return replace(pool, scaling=_on(scaled_object(pool), f"dramatiq:{pool.queue}", USUAL_LENGTH))


def by_messages(pool: Pool) -> Pool:
    """Waiting and running messages for each thread, under the chart's behaviour."""
    return replace(pool, scaling=_on(scaled_object(pool), f"dramatiq:{pool.queue}.msgs", pool.threads))


def always_most(pool: Pool) -> Pool:
    """Nobody is quicker."""
    return replace(pool, scaling=Fixed(pool.maximum))


def scaled_object(pool: Pool) -> ScaledObject:
    if not isinstance(pool.scaling, ScaledObject):
        raise TypeError(f"{pool.name} is not scaled by KEDA")
    return pool.scaling


def _on(scaled: ScaledObject, key: str, share: int) -> ScaledObject:
    trigger = Trigger("redis", key, Target("AverageValue", share))
    return with_triggers(scaled, trigger)


def with_triggers(scaled: ScaledObject, *triggers: Trigger) -> ScaledObject:
    """Triggers and targets belong together."""
    hpa = replace(scaled.hpa, targets=tuple(trigger.target for trigger in triggers))
    return replace(scaled, triggers=triggers, hpa=hpa)


KEDA: Final = Rule("chart, KEDA", "keda")
HPA: Final = Rule("chart, HPA", "hpa")
BY_LIST: Final = Rule("list length, as usual", "keda", by_list_length)
MOST: Final = Rule("always the maximum", "keda", always_most)
RULES: Final = (
    *(KEDA, HPA, BY_LIST),
    Rule("list length, chart's behavior", "keda", by_list_length_slowly),
    Rule("messages, chart's behavior", "keda", by_messages),
    MOST,
)


def variant(share: float, counted: float | None) -> Change:
    """share: of threads × objective, what a pod may have outstanding. counted: busy threads call for more pods once the
    oldest due task is older than this share of the objective; None is never."""

    def change(pool: Pool) -> Pool:
        scaled = scaled_object(pool)
        objective = chart.objective(pool.queue)
        work, *_ = scaled.triggers
        work = replace(work, target=Target("AverageValue", pool.threads * objective * share))
        if counted is None:
            return replace(pool, scaling=with_triggers(scaled, work))
        busy = Trigger("prometheus", _busy(pool, counted * objective), Target("Value", 0.8), cached=work.cached)
        return replace(pool, scaling=with_triggers(scaled, work, busy))

    return change


def _busy(pool: Pool, age: float) -> str:
    own, queue = f'{{namespace="{pool.namespace}",pool="{pool.name}"}}', f'{{queue="{pool.queue}"}}'
    return (
        f"sum(canslim_worker_threads_busy{own}) / sum(canslim_worker_threads{own})"
        f" * (max(canslim_queue_oldest_due_age_seconds{queue}) > bool {age})"
    )
