"""A HorizontalPodAutoscaler's decisions, as kube-controller-manager makes them (1.34)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

#: How often the controller looks at each autoscaler, in seconds.
SYNC: Final = 15.0
#: A metric that is so near to its target changes nothing.
TOLERANCE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Policy:
    kind: Literal["Pods", "Percent"]
    value: int
    period: float


@dataclass(frozen=True, slots=True)
class Rules:
    """One direction of `behavior`. window: the stabilisation window in seconds."""

    window: float
    policies: tuple[Policy, ...]
    select: Literal["Max", "Min", "Disabled"] = "Max"
    tolerance: float = TOLERANCE


#: What holds where an object says nothing.
DEFAULT_UP: Final = Rules(0, (Policy("Percent", 100, 15), Policy("Pods", 4, 15)))
DEFAULT_DOWN: Final = Rules(300, (Policy("Percent", 100, 15),))


@dataclass(frozen=True, slots=True)
class Target:
    """AverageValue: what one pod may have of the metric. Value: what the metric should be, however many pods."""

    kind: Literal["AverageValue", "Value"]
    value: float


@dataclass(frozen=True, slots=True)
class Hpa:
    minimum: int
    maximum: int
    targets: tuple[Target, ...]
    up: Rules = DEFAULT_UP
    down: Rules = DEFAULT_DOWN


@dataclass(frozen=True, slots=True)
class Replicas:
    """spec: asked for. status: there are, without those that end. ready: of these, that pass their readiness probe."""

    spec: int
    status: int
    ready: int


class Controller:
    """Decides for one autoscaler; remembers what it recommended and what it changed."""

    def __init__(self, hpa: Hpa) -> None:
        self._hpa = hpa
        self._recommended: list[tuple[float, int]] = []
        self._changed: list[tuple[float, int]] = []

    def decide(self, now: float, replicas: Replicas, values: Sequence[float | None]) -> int:
        """The replicas to ask for. values: of the metrics, in the order of their targets; None is a missing one."""
        if replicas.spec == 0:
            return 0
        if not self._recommended:
            self._recommended.append((now, replicas.spec))
        decided = self._decide(now, replicas, values)
        if decided != replicas.spec:
            self._changed.append((now, decided - replicas.spec))
        return decided

    def _decide(self, now: float, replicas: Replicas, values: Sequence[float | None]) -> int:
        """Outside the limits no metric is looked at."""
        if not self._hpa.minimum <= replicas.spec <= self._hpa.maximum:
            return min(max(replicas.spec, self._hpa.minimum), self._hpa.maximum)
        wanted = self._wanted(replicas, values)
        if wanted is None:
            return replicas.spec
        return self._limited(now, replicas.spec, self._stabilised(now, replicas.spec, wanted))

    def _wanted(self, replicas: Replicas, values: Sequence[float | None]) -> int | None:
        """The highest of what the metrics ask for; None where too few are known to say."""
        known = [
            self._proposal(target, value, replicas)
            for target, value in zip(self._hpa.targets, values, strict=True)
            if value is not None
        ]
        if not known or (len(known) < len(values) and max(known) < replicas.spec):
            # A missing metric might have asked for more: nothing is scaled in without it.
            return None
        return max(known)

    def _proposal(self, target: Target, value: float, replicas: Replicas) -> int:
        # The API carries thousandths.
        usage, goal = math.trunc(value * 1000), round(target.value * 1000)
        pods = 1 if target.kind == "Value" else replicas.status
        ratio = usage / (goal * pods) if pods else math.inf
        if 1 - self._hpa.down.tolerance <= ratio <= 1 + self._hpa.up.tolerance:
            return replicas.spec if target.kind == "Value" else replicas.status
        return math.ceil(ratio * replicas.ready) if target.kind == "Value" else math.ceil(usage / goal)

    def _stabilised(self, now: float, current: int, wanted: int) -> int:
        """No higher than every recommendation of the window upwards, no lower than every one of the window down."""
        up, down = self._hpa.up.window, self._hpa.down.window
        lowest = min([wanted, *(number for at, number in self._recommended if at > now - up)])
        highest = max([wanted, *(number for at, number in self._recommended if at > now - down)])
        self._recommended = [one for one in self._recommended if one[0] > now - max(up, down)]
        self._recommended.append((now, wanted))
        return min(max(current, lowest), highest)

    def _limited(self, now: float, current: int, wanted: int) -> int:
        if wanted > current:
            most = max(current, self._limit(now, current, self._hpa.up, sign=1))
            return min(wanted, most, self._hpa.maximum)
        if wanted < current:
            least = min(current, self._limit(now, current, self._hpa.down, sign=-1))
            return max(wanted, least, self._hpa.minimum)
        return current

    def _limit(self, now: float, current: int, rules: Rules, sign: Literal[1, -1]) -> int:
        """The furthest that the policies allow, from where each one's period began."""
        if rules.select == "Disabled":
            return current
        reach = []
        for policy in rules.policies:
            start = current - sum(change for at, change in self._changed if at > now - policy.period)
            if policy.kind == "Pods":
                reach.append(start + sign * policy.value)
            else:
                # Up is rounded up, else one pod could never become two by a few per cent; down drops the fraction.
                exact = start * (100 + sign * policy.value) / 100
                reach.append(math.ceil(exact) if sign > 0 else math.trunc(exact))
        return max(reach) if (rules.select == "Max") == (sign > 0) else min(reach)
