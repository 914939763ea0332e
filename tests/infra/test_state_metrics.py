"""The installation's state as metrics: what is told, and what is not when nobody knows."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from canslim_core.jobs import Outcome
from canslim_core.stages import STAGES
from canslim_infra.postgres.connection import Database
from canslim_infra.queue.messages import send
from canslim_infra.queue.redis_clients import sender_client
from canslim_infra.state_metrics import TOO_OLD, Source, StateMetrics
from tests.api.running import NOWHERE
from tests.infra.engine import Engine, refresh


class Scrape:
    """What a scrape tells after one reading."""

    def __init__(self, metrics: StateMetrics) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(metrics)

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"canslim_{name}", labels)

    def names(self) -> set[str]:
        return {family.name for family in self._registry.collect()}


async def read(database: Database, client: redis.asyncio.Redis) -> Scrape:
    metrics = StateMetrics(database, client)
    await metrics.refresh()
    return Scrape(metrics)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with sender_client(redis_url) as client:
        yield client


@pytest.fixture
async def absent_redis() -> AsyncIterator[redis.asyncio.Redis]:
    async with sender_client(f"redis://{NOWHERE}") as client:
        yield client


async def test_every_stage_has_its_queue_in_the_view(engine: Engine) -> None:
    rows = await engine.rows("SELECT queue, stage FROM queue_stage")
    assert {row["stage"]: row["queue"] for row in rows} == {name: stage.queue for name, stage in STAGES.items()}


async def test_work_is_what_is_due_or_runs_times_what_the_stage_takes(engine: Engine) -> None:
    job = await engine.start(refresh("A", "B", "C", "D"), [{"symbols": [symbol]} for symbol in "ABCD"])
    first = await engine.claimed(job)
    await engine.finish(first)
    await engine.execute("UPDATE job_task SET started_at = finished_at - interval '20 s' WHERE id = $1", first.id)
    await engine.claimed(job)
    later = await engine.claimed(job)
    await engine.fail(later, retry_in=timedelta(hours=1))
    # One runs, one is due; the third waits for its second try.
    assert await engine.value("SELECT work_seconds FROM queue_work WHERE queue = 'collector'") == 40
    assert await engine.value("SELECT tasks FROM queue_work WHERE queue = 'collector'") == 2


async def test_an_idle_queue_has_no_work_and_no_age(engine: Engine) -> None:
    rows = await engine.rows("SELECT * FROM queue_work ORDER BY queue")
    assert [(row["queue"], row["tasks"], row["work_seconds"], row["oldest_due_age_seconds"]) for row in rows] == [
        ("collector", 0, 0, 0),
        ("scoring", 0, 0, 0),
    ]


async def test_a_stage_that_never_finished_a_task_counts_five_seconds_for_each(engine: Engine) -> None:
    await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    assert await engine.value("SELECT work_seconds FROM queue_work WHERE queue = 'collector'") == 10


async def test_the_age_is_that_of_the_oldest_due_task(engine: Engine) -> None:
    await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await engine.execute("UPDATE job_task SET due_at = now() - interval '1 h' WHERE no = 1")
    age = await engine.value("SELECT oldest_due_age_seconds FROM queue_work WHERE queue = 'collector'")
    assert 3600 <= age < 3700


async def test_tasks_and_jobs_are_counted_by_state(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    job = await engine.start(refresh("A", "B", "C", "D"), [{"symbols": [symbol]} for symbol in "ABCD"])
    await engine.claimed(job)
    await engine.fail(await engine.claimed(job), retry_in=None)
    await engine.fail(await engine.claimed(job), retry_in=timedelta(hours=1))
    scrape = await read(database, client)
    collect = {"queue": "collector", "stage": "collect"}
    counts = {state: scrape.value("tasks", **collect, state=state) for state in ("ready", "delayed", "running", "dead")}
    assert counts == {"ready": 1, "delayed": 1, "running": 1, "dead": 1}
    assert scrape.value("tasks", queue="scoring", stage="rs", state="ready") == 0
    assert scrape.value("jobs", kind="refresh", state="running") == 1
    assert scrape.value("jobs", kind="recalculate", state="failed") == 0
    assert scrape.value("postgresql_up") == 1


async def test_a_finished_refresh_says_when(engine: Engine, database: Database, client: redis.asyncio.Redis) -> None:
    job = await engine.start(refresh("A"))
    await engine.finish(await engine.claimed(job), Outcome(done=1))
    await engine.complete(job)
    scrape = await read(database, client)
    ended = await engine.value("SELECT extract(epoch FROM finished_at) FROM job")
    assert scrape.value("refresh_finished_timestamp_seconds", universe="sample", state="completed") == pytest.approx(
        float(ended)
    )


async def test_messages_that_wait_are_counted(engine: Engine, database: Database, client: redis.asyncio.Redis) -> None:
    await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    await send(client, await engine.take_tasks())
    scrape = await read(database, client)
    assert scrape.value("queue_messages", queue="collector", state="waiting") == 2
    assert scrape.value("queue_messages", queue="collector", state="fetched") == 0
    assert scrape.value("queue_messages", queue="scoring", state="waiting") == 0
    assert scrape.value("workers_alive") == 0
    assert scrape.value("redis_up") == 1


async def test_what_is_away_has_no_figures_instead_of_zeros(absent_redis: redis.asyncio.Redis) -> None:
    database = Database(f"postgresql://{NOWHERE}/x", size=1)
    await database.open()
    scrape = await read(database, absent_redis)
    assert scrape.names() == {"canslim_postgresql_up", "canslim_redis_up"}
    assert (scrape.value("postgresql_up"), scrape.value("redis_up")) == (0, 0)
    await database.close()


async def test_one_source_away_hides_nothing_of_the_other(
    database: Database, absent_redis: redis.asyncio.Redis
) -> None:
    scrape = await read(database, absent_redis)
    assert scrape.value("redis_up") == 0
    assert scrape.value("queue_messages", queue="collector", state="waiting") is None
    assert scrape.value("queue_work_seconds", queue="collector") == 0


async def test_a_reading_that_got_old_is_told_no_more() -> None:
    now = 0.0

    async def nothing() -> list[object]:
        return []

    source = Source("postgresql", nothing, clock=lambda: now)  # type: ignore[arg-type]
    await source.refresh()
    assert [family.samples[0].value for family in source.collect()] == [1]
    now = TOO_OLD
    assert [family.samples[0].value for family in source.collect()] == [0]
