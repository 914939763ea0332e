"""What the relay and the reconciler ask PostgreSQL: which tasks to send, which leases ran out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from canslim_core.jobs import Task
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.jobs import NO_OTHER_SUSPECT_RUNS, SUSPECT, PostgresJobs

#: A task sent and not claimed for so long was lost, if nothing waits in its queue …
LOST_AFTER = timedelta(seconds=5)
#: … and is sent again in any case after so long.
SEND_AGAIN_AFTER = timedelta(seconds=60)
#: Suspects run one at a time, so only the first of them is sent.
DUE_SUSPECTS = f"state = 'pending' AND due_at <= clock_timestamp() AND crashes >= {SUSPECT}"
#: Tasks sent by one statement.
BULK = 500


@dataclass(frozen=True, slots=True)
class DueTask:
    """`again`: it was tried before, so it does not wait behind tasks that were not."""

    id: int
    stage: str
    again: bool = False


async def take_due(database: Database, waiting: Mapping[str, int] | None) -> list[DueTask]:
    """Marks due tasks as sent and returns them; several relays never take the same one.

    waiting: messages that wait in each stage's queue; None where Redis did not say, and then
    what was sent before is taken after SEND_AGAIN_AFTER only.
    """
    idle = [stage for stage, length in (waiting or {}).items() if length == 0]
    async with database.transaction() as connection:
        rows = await connection.fetch(
            f"""
            UPDATE job_task SET sent_at = clock_timestamp()
            WHERE id IN (
                SELECT id FROM job_task
                WHERE state = 'pending' AND due_at <= clock_timestamp() AND {NO_OTHER_SUSPECT_RUNS}
                  AND (crashes < {SUSPECT} OR id = (SELECT min(id) FROM job_task WHERE {DUE_SUSPECTS}))
                  AND (sent_at IS NULL
                       OR sent_at < clock_timestamp() - $1::interval
                       OR (sent_at < clock_timestamp() - $2::interval AND stage = ANY($3)))
                ORDER BY due_at, id
                LIMIT $4
                FOR UPDATE SKIP LOCKED
            )
            RETURNING id, stage, attempt > 0 AS again
            """,
            SEND_AGAIN_AFTER,
            LOST_AFTER,
            idle,
            BULK,
        )
    return sorted((DueTask(**row) for row in rows), key=lambda task: task.id)


async def give_back(database: Database, tasks: Sequence[DueTask]) -> None:
    """Undoes `take_due` where the message could not be sent."""
    async with database.transaction() as connection:
        await connection.execute(
            """
            UPDATE job_task SET sent_at = NULL
            WHERE id IN (SELECT id FROM job_task WHERE id = ANY($1) AND state = 'pending' FOR UPDATE SKIP LOCKED)
            """,
            [task.id for task in tasks],
        )


async def reclaim_expired(database: Database) -> int:
    """Makes tasks whose lease ran out due again; the number of them."""
    async with database.transaction() as connection:
        result = await connection.execute(
            """
            UPDATE job_task SET state = 'pending', owner = NULL, lease_until = NULL, sent_at = NULL,
                                crashes = crashes + 1,
                                due_at = clock_timestamp(), error = 'the worker died or hung'
            WHERE id IN (
                SELECT id FROM job_task
                WHERE state = 'running' AND lease_until < clock_timestamp() AND attempt < max_attempts
                FOR UPDATE SKIP LOCKED
            )
            """
        )
    return int(result.split()[-1])


async def bury_poisoned(database: Database) -> int:
    """Gives up tasks whose worker died at every attempt; the number of them."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT task.id, job_id, universe, session, task.stage, payload, attempt, max_attempts, owner
            FROM job_task AS task JOIN job ON job.id = job_id
            WHERE task.state = 'running' AND lease_until < clock_timestamp() AND attempt >= max_attempts
            ORDER BY task.id
            """
        )
    buried = 0
    for row in rows:
        task = Task(**row)
        error = f"its worker died or hung at every one of {task.attempt} attempts"
        async with database.transaction() as connection:
            # The job first, as everywhere; its worker may have renewed the lease meanwhile.
            await connection.execute("SELECT FROM job WHERE id = $1 FOR NO KEY UPDATE", task.job_id)
            expired = "SELECT lease_until < clock_timestamp() FROM job_task WHERE id = $1 FOR UPDATE"
            if await connection.fetchval(expired, task.id):
                buried += await PostgresJobs(connection).fail(task, error, retry_in=None)
    return buried


async def expire_jobs(database: Database) -> int:
    """Fails jobs past their deadline; the number of them."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            "SELECT id FROM job WHERE state IN ('queued', 'running') AND deadline_at < clock_timestamp()"
        )
    for row in rows:
        async with database.transaction() as connection:
            await PostgresJobs(connection).expire(row["id"])
    return len(rows)
