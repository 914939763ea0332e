"""What happens to an installation: the jobs that come, and what fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """Tasks that may run at once. seconds: how long each one takes alone."""

    queue: str
    stage: str
    seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Job:
    """Steps one after the other; the next begins when the last task of one has finished."""

    at: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outage:
    """When KEDA and Prometheus get nothing from a source; the workers are not touched by it."""

    source: str
    begins: float
    ends: float


@dataclass(frozen=True, slots=True)
class Trace:
    """What happens.

    seconds: how long it is watched. start_seconds: how long a pod takes to be ready, at least and at most.
    paces: of queues whose tasks share a source's pace, how many tasks of one can run at full speed.
    known_means: seconds, of stages that have run before.
    """

    name: str
    jobs: tuple[Job, ...]
    seconds: float
    start_seconds: tuple[float, float] = (8, 20)
    outages: tuple[Outage, ...] = ()
    paces: Mapping[str, float] = field(default_factory=dict)
    known_means: Mapping[str, float] = field(default_factory=dict)
