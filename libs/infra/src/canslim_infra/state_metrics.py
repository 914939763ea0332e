"""The state of the whole installation as metrics: what PostgreSQL and Redis hold, not what this process did."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import redis
import redis.asyncio
import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from canslim_core.errors import StoreUnavailable
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.state_reads import read_state
from canslim_infra.queue.messages import read_queues

log = structlog.get_logger()

#: Seconds between two readings.
EVERY = 5.0
#: A reading this old says nothing of now.
TOO_OLD = 3 * EVERY


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric as read. values: by the values of its labels."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: Mapping[Any, float] = field(default_factory=dict)


Read = Callable[[], Awaitable[Iterable[Gauge]]]


class Source:
    """What is read from one place. While it does not answer its metrics are absent: 0 would be a lie."""

    def __init__(self, name: str, read: Read, clock: Callable[[], float] = time.monotonic) -> None:
        self._name = name
        self._read = read
        self._clock = clock
        self._gauges: list[Gauge] = []
        self._read_at: float | None = None

    async def refresh(self) -> None:
        try:
            async with asyncio.timeout(EVERY):
                self._gauges = list(await self._read())
            self._read_at = self._clock()
        except (StoreUnavailable, redis.RedisError, OSError, TimeoutError) as error:
            self._read_at = None
            log.warning("state_unknown", source=self._name, error=str(error))

    def collect(self) -> Iterable[Metric]:
        known = self._read_at is not None and self._clock() - self._read_at < TOO_OLD
        yield GaugeMetricFamily(
            f"canslim_{self._name}_up", f"1 where {self._name} answered this process just now.", float(known)
        )
        for gauge in self._gauges if known else ():
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
            for labels, value in gauge.values.items():
                family.add_metric(labels, value)
            yield family


class StateMetrics(Collector):
    """Reads in the background; a scrape only tells, so it is quick and never waits for a server."""

    def __init__(self, database: Database, client: redis.asyncio.Redis) -> None:
        async def from_postgresql() -> Iterable[Gauge]:
            read = await read_state(database)
            return [Gauge(figure.name, figure.help, figure.labels, values) for figure, values in read]

        async def from_redis() -> Iterable[Gauge]:
            queues = await read_queues(client)
            return [
                Gauge(
                    "canslim_queue_messages",
                    "Messages in Redis: waiting, or fetched by a worker and not acknowledged.",
                    ("queue", "state"),
                    queues.messages,
                ),
                Gauge("canslim_workers_alive", "Workers that Redis heard of just now.", (), {(): queues.workers}),
            ]

        self._sources = (Source("postgresql", from_postgresql), Source("redis", from_redis))

    async def run(self) -> None:
        """Reads for ever."""
        while True:
            await self.refresh()
            await asyncio.sleep(EVERY)

    async def refresh(self) -> None:
        await asyncio.gather(*(source.refresh() for source in self._sources))

    def describe(self) -> Iterable[Metric]:
        """Nothing: what there is shows once it was read."""
        return ()

    def collect(self) -> Iterable[Metric]:
        for source in self._sources:
            yield from source.collect()
