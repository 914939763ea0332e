"""Everything at once on one job: nobody waits in a circle, and the sums are right afterwards."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from canslim_core.errors import Conflict, Interrupted
from canslim_core.jobs import Payload
from canslim_infra.postgres.due_tasks import bury_poisoned, expire_jobs, give_back, reclaim_expired
from tests.infra.engine import Engine, refresh
from tests.infra.invariants import INVARIANTS, broken

#: Those that need no recorded moves and effects.
OF_THE_TABLES = {name: query for name, query in INVARIANTS.items() if "move" not in query}
SYMBOLS = [f"S{number:02}" for number in range(12)]


async def refused_is_fine(call: Coroutine[Any, Any, Any]) -> None:
    with suppress(Interrupted, Conflict):
        await call


async def test_claims_finishes_failures_and_a_cancel_at_once_never_deadlock(engine: Engine) -> None:
    for _ in range(100):
        job = await engine.start(refresh(*SYMBOLS), [{"symbols": [symbol]} for symbol in SYMBOLS])
        pending = [row["id"] for row in await engine.tasks(job.id)]
        tasks = [await engine.claimed(job) for _ in SYMBOLS[:5]]
        await engine.expire_lease(tasks[4].id)
        await asyncio.gather(
            *(refused_is_fine(engine.claim(task_id)) for task_id in pending),
            *(refused_is_fine(engine.finish(task)) for task in tasks[:3]),
            refused_is_fine(engine.fail(tasks[3])),
            refused_is_fine(engine.renew(tasks[2])),
            refused_is_fine(engine.cancel(job.id)),
            refused_is_fine(engine.release("worker")),
            engine.take(),
            reclaim_expired(engine.database),
            bury_poisoned(engine.database),
            expire_jobs(engine.database),
        )
        await refused_is_fine(engine.cancel(job.id))
    assert await broken(engine.database, OF_THE_TABLES) == []


async def test_a_first_claim_and_a_cancel_at_once_never_deadlock(engine: Engine) -> None:
    for number in range(50):
        job = await engine.start(refresh(universe=f"universe {number}"))
        (task,) = await engine.tasks(job.id)
        await asyncio.gather(engine.claim(task["id"]), engine.cancel(job.id))
    assert await broken(engine.database, OF_THE_TABLES) == []


async def big_table(engine: Engine) -> tuple[list[str], list[Payload]]:
    """In a big table the same rows are found by different indexes, and then locked in different orders."""
    symbols = [f"S{number:03}" for number in range(200)]
    tasks: list[Payload] = [{"symbols": [symbol]} for symbol in symbols]
    for number in range(40):
        await engine.cancel((await engine.start(refresh(universe=f"other {number}"), tasks)).id)
    await engine.execute("ANALYZE")
    return symbols, tasks


async def unfinished(engine: Engine) -> int:
    return await engine.value("SELECT count(*) FROM job_task WHERE state IN ('pending', 'running')")


async def test_a_cancel_and_a_worker_that_stops_never_deadlock(engine: Engine) -> None:
    symbols, tasks = await big_table(engine)
    running = "UPDATE job_task SET state = 'running', owner = 'worker', lease_until = now() WHERE state = 'pending'"
    for _ in range(20):
        job = await engine.start(refresh(*symbols), tasks)
        await engine.execute(f"{running} AND id % 2 = 0")
        await engine.execute(running)
        await asyncio.gather(engine.cancel(job.id), engine.release("worker"))
        assert await unfinished(engine) == 0


async def test_a_cancel_and_a_relay_that_gives_back_never_deadlock(engine: Engine) -> None:
    symbols, tasks = await big_table(engine)
    for _ in range(20):
        job = await engine.start(refresh(*symbols), tasks)
        await engine.execute("UPDATE job_task SET sent_at = NULL WHERE state = 'pending' AND id % 2 = 0")
        sent = await engine.take_tasks()
        await asyncio.gather(engine.cancel(job.id), give_back(engine.database, sent))
        assert await unfinished(engine) == 0
