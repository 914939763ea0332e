"""The relay on a real Valkey, up to a Dramatiq worker that gets the messages."""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from typing import Any

import dramatiq
import pytest
import redis
import redis.asyncio

from canslim_cli.embedded import EmbeddedPostgres, EmbeddedValkey
from canslim_core.ports import Renewal
from canslim_core.stages import COLLECT, RS, STAGES, Stage
from canslim_infra.postgres.connection import Database
from canslim_infra.queue.broker import create_broker
from canslim_infra.queue.messages import waiting
from canslim_infra.queue.redis_clients import NAMESPACE, sender_client
from canslim_infra.queue.relay import Relay
from canslim_infra.queue.signals import JobSignals, announce
from canslim_infra.settings import Settings
from canslim_infra.worker import POLL_MS, Resources, _declare_actor
from tests.infra.engine import Engine, recalculation, refresh

LOST = timedelta(seconds=10)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[redis.asyncio.Redis]:
    async with sender_client(redis_url) as client:
        yield client


@pytest.fixture
def relay(engine: Engine, client: redis.asyncio.Redis) -> Relay:
    return Relay(engine.database, client)


async def messages(client: redis.asyncio.Redis, queue: str) -> list[dramatiq.Message]:
    ids = await client.lrange(f"{NAMESPACE}:{queue}", 0, -1)
    return [dramatiq.Message.decode(await client.hget(f"{NAMESPACE}:{queue}.msgs", message_id)) for message_id in ids]


