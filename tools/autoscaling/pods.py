"""A pool's pods: they start, take tasks, drain when they are chosen to end."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tools.autoscaling.pools import Pool
from tools.autoscaling.workload import Queue, Task

#: Runs an action later; given by the simulation.
Later = Callable[[float, Callable[[], None]], None]


@dataclass(eq=False, slots=True)
class Pod:
    """ready: since when; None while it starts. draining: it was told to end."""

    name: str
    created: float
    uid: float
    ready: float | None = None
    draining: bool = False
    tasks: list[Task] = field(default_factory=list)

    def become_ready(self, now: float) -> None:
        self.ready = now


@dataclass(slots=True)
class Losses:
    """handed_back: drained for as long as it may, and given to another one. killed: cut off by the end of the grace."""

    handed_back: int = 0
    killed: int = 0


class Pods:
    """The pods of one pool, as its ReplicaSet and the kubelets treat them."""

    def __init__(
        self, pool: Pool, queue: Queue, start_seconds: tuple[float, float], later: Later, rng: random.Random
    ) -> None:
        self.pool, self.queue = pool, queue
        self.alive: list[Pod] = []
        self.losses = Losses()
        self.pod_seconds = 0.0
        self._start_seconds, self._later, self._rng = start_seconds, later, rng
        self._made = 0

    @property
    def active(self) -> list[Pod]:
        """Those that count as replicas."""
        return [pod for pod in self.alive if not pod.draining]

    @property
    def ready(self) -> list[Pod]:
        return [pod for pod in self.alive if pod.ready is not None and not pod.draining]

    def idle(self) -> list[Pod]:
        """One entry for each thread that could take a task."""
        return [pod for pod in self.ready for _ in range(self.pool.threads - len(pod.tasks))]

    def scale(self, replicas: int, now: float, *, at_once: bool = False) -> None:
        """at_once: new pods are ready already, as at the start of a trace."""
        active = self.active
        for _ in range(replicas - len(active)):
            self._create(now, at_once)
        for pod in sorted(active, key=lambda pod: _preference(pod, now))[: max(0, len(active) - replicas)]:
            self._end(pod, now)

    def run_next(self, pod: Pod, now: float) -> Task:
        task = self.queue.claim(now)
        pod.tasks.append(task)
        return task

    def runs(self, task: Task) -> bool:
        return any(task in pod.tasks for pod in self.alive)

    def finished(self, task: Task, now: float) -> None:
        """A draining pod ends with its last task."""
        pod = next(pod for pod in self.alive if task in pod.tasks)
        pod.tasks.remove(task)
        if pod.draining and not pod.tasks:
            self._remove(pod, now)

    def _create(self, now: float, at_once: bool) -> None:
        self._made += 1
        pod = Pod(f"{self.pool.name}-{self._made}", now, self._rng.random(), ready=now if at_once else None)
        self.alive.append(pod)
        if not at_once:
            ready_at = now + self._rng.uniform(*self._start_seconds)
            self._later(ready_at, partial(pod.become_ready, ready_at))

    def _end(self, pod: Pod, now: float) -> None:
        pod.draining = True
        if not pod.tasks:
            return self._remove(pod, now)
        pool = self.pool
        if pool.drain_seconds <= pool.grace_seconds:
            cut = now + pool.drain_seconds
            return self._later(cut, partial(self._hand_back, pod, cut))
        cut = now + pool.grace_seconds
        return self._later(cut, partial(self._kill, pod, cut))

    def _hand_back(self, pod: Pod, now: float) -> None:
        if pod in self.alive:
            self.losses.handed_back += len(pod.tasks)
            for task in pod.tasks:
                # Not tried in vain, so it is sent as a new one: behind those that wait.
                self.queue.release(task, now, first=False)
            self._remove(pod, now)

    def _kill(self, pod: Pod, now: float) -> None:
        if pod in self.alive:
            self.losses.killed += len(pod.tasks)
            for task in pod.tasks:
                self.queue.release(task, now, first=True)
            self._remove(pod, now)

    def _remove(self, pod: Pod, now: float) -> None:
        self.alive.remove(pod)
        self.pod_seconds += now - pod.created

    def cost(self, now: float) -> float:
        """Seconds that pods were there, starting and draining ones too."""
        return self.pod_seconds + sum(now - pod.created for pod in self.alive)


def _preference(pod: Pod, now: float) -> tuple[bool, int, float]:
    """Kubernetes ends pods that are not ready first, then those ready for a shorter time in powers of two; within
    one power it is chance."""
    if pod.ready is None:
        return (False, 0, pod.uid)
    return (True, math.floor(math.log2(max(now - pod.ready, 1e-9))), pod.uid)
