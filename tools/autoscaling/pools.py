"""What a pool of workers is, and what scales it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tools.autoscaling.hpa import Hpa, Target


@dataclass(frozen=True, slots=True)
class Fixed:
    replicas: int


@dataclass(frozen=True, slots=True)
class ExternalHpa:
    """A HorizontalPodAutoscaler of its own. metrics: name and labels of each one, in the order of its targets."""

    hpa: Hpa
    metrics: tuple[tuple[str, Mapping[str, str]], ...]


@dataclass(frozen=True, slots=True)
class Trigger:
    """query: SQL, PromQL, or the key of a list or hash. empty_is_zero: no answer counts as 0."""

    kind: Literal["postgresql", "prometheus", "redis"]
    query: str
    target: Target
    cached: bool = False
    empty_is_zero: bool = False


@dataclass(frozen=True, slots=True)
class Fallback:
    failures: int
    replicas: int
    behavior: str = "static"


@dataclass(frozen=True, slots=True)
class ScaledObject:
    """hpa: the one that KEDA makes of it; its targets are the triggers', in their order."""

    hpa: Hpa
    triggers: tuple[Trigger, ...]
    polling: float = 30
    fallback: Fallback | None = None


Scaling = Fixed | ExternalHpa | ScaledObject


@dataclass(frozen=True, slots=True)
class Pool:
    """A Deployment of workers.

    drain_seconds: how long running tasks have after SIGTERM; grace_seconds: how long until SIGKILL.
    """

    name: str
    queue: str
    threads: int
    drain_seconds: float
    grace_seconds: float
    namespace: str
    scaling: Scaling

    @property
    def maximum(self) -> int:
        return self.scaling.replicas if isinstance(self.scaling, Fixed) else self.scaling.hpa.maximum