async def arrived(client: redis.asyncio.Redis, queue: str) -> None:
    async with asyncio.timeout(20):
        while not await messages(client, queue):  # noqa: ASYNC110 - another task sets no event here.
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs what runs for ever."""
    tasks = [asyncio.create_task(loop) for loop in loops]
    yield
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Received:
    """The task numbers that actors were called with, as `stage` and number."""

    def __init__(self) -> None:
        self._calls: list[tuple[str, object]] = []
        self._came = threading.Condition()

    def note(self, stage: str, task_id: object) -> None:
        with self._came:
            self._calls.append((stage, task_id))
            self._came.notify_all()

    def wait_for(self, count: int) -> list[tuple[str, object]]:
        with self._came:
            assert self._came.wait_for(lambda: len(self._calls) >= count, timeout=20), self._calls
            return list(self._calls)


@contextmanager
def worker(url: str, queue: str) -> Iterator[Received]:
    """A Dramatiq worker of one queue, whose actors only note what they get."""
    broker = create_broker(url)
    received = Received()
    for stage in STAGES.values():
        _declare(broker, stage.name, received)
    worker = dramatiq.Worker(broker, queues={queue}, worker_timeout=POLL_MS, worker_threads=2)
    worker.start()
    try:
        yield received
    finally:
        worker.stop()
        broker.close()


def _declare(broker: dramatiq.Broker, name: str, received: Received) -> None:
    stage = STAGES[name]

    @dramatiq.actor(actor_name=stage.actor, queue_name=stage.queue, broker=broker)
    def actor(task_id: int) -> None:
        received.note(name, task_id)


async def test_messages_are_dramatiqs_own_for_the_stages_queue_and_actor(
    engine: Engine, relay: Relay, client: redis.asyncio.Redis
) -> None:
    collect = await engine.start(refresh("A", "B"), [{"symbols": ["A"]}, {"symbols": ["B"]}])
    rate = await engine.start(recalculation("rs", universe="files"))
    assert await relay.send_due() == 3
    sent = {queue: await messages(client, queue) for queue in (COLLECT.queue, RS.queue)}
    assert [(m.actor_name, m.queue_name) for m in sent[RS.queue]] == [(RS.actor, RS.queue)]
    assert [m.args for m in sent[RS.queue]] == [(row["id"],) for row in await engine.tasks(rate.id)]
    assert [m.args for m in sent[COLLECT.queue]] == [(row["id"],) for row in await engine.tasks(collect.id)]
    assert {m.actor_name for m in sent[COLLECT.queue]} == {COLLECT.actor}


async def test_a_worker_gets_every_task_of_its_queue_and_leaves_nothing_behind(
    engine: Engine, relay: Relay, client: redis.asyncio.Redis, redis_url: str
) -> None:
    symbols = [f"S{number:02}" for number in range(30)]
    job = await engine.start(refresh(*symbols), [{"symbols": [symbol]} for symbol in symbols])
    await engine.start(recalculation("rs", universe="files"))
    await relay.send_due()
    with worker(redis_url, COLLECT.queue) as received:
        calls = await asyncio.to_thread(received.wait_for, 30)
    assert sorted(calls) == [("collect", row["id"]) for row in await engine.tasks(job.id)]
    assert await client.hlen(f"{NAMESPACE}:{COLLECT.queue}.msgs") == 0
    assert await waiting(client) == {"collect": 0, "rs": 1, "score": 1, "history": 1}


async def test_more_than_a_bulk_goes_out_at_once(engine: Engine, relay: Relay) -> None:
    symbols = [f"S{number:04}" for number in range(1001)]
    await engine.start(refresh(*symbols), [{"symbols": [symbol]} for symbol in symbols])
    assert await relay.send_due() == 1001
    assert await relay.send_due() == 0


async def test_while_redis_is_away_tasks_stay_due_and_go_out_when_it_is_back(
    engine: Engine, own_redis: EmbeddedValkey
) -> None:
    await engine.start(refresh("A"))
    async with sender_client(own_redis.url) as client:
        relay = Relay(engine.database, client)
        own_redis.kill()
        assert await relay.send_due() == 0
        assert await engine.value("SELECT count(*) FROM job_task WHERE sent_at IS NULL") == 1
        own_redis.start()
        assert await relay.send_due() == 1
        assert len(await messages(client, COLLECT.queue)) == 1


async def test_a_worker_that_could_not_renew_while_postgresql_was_away_did_not_die(
    own_postgres: EmbeddedPostgres, client: redis.asyncio.Redis
) -> None:
    database = Database(own_postgres.url, size=4)
    await database.open()
    engine, relay = Engine(database), Relay(database, client)
    task = await engine.claimed(await engine.start(refresh("A")))
    own_postgres.kill()
    async with running(relay.keep_sending(), relay.keep_reconciling()):
        await asyncio.sleep(0.2)
        own_postgres.start()
        await engine.execute("UPDATE job_task SET lease_until = now() - interval '1 s'")
        async with asyncio.timeout(20):
            # Only a relay that is back sends it.
            other = await engine.start(refresh("B", universe="files"))
            while not await messages(client, COLLECT.queue):  # noqa: ASYNC110 - another task sets no event here.
                await asyncio.sleep(0.02)
        assert await engine.renew(task) is Renewal.HELD
        assert (await engine.task(task.id))["crashes"] == 0
        await engine.cancel(other.id)
    await database.close()


async def test_a_redis_that_takes_nothing_more_costs_nothing(engine: Engine, own_redis: EmbeddedValkey) -> None:
    await engine.start(refresh("A"))
    async with sender_client(own_redis.url) as client:
        await client.config_set("maxmemory", "1")
        assert await Relay(engine.database, client).send_due() == 0
        await client.config_set("maxmemory", "0")
        assert await Relay(engine.database, client).send_due() == 1


async def test_what_a_flush_took_away_is_sent_again(engine: Engine, relay: Relay, client: redis.asyncio.Redis) -> None:
    await engine.start(refresh("A"))
    await relay.send_due()
    await client.flushdb()
    assert await relay.send_due() == 0
    await engine.execute("UPDATE job_task SET sent_at = sent_at - $1::interval", LOST)
    assert await relay.send_due() == 1
    assert len(await messages(client, COLLECT.queue)) == 1


async def test_what_waits_in_a_long_queue_is_not_sent_again(engine: Engine, relay: Relay) -> None:
    await engine.start(refresh("A"))
    await relay.send_due()
    await engine.execute("UPDATE job_task SET sent_at = sent_at - $1::interval", LOST)
    assert await relay.send_due() == 0


GARBAGE = {
    "no JSON": b"\x80garbage",
    "no message": b'{"hello": "world"}',
    "no object": b"[1, 2, 3]",
    "nothing": b"",
    "an actor of another time": dramatiq.Message(COLLECT.queue, "retired_stage", (1,), {}, {}).encode(),
    "arguments of another time": dramatiq.Message(COLLECT.queue, COLLECT.actor, (1, 2), {"more": 3}, {}).encode(),
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_in_a_queue_does_not_stop_its_consumer(
    garbage: bytes, engine: Engine, relay: Relay, client: redis.asyncio.Redis, redis_url: str
) -> None:
    for number in range(3):
        await client.hset(f"{NAMESPACE}:{COLLECT.queue}.msgs", f"garbage {number}", garbage)
        await client.rpush(f"{NAMESPACE}:{COLLECT.queue}", f"garbage {number}")
    await engine.start(refresh("A"))
    await relay.send_due()
    with worker(redis_url, COLLECT.queue) as received:
        calls = await asyncio.to_thread(received.wait_for, 1)
    assert calls == [("collect", 1)]


async def test_the_loop_reclaims_and_sends_by_itself(engine: Engine, relay: Relay, client: redis.asyncio.Redis) -> None:
    task = await engine.claimed(await engine.start(refresh("A")))
    await engine.expire_lease(task.id)
    async with running(relay.keep_sending(), relay.keep_reconciling()):
        await arrived(client, COLLECT.queue)


async def test_dead_workers_tasks_are_reclaimed_while_redis_hangs(engine: Engine, own_redis: EmbeddedValkey) -> None:
    dead = await engine.claimed(await engine.start(refresh("A")))

    async def reclaimed() -> None:
        while (await engine.task(dead.id))["state"] != "pending":  # noqa: ASYNC110 - another task sets no event here.
            await asyncio.sleep(0.02)

    async with redis.asyncio.Redis.from_url(own_redis.url, socket_timeout=60, retry=None) as client:
        relay = Relay(engine.database, client)
        own_redis.pause()
        try:
            await engine.start(refresh("B", universe="files"))
            async with running(relay.keep_sending(), relay.keep_reconciling()):
                await asyncio.sleep(0.2)
                await engine.expire_lease(dead.id)
                await asyncio.wait_for(reclaimed(), 20)
        finally:
            own_redis.resume()


async def test_a_task_that_can_not_be_buried_does_not_stop_the_others(
    engine: Engine, relay: Relay, client: redis.asyncio.Redis
) -> None:
    poisoned = await engine.start(refresh("A"))
    await engine.claimed(poisoned)
    await engine.execute("UPDATE job_task SET attempt = max_attempts, lease_until = now() - interval '1 s'")
    await engine.execute("INSERT INTO job_failure (job_id, symbol, code, message) SELECT id, 'A', '', '' FROM job")
    await engine.start(refresh("B", universe="files"))
    async with running(relay.keep_sending(), relay.keep_reconciling()):
        await arrived(client, COLLECT.queue)


async def test_a_change_of_a_job_wakes_who_waits_for_it(client: redis.asyncio.Redis, engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    signals = JobSignals(client)
    waits = asyncio.create_task(signals.wait(job.id, timeout=20))
    async with running(signals.run()), asyncio.timeout(10):
        while not waits.done():
            # A hint that comes before the subscription is lost.
            await announce(client, job.id)
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_a_stages_actor_is_declared_on_its_queue(stage: Stage) -> None:
    settings = Settings(database_url="postgresql://nowhere", redis_url="redis://127.0.0.1:1")
    broker = create_broker(settings.redis_url)
    _declare_actor(broker, stage.name, Resources(settings, 1, {}))
    assert {name: actor.queue_name for name, actor in broker.actors.items()} == {stage.actor: stage.queue}
