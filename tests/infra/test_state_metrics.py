"""The installation's state as metrics: what is told, and what is not when nobody knows."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import redis.asyncio
from prometheus_client import CollectorRegistry

from canslim_core.jobs import Job, JobRequest, Outcome
from canslim_core.stages import STAGES, JobKind
from canslim_core.states import JobState
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.universes import delete_own_list, write_own_list
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


ENDED = "refresh_finished_timestamp_seconds"
PROVIDED = {"universe": "sample", "own": "false"}
OWN = {"universe": "mine", "own": "true"}


async def failed(engine: Engine, request: JobRequest) -> Job:
    """A job whose only task is given up."""
    job = await engine.start(request)
    await engine.fail(await engine.claimed(job), retry_in=None)
    return await engine.job(job.id)


async def completed(engine: Engine, request: JobRequest) -> Job:
    job = await engine.start(request)
    await engine.finish(await engine.claimed(job), Outcome(done=1))
    return await engine.complete(job)


async def ended(engine: Engine, job: Job) -> float:
    return float(await engine.value("SELECT extract(epoch FROM finished_at) FROM job WHERE id = $1", job.id))


@pytest.fixture
async def own_list(engine: Engine) -> None:
    await write_own_list(engine.database, "mine", "sample", ["A"])


async def test_a_finished_refresh_says_when(engine: Engine, database: Database, client: redis.asyncio.Redis) -> None:
    job = await completed(engine, refresh())
    scrape = await read(database, client)
    assert scrape.value(ENDED, **PROVIDED, state="completed") == pytest.approx(await ended(engine, job))
    assert scrape.value(ENDED, **PROVIDED, state="failed") is None
    assert scrape.value("refreshes_unfinished", universe="sample") == 0


async def test_a_refresh_of_some_symbols_says_nothing_of_the_universe(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    night = await failed(engine, refresh())
    await completed(engine, refresh("A"))
    scrape = await read(database, client)
    assert scrape.value(ENDED, **PROVIDED, state="failed") == pytest.approx(await ended(engine, night))
    assert scrape.value(ENDED, **PROVIDED, state="completed") is None


async def test_what_is_run_again_of_a_failed_refresh_says_that_it_is_mended(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    night = await failed(engine, refresh())
    once = await failed(engine, replace(refresh("A"), retry_of=night.id))
    again = await completed(engine, replace(refresh("A"), retry_of=once.id))
    scrape = await read(database, client)
    assert scrape.value(ENDED, **PROVIDED, state="failed") == pytest.approx(await ended(engine, once))
    assert scrape.value(ENDED, **PROVIDED, state="completed") == pytest.approx(await ended(engine, again))


async def test_a_refresh_that_runs_is_counted(engine: Engine, database: Database, client: redis.asyncio.Redis) -> None:
    await failed(engine, refresh())
    await engine.start(refresh())
    assert (await read(database, client)).value("refreshes_unfinished", universe="sample") == 1


@pytest.mark.usefixtures("own_list")
async def test_the_refresh_of_an_own_list_is_told_as_such(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    job = await failed(engine, refresh(universe="mine"))
    scrape = await read(database, client)
    assert scrape.value(ENDED, **OWN, state="failed") == pytest.approx(await ended(engine, job))


@pytest.mark.usefixtures("own_list")
async def test_a_failure_of_an_own_list_is_forgotten_when_the_list_is_written_anew(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    await failed(engine, refresh(universe="mine"))
    await write_own_list(database, "mine", "sample", ["B"])
    assert (await read(database, client)).value(ENDED, **OWN, state="failed") is None


@pytest.mark.usefixtures("own_list")
async def test_a_deleted_own_list_is_told_no_more(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    await failed(engine, refresh(universe="mine"))
    await delete_own_list(database, "mine")
    assert (await read(database, client)).value(ENDED, **OWN, state="failed") is None


async def test_a_provider_that_is_not_asked_any_more_is_told_no_more(
    engine: Engine, database: Database, client: redis.asyncio.Redis
) -> None:
    await failed(engine, refresh(universe="sample"))
    job = await failed(engine, refresh(universe="sp500"))
    scrape = await read(database, client)
    assert scrape.value(ENDED, **PROVIDED, state="failed") is None
    assert scrape.value(ENDED, universe="sp500", own="false", state="failed") == pytest.approx(await ended(engine, job))


async def test_jobs_of_every_kind_are_counted(database: Database, client: redis.asyncio.Redis) -> None:
    scrape = await read(database, client)
    assert {scrape.value("jobs", kind=kind, state=state) for kind in JobKind for state in JobState} == {0}


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
