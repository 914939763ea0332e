"""What came of a trace, and what it is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tools.autoscaling.pods import Losses, Pods
from tools.autoscaling.pools import Pool


@dataclass(frozen=True, slots=True)
class Moment:
    """One look at a pool and its queue."""

    at: float
    waiting: int
    running: int
    replicas: int


@dataclass(slots=True)
class QueueOutcome:
    """waits: from due to claimed, of every claim. ran: from claimed to the end. work: what tasks took alone."""

    waits: list[float] = field(default_factory=list)
    ran: list[float] = field(default_factory=list)
    work: float = 0
    last_end: float = 0

    def wait(self, share: float) -> float:
        return quantile(self.waits, share)


@dataclass(slots=True)
class PoolOutcome:
    """scalings: when, from how many replicas, to how many. pod_seconds: what the pods cost, however busy."""

    pool: Pool
    scalings: list[tuple[float, int, int]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    pod_seconds: float = 0
    most: int = 0

    def close(self, pods: Pods, now: float) -> None:
        self.losses = pods.losses
        self.pod_seconds = pods.cost(now)
        self.most = max([len(pods.active), *(before for _, before, _ in self.scalings)])

    @property
    def flips(self) -> int:
        """How often the direction changed."""
        up = [after > before for _, before, after in self.scalings]
        return sum(one != other for one, other in pairwise(up))

    @property
    def shortest_rest(self) -> float:
        """The shortest time from a scale-out to the scale-in after it: so soon pods were started for nothing."""
        return min(
            (
                down - up
                for (up, low, high), (down, before, after) in pairwise(self.scalings)
                if high > low and after < before
            ),
            default=float("inf"),
        )

    def replicas(self, begins: float, ends: float) -> list[int]:
        """What was asked for in a span of time."""
        return [moment.replicas for moment in self.moments if begins <= moment.at < ends]


@dataclass(frozen=True, slots=True)
class Outcome:
    """finished: how long each job took."""

    queues: dict[str, QueueOutcome]
    pools: dict[str, PoolOutcome]
    finished: dict[int, float] = field(default_factory=dict)


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the smallest value that so large a share of all does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else 0.0
