"""KEDA's part: asks the triggers, keeps the last answers where it should, falls back where a source is away."""

from collections.abc import Callable

from tools.autoscaling.hpa import Replicas
from tools.autoscaling.pools import Fallback, ScaledObject, Trigger
from tools.autoscaling.sources import Unavailable

#: Asks a trigger's source. Raises Unavailable.
Ask = Callable[[Trigger, float], float]


class Keda:
    """Answers the autoscaler's questions for one ScaledObject, as KEDA 2.18 does."""

    def __init__(self, scaled: ScaledObject, ask: Ask) -> None:
        self._scaled = scaled
        self._ask = ask
        self._last: dict[Trigger, float | None] = {}
        self._failures = dict.fromkeys(scaled.triggers, 0)

    def poll(self, now: float) -> None:
        """Every pollingInterval; only triggers with useCachedMetrics answer from it."""
        for trigger in self._scaled.triggers:
            if trigger.cached:
                self._last[trigger] = self._try(trigger, now)

    def values(self, now: float, replicas: Replicas) -> list[float | None]:
        """What the autoscaler gets for each trigger; None is an error."""
        return [self._value(trigger, now, replicas) for trigger in self._scaled.triggers]

    def _value(self, trigger: Trigger, now: float, replicas: Replicas) -> float | None:
        value = self._last[trigger] if trigger in self._last else self._try(trigger, now)
        if value is not None:
            self._failures[trigger] = 0
            return value
        self._failures[trigger] += 1
        fallback = self._scaled.fallback
        if fallback is None or self._failures[trigger] <= fallback.failures:
            return None
        return _normalised(trigger, _held(fallback, replicas.spec), replicas)

    def _try(self, trigger: Trigger, now: float) -> float | None:
        try:
            return self._ask(trigger, now)
        except Unavailable:
            return None


def _held(fallback: Fallback, current: int) -> int:
    match fallback.behavior:
        case "static":
            return fallback.replicas
        case "currentReplicas":
            return current
        case "currentReplicasIfHigher":
            return max(current, fallback.replicas)
        case "currentReplicasIfLower":
            return min(current, fallback.replicas)
        case other:
            raise ValueError(f"a fallback behavior the simulator does not know: {other}")


def _normalised(trigger: Trigger, replicas: int, now: Replicas) -> float | None:
    """The value that makes the autoscaler ask for so many replicas."""
    if trigger.target.kind == "AverageValue":
        # KEDA drops a target's fraction here.
        return float(int(trigger.target.value) * replicas)
    return trigger.target.value * replicas / now.ready if now.ready else None
