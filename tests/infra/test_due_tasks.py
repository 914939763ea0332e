"""What the relay sends, and when it sends it again."""

import asyncio
from datetime import timedelta

import pytest

from canslim_infra.postgres.due_tasks import BULK, give_back, take_due
from tests.infra.engine import IDLE, Engine, refresh

BUSY = {"collect": 1, "rs": 1, "score": 1}


async def sent(engine: Engine, ago: timedelta) -> int:
    """A task that was sent so long ago and not claimed."""
    await engine.start(refresh("A"))
    (task_id,) = await engine.take()
    await engine.execute("UPDATE job_task SET sent_at = now() - $1::interval", ago)
    return task_id


async def many(engine: Engine, count: int) -> None:
    symbols = [f"S{number:04}" for number in range(count)]
    await engine.start(refresh(*symbols), [{"symbols": [symbol]} for symbol in symbols])


async def test_a_task_is_sent_once(engine: Engine) -> None:
    await engine.start(refresh("A"))
    assert len(await engine.take()) == 1
    assert await engine.take() == []


async def test_relays_at_the_same_time_never_take_the_same_task(engine: Engine) -> None:
    await many(engine, 3 * BULK)
    taken = [task for tasks in await asyncio.gather(*(engine.take() for _ in range(8))) for task in tasks]
    assert len(taken) == len(set(taken))


async def test_a_relay_goes_on_while_another_holds_tasks(engine: Engine) -> None:
    await many(engine, 3)
    async with engine.database.transaction() as connection:
        held = await connection.fetchval("SELECT id FROM job_task ORDER BY id LIMIT 1 FOR UPDATE")
        assert set(await engine.take()) == {held + 1, held + 2}


async def test_no_more_than_a_bulk_is_taken_at_once(engine: Engine) -> None:
    await many(engine, BULK + 1)
    assert [len(await engine.take()) for _ in range(3)] == [BULK, 1, 0]


async def test_what_could_not_be_sent_is_due_again(engine: Engine) -> None:
    await engine.start(refresh("A"))
    tasks = await engine.take_tasks()
    await give_back(engine.database, tasks)
    assert await engine.take_tasks() == tasks


async def test_what_was_claimed_meanwhile_is_not_given_back(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    tasks = await engine.take_tasks()
    await engine.claimed(job)
    await give_back(engine.database, tasks)
    assert (await engine.task(tasks[0].id))["state"] == "running"


@pytest.mark.parametrize(
    ("ago", "waiting", "again"),
    [
        (timedelta(seconds=1), IDLE, False),
        (timedelta(seconds=10), IDLE, True),
        (timedelta(seconds=10), BUSY, False),
        (timedelta(seconds=10), None, False),
        (timedelta(minutes=2), BUSY, True),
    ],
    ids=["just sent", "lost", "waits in a long queue", "Redis does not say", "in any case after a while"],
)
async def test_a_message_is_sent_again_when_it_must_have_been_lost(
    engine: Engine, ago: timedelta, waiting: dict[str, int] | None, again: bool
) -> None:
    await sent(engine, ago)
    assert bool(await take_due(engine.database, waiting)) == again


async def test_only_an_empty_queue_of_its_own_makes_a_message_lost(engine: Engine) -> None:
    await sent(engine, timedelta(seconds=10))
    assert await take_due(engine.database, {**BUSY, "rs": 0}) == []
    assert await take_due(engine.database, {**BUSY, "collect": 0}) != []


async def test_a_retried_task_is_sent_when_its_wait_is_over(engine: Engine) -> None:
    job = await engine.start(refresh("A"))
    await engine.take()
    await engine.fail(await engine.claimed(job), retry_in=timedelta(minutes=1))
    assert await engine.take() == []
    await engine.make_due()
    assert len(await engine.take()) == 1


async def test_what_runs_or_has_ended_is_not_sent(engine: Engine) -> None:
    await engine.claimed(await engine.start(refresh("A")))
    await engine.complete(await engine.start(refresh("B", universe="files")))
    await engine.cancel((await engine.start(refresh("C", universe="files"))).id)
    assert await engine.take() == []
