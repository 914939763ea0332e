"""A Dramatiq worker pool in one process: puts it together, runs it until a signal, drains, exits 0."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import uuid4

# Read by dramatiq when it is imported: wake an idle worker soon, reconnect soon.
os.environ.setdefault("dramatiq_restart_delay", "1000")

import dramatiq
import redis.asyncio
import structlog
from dramatiq.asyncio import get_event_loop_thread
from opentelemetry.trace import SpanKind

from canslim_core.errors import CanslimError, StoreUnavailable
from canslim_core.jobs import Task, Work
from canslim_core.stages import STAGES
from canslim_core.use_cases.run_task import Verdict, run_task
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import PostgresTransactions
from canslim_infra.queue.broker import create_broker
from canslim_infra.queue.redis_clients import sender_client
from canslim_infra.queue.relay import Relay
from canslim_infra.queue.signals import announce
from canslim_infra.settings import Settings
from canslim_infra.telemetry import BUSY, DRAINING, TASK_SECONDS, TASK_WAIT, THREADS, serve_metrics
from canslim_infra.tracing import span

log = structlog.get_logger()

#: The exit code of a process that can't start as it is set up.
REFUSED = 2
#: How soon an idle worker looks for messages.
POLL_MS = 100
#: Dramatiq's own limit stands behind the stage's deadline.
TIME_LIMIT_MARGIN = timedelta(seconds=30)

#: Makes a stage's work from the process's database; called once, on the event loop.
MakeWork = Callable[[Database], Work]


class Resources(dramatiq.Middleware):
    """What lives on the workers' event loop: the pool of connections, the relay's client."""

    def __init__(self, settings: Settings, threads: int, stages: Mapping[str, MakeWork]) -> None:
        self.owner = f"{socket.gethostname()}/{os.getpid()}/{uuid4().hex[:8]}"
        self.database = Database(settings.database_url, size=2 * threads + 2, patience=timedelta(seconds=20))
        self._redis_url = settings.redis_url
        self._make = stages
        self.works: dict[str, Work] = {}
        self.draining = False
        self.client: redis.asyncio.Redis

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        _on_loop(self._open())

    async def _open(self) -> None:
        await self.database.open()
        self.client = sender_client(self._redis_url)
        self.relay = Relay(self.database, self.client)
        self.works = {name: make(self.database) for name, make in self._make.items()}

    async def reaches_database(self) -> bool:
        try:
            async with asyncio.timeout(2), self.database.reading() as connection:
                await connection.fetchval("SELECT 1")
        except (StoreUnavailable, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Hands back what is still claimed, so that nobody waits for the leases to run out."""
        with suppress(StoreUnavailable):
            async with PostgresTransactions(self.database)() as jobs:
                if released := await jobs.release(self.owner):
                    log.warning("released_unfinished_tasks", tasks=released)
        await self.client.aclose()
        await self.database.close()


