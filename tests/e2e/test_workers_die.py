"""Workers that are killed, in the middle of a task: nothing is lost, nothing is done twice."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.e2e.outcome import Outcome
from tests.e2e.run import Run

pytestmark = [pytest.mark.servers, pytest.mark.processes]


async def test_killed_collectors_change_nothing(undisturbed: Outcome, run: Run) -> None:
    await run.refresh()
    await run.until_collecting()
    await run.kill_at_work("collector-0")
    await run.kill_at_work("collector-1")
    await run.finished()
    assert await run.outcome() == undisturbed


@asynccontextmanager
async def writes_blocked(run: Run, table: str) -> AsyncIterator[None]:
    """Whoever writes to the table waits in the middle of its transaction."""
    async with run.database.transaction() as connection:
        await connection.execute(f"LOCK TABLE {table} IN SHARE MODE")

        async def somebody_waits() -> bool:
            return bool(await run.rows("SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass", table))

        await run.until(f"somebody waits for {table}", somebody_waits)
        yield


@pytest.mark.parametrize(("stage", "table"), [("rs", "rating_set"), ("score", "rating")])
async def test_scoring_killed_while_it_writes_changes_nothing(
    undisturbed: Outcome, run: Run, stage: str, table: str
) -> None:
    await run.refresh()
    await run.until(f"{stage} runs", lambda: at_work(run, stage))
    async with writes_blocked(run, table):
        victims = await run.kill_at_work("scoring")
    assert [victim["stage"] for victim in victims] == [stage]
    await run.finished()
    assert await run.outcome() == undisturbed
    assert await run.extra_runs() == 1


async def at_work(run: Run, stage: str) -> bool:
    return any(task["stage"] == stage for task in await run.running())
