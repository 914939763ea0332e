"""Does to a job what workers would do, a step at a time."""

from datetime import date
from typing import Any
from uuid import UUID

from canslim_core.jobs import Outcome, SymbolFailure, Task
from canslim_core.use_cases.run_task import LEASES
from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.jobs import PostgresTransactions

SESSION = date(2017, 3, 31)


async def claim(database: Database, job_id: UUID | str) -> Task:
    """Takes the job's next task."""
    async with database.transaction() as connection:
        task_id = await connection.fetchval(
            "SELECT id FROM job_task WHERE job_id = $1 AND state = 'pending' ORDER BY id LIMIT 1", str(job_id)
        )
    async with PostgresTransactions(database)() as jobs:
        task = await jobs.claim(task_id, "test", LEASES.duration)
    assert task is not None
    return task


async def finish(database: Database, task: Task, **outcome: Any) -> None:
    async with PostgresTransactions(database)() as jobs:
        await jobs.finish(task, Outcome(session=SESSION, **outcome))


async def give_up(database: Database, task: Task, error: str) -> None:
    async with PostgresTransactions(database)() as jobs:
        await jobs.fail(task, error, retry_in=None)


async def list_members(database: Database, job_id: UUID | str, *symbols: str) -> None:
    """The first task of a universe's refresh: stores the list, opens one task for all symbols."""

    async def write(connection: Connection) -> None:
        await store_members(connection, *symbols)

    task = await claim(database, job_id)
    await finish(database, task, write=write, total=len(symbols), spawn=[{"symbols": list(symbols)}])


async def complete(database: Database, job_id: UUID | str, *symbols: str, failed: tuple[str, ...] = ()) -> None:
    """All of a universe's refresh; `failed` of the symbols fail."""
    await list_members(database, job_id, *symbols)
    failures = [SymbolFailure(symbol, "unknown_symbol", f"no {symbol}") for symbol in failed]
    await finish(database, await claim(database, job_id), done=len(symbols) - len(failed), failures=failures, bars=500)
    for _ in ("rs", "score"):
        await finish(database, await claim(database, job_id))


async def store_members(connection: Connection, *symbols: str, universe: str = "sample") -> None:
    await connection.execute(
        "INSERT INTO listing (symbol, benchmark) SELECT unnest($1::text[]), false ON CONFLICT DO NOTHING", symbols
    )
    await connection.execute(
        "INSERT INTO universe_member SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING", universe, symbols
    )
