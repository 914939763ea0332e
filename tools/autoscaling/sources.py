"""Where the autoscalers get their numbers: the view in PostgreSQL, Prometheus, Redis; each as late as it really is."""

import math
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

from tools.autoscaling.pods import Pods
from tools.autoscaling.pools import Trigger
from tools.autoscaling.promql import Sample, Samples, answer, by_name
from tools.autoscaling.trace import Outage
from tools.autoscaling.vectors import Value
from tools.autoscaling.workload import Queue

#: How often an API process reads the state of the installation, in seconds.
STATE_SECONDS: Final = 5.0
#: API processes; each one exports the same numbers, read at another moment.
API_PODS: Final = ("api-1", "api-2")


class Unavailable(Exception):
    """The source does not answer, or has no answer."""


class Sources:
    def __init__(self, queues: Mapping[str, Queue], pools: Sequence[Pods], outages: Sequence[Outage]) -> None:
        self._queues, self._pools, self._outages = queues, pools, outages
        self._view = sqlite3.connect(":memory:")
        self._view.execute("CREATE TABLE queue_work (queue, tasks, work_seconds, oldest_due_age_seconds)")
        self._state: dict[str, list[Sample]] = {}
        self._scraped: Samples = {}

    def ask(self, trigger: Trigger, now: float) -> float:
        """What a KEDA scaler would say. Raises Unavailable."""
        self._check(trigger.kind, now)
        match trigger.kind:
            case "postgresql":
                return self._sql(trigger.query, now)
            case "redis":
                return float(self._length(trigger.query))
            case "prometheus":
                value = self.promql(trigger.query, now)
                single = value if isinstance(value, float) else _only(value)
                if single is None and trigger.empty_is_zero:
                    return 0.0
                if single is None:
                    raise Unavailable(f"no answer to {trigger.query}")
                return single

    def promql(self, query: str, now: float) -> Value:
        """Raises Unavailable."""
        self._check("prometheus", now)
        return answer(query, self._scraped)

    def read_state(self, pod: str, now: float) -> None:
        """An API process reads PostgreSQL and Redis; what it can't read it does not export."""
        self._state[pod] = [] if self._is_away("postgresql", now) else self._installation(pod, now)

    def scrape(self, now: float) -> None:
        """Prometheus reads every pod that runs; one that is away has nothing new, and what it has grows stale."""
        state = [sample for samples in self._state.values() for sample in samples]
        self._scraped = by_name([*state, *self._workers()])

    def _is_away(self, source: str, now: float) -> bool:
        return any(outage.source == source and outage.begins <= now < outage.ends for outage in self._outages)

    def _check(self, source: str, now: float) -> None:
        if self._is_away(source, now):
            raise Unavailable(f"{source} does not answer")

    def _sql(self, query: str, now: float) -> float:
        """Runs the trigger's own SQL on a table of the view's shape."""
        rows = [(queue.name, len(queue.outstanding), queue.work_seconds, queue.age(now)) for queue in self._all()]
        with self._view:
            self._view.execute("DELETE FROM queue_work")
            self._view.executemany("INSERT INTO queue_work VALUES (?, ?, ?, ?)", rows)
        row = self._view.execute(query).fetchone()
        if row is None:
            raise Unavailable(f"no row: {query}")
        return float(row[0])

    def _all(self) -> Sequence[Queue]:
        return list(self._queues.values())

    def _length(self, key: str) -> int:
        """Dramatiq's list has what no worker took yet; its hash everything that is not done."""
        name = key.removeprefix("dramatiq:")
        queue = self._queues[name.removesuffix(".msgs")]
        return len(queue.outstanding) if name.endswith(".msgs") else len(queue.ready)

    def _installation(self, pod: str, now: float) -> list[Sample]:
        common = {"namespace": self._pools[0].pool.namespace, "pod": pod, "pool": "api"}
        samples = []
        for queue in self._all():
            own = {**common, "queue": queue.name}
            samples += [
                Sample("canslim_queue_work_seconds", own, queue.work_seconds),
                Sample("canslim_queue_oldest_due_age_seconds", own, queue.age(now)),
                Sample("canslim_queue_messages", {**own, "state": "waiting"}, len(queue.ready)),
                Sample("canslim_queue_messages", {**own, "state": "fetched"}, len(queue.running)),
            ]
            for stage, ready, running in queue.stages():
                of_stage = {**own, "stage": stage}
                samples += [
                    Sample("canslim_tasks", {**of_stage, "state": "ready"}, ready),
                    Sample("canslim_tasks", {**of_stage, "state": "running"}, running),
                    Sample("canslim_task_mean_seconds", {**common, "stage": stage}, queue.mean(stage)),
                ]
        return samples

    def _workers(self) -> list[Sample]:
        """Draining pods answer until they end; starting ones do not yet."""
        samples = []
        for pods in self._pools:
            pool = pods.pool
            for pod in pods.alive:
                if pod.ready is not None:
                    own = {"namespace": pool.namespace, "pod": pod.name, "pool": pool.name, "queue": pool.queue}
                    samples += [
                        Sample("canslim_worker_threads", own, pool.threads),
                        Sample("canslim_worker_threads_busy", own, len(pod.tasks)),
                        Sample("canslim_worker_draining", own, pod.draining),
                    ]
        return samples


def _only(vector: list[tuple[Mapping[str, str], float]]) -> float | None:
    """KEDA takes an answer of one element; it refuses several, and what is no number counts as none."""
    if len(vector) > 1:
        raise Unavailable(f"{len(vector)} elements where one is expected")
    return vector[0][1] if vector and math.isfinite(vector[0][1]) else None