def run_worker(settings: Settings, queue: str, threads: int, stages: Mapping[str, MakeWork]) -> int:
    """Runs the pool for one queue until SIGTERM or SIGINT; returns the exit code."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _stop(stop))
    resources = Resources(settings, threads, stages)
    broker = create_broker(settings.redis_url)
    for name in stages:
        _declare_actor(broker, name, resources)
    worker = dramatiq.Worker(broker, queues={queue}, worker_timeout=POLL_MS, worker_threads=threads)
    # As many as are worked on: waiting messages are there for other workers.
    worker.queue_prefetch = threads
    broker.add_middleware(resources)
    try:
        # Before the start: the worker's threads would outlive an exception here.
        probes = {
            "/healthz": lambda: _alive(worker, resources),
            "/readyz": lambda: _ready(worker, resources),
        }
        port = serve_metrics(settings.api_host, settings.metrics_port, probes)
    except OSError as error:
        print(error, file=sys.stderr)  # noqa: T201 - as every reason not to start.
        return REFUSED
    THREADS.labels(queue).set(threads)
    BUSY.labels(queue)
    DRAINING.labels(queue)
    worker.start()
    log.info("worker_started", queue=queue, threads=threads, owner=resources.owner, metrics_port=port)
    stop.wait()
    resources.draining = True
    DRAINING.labels(queue).set(1)
    started = time.monotonic()
    drained = _drain(worker, settings.drain, resources)
    log.info("worker_stopped", queue=queue, drain_seconds=round(time.monotonic() - started, 2))
    sys.stdout.flush()
    if not drained:
        # A computation in a thread can't be stopped, and the interpreter would wait for it; its task is handed back.
        os._exit(0)
    return 0


def _stop(stop: threading.Event) -> None:
    if stop.is_set():
        os._exit(1)
    stop.set()


def _declare_actor(broker: dramatiq.Broker, stage_name: str, resources: Resources) -> None:
    stage = STAGES[stage_name]

    limit = stage.deadline + TIME_LIMIT_MARGIN

    @dramatiq.actor(
        actor_name=stage.actor,
        queue_name=stage.queue,
        broker=broker,
        time_limit=limit / timedelta(milliseconds=1),
    )
    async def run(task_id: int) -> None:
        await _deliver(task_id, stage_name, resources)


async def _deliver(task_id: int, stage: str, resources: Resources) -> None:
    """One delivery, measured; an absent PostgreSQL is no error of the message."""
    started = time.perf_counter()
    job_ids: set[Any] = set()

    async def work(task: Task) -> Any:
        job_ids.add(task.job_id)
        structlog.contextvars.bind_contextvars(
            job=str(task.job_id), stage=task.stage, task=task.id, attempt=task.attempt
        )
        TASK_WAIT.labels(stage).observe(task.waited.total_seconds())
        details = {"canslim.job": str(task.job_id), "canslim.task": str(task.id), "canslim.attempt": str(task.attempt)}
        with BUSY.labels(task.definition.queue).track_inprogress(), span(stage, SpanKind.CONSUMER, task.trace, details):
            return await resources.works[stage](task)

    async def send_due() -> None:
        with suppress(StoreUnavailable):
            await resources.relay.send_due()

    try:
        verdict: str = await run_task(
            task_id,
            work,
            owner=resources.owner,
            transactions=PostgresTransactions(resources.database),
            wake_up=send_due,
            on_failure=_log_failure,
        )
    except StoreUnavailable as error:
        log.warning("task_waits_for_postgresql", error=str(error))
        verdict = "store_unavailable"
    seconds = time.perf_counter() - started
    TASK_SECONDS.labels(stage, verdict).observe(seconds)
    if verdict != Verdict.DUPLICATE:
        log.info("task_ended", stage=stage, task_id=task_id, verdict=verdict, seconds=round(seconds, 3))
    for job_id in job_ids:
        await announce(resources.client, job_id)


def _log_failure(task: Task, error: BaseException) -> None:
    expected = isinstance(error, CanslimError)
    details = {"error": str(error)} if expected else {"exc_info": error}
    log.error("task_failed", task_id=task.id, attempt=task.attempt, **details)


def _drain(worker: dramatiq.Worker, drain: timedelta, resources: Resources) -> bool:
    """Lets running tasks end inside the drain time, then hands back the rest; whether all ended."""
    log.info("draining")
    for thread in worker.workers:
        thread.stop()
    deadline = time.monotonic() + drain.total_seconds()
    for thread in worker.workers:
        thread.join(max(0.0, deadline - time.monotonic()))
    drained = not any(thread.is_alive() for thread in worker.workers)
    if not drained:
        log.warning("drain_time_over")
    try:
        _on_loop(resources.close())
    except TimeoutError:
        # PostgreSQL hangs: the leases of what is left run out by themselves.
        return False
    if drained:
        worker.stop(timeout=1000)
    return drained


def _alive(worker: dramatiq.Worker, resources: Resources) -> bool:
    """Whether every thread is there and the event loop ticks; PostgreSQL and Redis are not asked."""
    if resources.draining:
        # Its threads end one after the other, as they should.
        return True
    loop = get_event_loop_thread()
    if loop is None or not all(thread.is_alive() for thread in worker.workers):
        return False
    ticked = threading.Event()
    loop.loop.call_soon_threadsafe(ticked.set)
    return ticked.wait(5)


def _ready(worker: dramatiq.Worker, resources: Resources) -> bool:
    """Whether it could claim a task now."""
    return not resources.draining and _alive(worker, resources) and bool(_on_loop(resources.reaches_database()))


def _on_loop(coroutine: Any) -> Any:
    thread = get_event_loop_thread()
    if thread is None:
        raise RuntimeError("the AsyncIO middleware has not started the event loop")
    return asyncio.run_coroutine_threadsafe(coroutine, thread.loop).result(30)
