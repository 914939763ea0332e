"""Replays a trace against pools and their autoscalers, event by event."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

from canslim_core.stages import STAGES
from tools.autoscaling import hpa
from tools.autoscaling.adapter import Adapter
from tools.autoscaling.keda import Keda
from tools.autoscaling.outcome import Moment, Outcome, PoolOutcome, QueueOutcome
from tools.autoscaling.pods import Pods
from tools.autoscaling.pools import ExternalHpa, Fixed, Pool, ScaledObject
from tools.autoscaling.sources import API_PODS, STATE_SECONDS, Sources
from tools.autoscaling.trace import Trace
from tools.autoscaling.workload import Queue, Task


@dataclass(frozen=True, slots=True)
class Cluster:
    """What was rendered: the pools with their autoscalers, how often Prometheus reads, how the adapter asks it."""

    pools: tuple[Pool, ...]
    scrape_seconds: float
    adapter: Adapter


#: Decides on a pool's replicas at a moment.
Decide = Callable[[float, hpa.Replicas], int]


class Simulation:
    def __init__(self, cluster: Cluster, trace: Trace, *, seed: int) -> None:
        self._cluster, self._trace = cluster, trace
        self._rng = random.Random(seed)  # noqa: S311 - a trace must come out the same every time.
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._queues = {pool.queue: self._queue(pool.queue) for pool in cluster.pools}
        self._pools = [self._pods(pool) for pool in cluster.pools]
        self._sources = Sources(self._queues, self._pools, trace.outages)
        self._open: Counter[int] = Counter()
        self._looks: dict[str, float] = {}
        self.outcome = Outcome(
            {queue: QueueOutcome() for queue in self._queues},
            {pool.name: PoolOutcome(pool) for pool in cluster.pools},
        )

    def run(self) -> Outcome:
        self._schedule()
        while self._events and self._events[0][0] <= self._trace.seconds:
            now, _, action = heapq.heappop(self._events)
            action()
            self._settle(now)
        for pods in self._pools:
            self.outcome.pools[pods.pool.name].close(pods, self._trace.seconds)
        return self.outcome

    def _queue(self, name: str) -> Queue:
        stages = tuple(stage.name for stage in STAGES.values() if stage.queue == name)
        queue = Queue(name, stages, self._trace.paces.get(name, float("inf")))
        for stage, mean in self._trace.known_means.items():
            if stage in queue.names:
                queue.remember(stage, mean)
        return queue

    def _pods(self, pool: Pool) -> Pods:
        pods = Pods(pool, self._queues[pool.queue], self._trace.start_seconds, self._at, self._rng)
        first = pool.scaling.replicas if isinstance(pool.scaling, Fixed) else pool.scaling.hpa.minimum
        pods.scale(first, 0, at_once=True)
        return pods

    # When things happen.

    def _at(self, time: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), action))

    def _every(self, period: float, first: float, action: Callable[[float], None]) -> None:
        def happen(now: float) -> None:
            action(now)
            self._every(period, now + period, action)

        self._at(first, partial(happen, first))

    def _schedule(self) -> None:
        """Loops begin at any moment of their period, all before the trace's first second."""
        scrape = self._cluster.scrape_seconds
        first = STATE_SECONDS + self._phase(scrape)
        for pod in API_PODS:
            # Of all its looks at the state only the last one before Prometheus comes is ever seen.
            self._every(scrape, first - self._phase(STATE_SECONDS), partial(self._sources.read_state, pod))
        self._every(scrape, first, self._sources.scrape)
        for pods in self._pools:
            if (decide := self._decider(pods.pool)) is not None:
                self._every(hpa.SYNC, self._phase(hpa.SYNC), partial(self._sync, pods, decide))
            self._every(hpa.SYNC, 0, partial(self._observe, pods))
        for number, job in enumerate(self._trace.jobs):
            self._at(job.at, partial(self._open_step, number, 0, job.at))

    def _phase(self, period: float) -> float:
        return self._rng.uniform(0, period)

    def _decider(self, pool: Pool) -> Decide | None:
        match pool.scaling:
            case Fixed():
                return None
            case ExternalHpa() as scaling:
                controller = hpa.Controller(scaling.hpa)
                return lambda now, replicas: controller.decide(now, replicas, self._external(scaling, pool, now))
            case ScaledObject() as scaled:
                keda = Keda(scaled, self._sources.ask)
                self._every(scaled.polling, self._phase(scaled.polling), keda.poll)
                controller = hpa.Controller(scaled.hpa)
                return lambda now, replicas: controller.decide(now, replicas, keda.values(now, replicas))

    def _external(self, scaling: ExternalHpa, pool: Pool, now: float) -> list[float | None]:
        return [
            self._cluster.adapter.value(name, labels, pool.namespace, partial(self._sources.promql, now=now))
            for name, labels in scaling.metrics
        ]

    # What happens.

    def _sync(self, pods: Pods, decide: Decide, now: float) -> None:
        replicas = len(pods.active)
        decided = decide(now, hpa.Replicas(replicas, replicas, len(pods.ready)))
        if decided != replicas:
            self.outcome.pools[pods.pool.name].scalings.append((now, replicas, decided))
            pods.scale(decided, now)

    def _observe(self, pods: Pods, now: float) -> None:
        queue = pods.queue
        moment = Moment(now, len(queue.ready), len(queue.running), len(pods.active))
        self.outcome.pools[pods.pool.name].moments.append(moment)

    def _open_step(self, job: int, step: int, now: float) -> None:
        """A job's next step, or its end."""
        if step == len(self._trace.jobs[job].steps):
            self.outcome.finished[job] = now - self._trace.jobs[job].at
            return
        definition = self._trace.jobs[job].steps[step]
        self._open[job] = len(definition.seconds)
        for seconds in definition.seconds:
            self._queues[definition.queue].ready.append(Task(job, step, definition.stage, seconds, now))

    def _settle(self, now: float) -> None:
        """After every event: tasks end, free threads take what is ready."""
        for queue in self._queues.values():
            for task in queue.finish(now):
                self._finished(queue, task, now)
        for queue in self._queues.values():
            self._claim(queue, now)
            self._look_again(queue, now)

    def _finished(self, queue: Queue, task: Task, now: float) -> None:
        next(pods for pods in self._pools if pods.runs(task)).finished(task, now)
        of_queue = self.outcome.queues[queue.name]
        of_queue.ran.append(now - task.claimed)
        of_queue.work += task.seconds
        of_queue.last_end = now
        self._open[task.job] -= 1
        if not self._open[task.job]:
            self._open_step(task.job, task.step + 1, now)

    def _claim(self, queue: Queue, now: float) -> None:
        if not queue.ready:
            return
        idle = [(pods, pod) for pods in self._pools if pods.queue is queue for pod in pods.idle()]
        self._rng.shuffle(idle)
        for pods, pod in idle[: len(queue.ready)]:
            task = pods.run_next(pod, now)
            self.outcome.queues[queue.name].waits.append(now - task.due)

    def _look_again(self, queue: Queue, now: float) -> None:
        """At the next end of a task, if no look is due before it anyway."""
        ends, due = queue.next_end(now), self._looks.get(queue.name, 0)
        if ends is not None and not now < due <= ends:
            self._looks[queue.name] = ends
            self._at(ends, _nothing)


def _nothing() -> None:
    """Only the settling after it counts."""


def simulate(cluster: Cluster, trace: Trace, seed: int = 1) -> Outcome:
    return Simulation(cluster, trace, seed=seed).run()
