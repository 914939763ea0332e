"""The job engine's statements: every change of state is one guarded UPDATE … RETURNING.

Locks are always taken in the same order, the job before its tasks, so that they can't deadlock. Who
takes several tasks without their job skips the locked ones.
Only the database's clock is read.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from canslim_core.errors import Cancelled, Conflict, Superseded
from canslim_core.jobs import Job, Outcome, Pause, SymbolFailure, Task
from canslim_core.ports import Renewal
from canslim_core.stages import JOB_DEADLINE, LONGEST_JOB
from canslim_core.states import JobState, TaskState
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.job_creation import JobCreation
from canslim_infra.postgres.job_remains import JobRemains
from canslim_infra.postgres.job_rows import JOB_COLUMNS, job_from_row

#: A task that took so many workers down may take the next one down too, and what else runs in it: such suspects
#: run one at a time, so that the innocent among them get through.
SUSPECT = 2
NO_OTHER_SUSPECT_RUNS = f"""(crashes < {SUSPECT} OR NOT EXISTS (
    SELECT FROM job_task AS other
    WHERE other.state = 'running' AND other.crashes >= {SUSPECT} AND other.id <> job_task.id))"""

#: Jobs that ended before their tasks did; those of a completed one all ended, some perhaps by another worker.
STOPPED = (JobState.CANCELLED, JobState.FAILED)

#: The code of a symbol whose task was given up.
TASK_FAILED = "task_failed"


class PostgresTransactions:
    """canslim_core.ports.Transactions over a Database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __call__(self) -> AbstractAsyncContextManager["PostgresJobs"]:
        return self._open()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator["PostgresJobs"]:
        async with self._database.transaction() as connection:
            yield PostgresJobs(connection)


class PostgresJobs(JobCreation, JobRemains):
    """canslim_core.ports.Jobs on one connection, inside its transaction: how tasks and jobs go on and end."""

    async def claim(self, task_id: int, owner: str, lease: timedelta) -> Task | None:
        job = await self._sql.fetchrow(
            """
            SELECT id, universe, session, state, trace FROM job
            WHERE id = (SELECT job_id FROM job_task WHERE id = $1) AND state IN ('queued', 'running')
            FOR NO KEY UPDATE
            """,
            task_id,
        )
        if job is None:
            return None
        row = await self._sql.fetchrow(
            f"""
            UPDATE job_task
            SET state = 'running', attempt = attempt + 1, owner = $2, lease_until = clock_timestamp() + $3,
                started_at = clock_timestamp(), sent_at = NULL
            WHERE id = $1 AND state = 'pending' AND due_at <= clock_timestamp() AND {NO_OTHER_SUSPECT_RUNS}
            RETURNING id, stage, payload, attempt, max_attempts, clock_timestamp() - due_at AS waited
            """,
            task_id,
            owner,
            lease,
        )
        if row is None:
            return None
        if job["state"] == JobState.QUEUED:
            await self._sql.execute(
                """
                UPDATE job SET state = 'running', started_at = clock_timestamp(),
                               stage_started_at = clock_timestamp()
                WHERE id = $1 AND state = 'queued'
                """,
                job["id"],
            )
            await self._event(job["id"], "stage_started", stage=row["stage"])
        return Task(
            job_id=job["id"], universe=job["universe"], session=job["session"], owner=owner, trace=job["trace"], **row
        )

    async def renew(self, task: Task, lease: timedelta) -> Renewal:
        held = await self._sql.fetchval(
            """
            UPDATE job_task SET lease_until = clock_timestamp() + $4
            WHERE id = $1 AND state = 'running' AND attempt = $2 AND owner = $3
            RETURNING true
            """,
            task.id,
            task.attempt,
            task.owner,
            lease,
        )
        if held:
            return Renewal.HELD
        # A statement of its own: the one above may have waited for a cancel that it can't see.
        return Renewal.CANCELLED if await self._stopped(task.job_id) else Renewal.SUPERSEDED

    async def finish(self, task: Task, outcome: Outcome[Any]) -> None:
        if outcome.write is not None:
            await outcome.write(self._sql)
        if not await self._leave(task, TaskState.DONE):
            await self._raise_interruption(task)
        await self._record_failures(task.job_id, outcome.failures)
        wait = timedelta(0) if outcome.pause is None else outcome.pause.length
        spawned = await self._add_tasks(task.job_id, task.stage, outcome.spawn, wait)
        await self._settle(task, outcome, spawned)

    async def check_held(self, task: Task) -> None:
        """For a stage that writes before its task ends. What is held stays so until the transaction ends.

        Raises Superseded or Cancelled where the task is this worker's no more.
        """
        held = await self._sql.fetchval(
            """
            SELECT true FROM job_task WHERE id = $1 AND state = 'running' AND attempt = $2 AND owner = $3 FOR SHARE
            """,
            task.id,
            task.attempt,
            task.owner,
        )
        if not held:
            await self._raise_interruption(task)

    async def fail(self, task: Task, error: str, retry_in: timedelta | None) -> bool:
        if retry_in is not None:
            return await self._retry(task, error, retry_in)
        if not await self._leave(task, TaskState.DEAD, error):
            return False
        await self._event(task.job_id, "task_dead", stage=task.stage, task_id=task.id, error=error)
        if not task.symbols:
            await self._end(task.job_id, JobState.FAILED, error)
            return True
        # The job goes on without the symbols of a dead task.
        failures = [SymbolFailure(symbol, TASK_FAILED, error) for symbol in task.symbols]
        await self._record_failures(task.job_id, failures)
        await self._settle(task, Outcome(failures=failures), spawned=0)
        return True

    async def postpone(self, task: Task, pause: Pause) -> bool:
        await self._locked(task.job_id)
        held = await self._sql.fetchval(
            """
            UPDATE job_task SET state = 'pending', attempt = attempt - 1, owner = NULL, lease_until = NULL,
                                error = $4, due_at = clock_timestamp() + $5, sent_at = NULL
            WHERE id = $1 AND state = 'running' AND attempt = $2 AND owner = $3
            RETURNING true
            """,
            task.id,
            task.attempt,
            task.owner,
            pause.reason,
            pause.length,
        )
        if held:
            await self._wait(task.job_id, pause)
        return bool(held)

    async def _wait(self, job_id: UUID, pause: Pause) -> None:
        """Says why the job waits; its deadline waits too."""
        await self._sql.execute(
            """
            UPDATE job SET wait_reason = $2, waits_until = greatest(waits_until, clock_timestamp() + $3) WHERE id = $1
            """,
            job_id,
            pause.reason,
            pause.length,
        )
        await self._make_room(job_id, pause.length)

    async def _make_room(self, job_id: UUID, needed: timedelta) -> None:
        await self._sql.execute(
            """
            UPDATE job SET deadline_at = least(created_at + $3, greatest(deadline_at, clock_timestamp() + $2))
            WHERE id = $1
            """,
            job_id,
            needed + JOB_DEADLINE,
            LONGEST_JOB,
        )

    async def release(self, owner: str) -> int:
        released = await self._sql.execute(
            """
            UPDATE job_task SET state = 'pending', attempt = attempt - 1, owner = NULL, lease_until = NULL,
                                due_at = now(), sent_at = NULL
            WHERE id IN (SELECT id FROM job_task WHERE state = 'running' AND owner = $1 FOR UPDATE SKIP LOCKED)
            """,
            owner,
        )
        return int(released.split()[-1])

    async def cancel(self, job_id: UUID) -> Job:
        job = await self._locked(job_id)
        if job.state.finished:
            raise Conflict(f"job {job_id} is {job.state} already")
        await self._end(job_id, JobState.CANCELLED, None)
        return await self.get(job_id)

    async def expire(self, job_id: UUID) -> None:
        """Fails a job that is past its deadline."""
        job = await self._locked(job_id)
        if not job.state.finished:
            limit = job.deadline_at - job.created_at
            await self._end(job_id, JobState.FAILED, f"not finished within {limit}, in stage {job.stage}")

    async def unknown_symbols(self, universe: str, symbols: Sequence[str]) -> list[str]:
        rows = await self._sql.fetch(
            """
            SELECT wanted FROM unnest($2::text[]) AS wanted
            WHERE NOT EXISTS (SELECT FROM universe_member WHERE universe = $1 AND symbol = wanted)
            ORDER BY wanted
            """,
            universe,
            symbols,
        )
        return [row["wanted"] for row in rows]

    async def _leave(self, task: Task, state: TaskState, error: str | None = None) -> bool:
        """Ends the running task if it is still this worker's: the fence. Locks the job first."""
        await self._locked(task.job_id)
        row = await self._sql.fetchrow(
            """
            UPDATE job_task SET state = $4, owner = NULL, lease_until = NULL, error = $5,
                                finished_at = clock_timestamp()
            WHERE id = $1 AND state = 'running' AND attempt = $2 AND owner = $3
            RETURNING id
            """,
            task.id,
            task.attempt,
            task.owner,
            state,
            error,
        )
        return row is not None

    async def _retry(self, task: Task, error: str, retry_in: timedelta) -> bool:
        row = await self._sql.fetchrow(
            """
            UPDATE job_task SET state = 'pending', owner = NULL, lease_until = NULL, error = $4,
                                due_at = clock_timestamp() + $5, sent_at = NULL
            WHERE id = $1 AND state = 'running' AND attempt = $2 AND owner = $3
            RETURNING id
            """,
            task.id,
            task.attempt,
            task.owner,
            error,
            retry_in,
        )
        return row is not None

    async def _raise_interruption(self, task: Task) -> None:
        what = f"task {task.id}, attempt {task.attempt}"
        if await self._stopped(task.job_id):
            raise Cancelled(what)
        raise Superseded(what)

    async def _stopped(self, job_id: UUID) -> bool:
        state = await self._sql.fetchval("SELECT state FROM job WHERE id = $1", job_id)
        return state is None or state in STOPPED

    async def _settle(self, task: Task, outcome: Outcome[Any], spawned: int) -> None:
        """Counts a task that ended; after the last one of the stage, opens the next stage or completes."""
        row = await self._sql.fetchrow(
            f"""
            UPDATE job SET open_tasks = open_tasks - 1, total = total + $2, done = done + $3,
                           failed = failed + $4, unchanged = unchanged + $5, bars = bars + $6,
                           session = greatest(session, $7), requests = requests + $8,
                           warning = coalesce($9, warning)
            WHERE id = $1
            RETURNING {JOB_COLUMNS}
            """,
            task.job_id,
            outcome.total,
            outcome.done,
            len(outcome.failures),
            outcome.unchanged,
            outcome.bars,
            outcome.session,
            outcome.requests,
            outcome.warning,
        )
        job = job_from_row(row)
        if outcome.pause is not None:
            await self._wait(job.id, outcome.pause)
        if outcome.time_needed:
            await self._make_room(job.id, outcome.time_needed)
        await self._event(
            job.id,
            "progress",
            stage=job.stage,
            total=job.total,
            done=job.done,
            failed=job.failed,
            requests=job.requests,
            stage_tasks=job.stage_tasks,
            open_tasks=job.open_tasks,
        )
        if job.open_tasks == 0:
            await self._next_stage(job)

    async def _next_stage(self, job: Job) -> None:
        following = job.stages[job.stages.index(job.stage) + 1 :]
        if not following:
            await self._end(job.id, JobState.COMPLETED, None)
            return
        await self._sql.execute(
            """
            UPDATE job SET stage = $2, stage_tasks = 0, stage_started_at = clock_timestamp()
            WHERE id = $1
            """,
            job.id,
            following[0],
        )
        await self._add_tasks(job.id, following[0], [{}])
        await self._event(job.id, "stage_started", stage=following[0])

    async def _end(self, job_id: UUID, state: JobState, error: str | None) -> None:
        """The job's last move: whatever is not finished of it is cancelled."""
        await self._sql.execute(
            """
            UPDATE job_task SET state = 'cancelled', owner = NULL, lease_until = NULL,
                                finished_at = clock_timestamp()
            WHERE job_id = $1 AND state IN ('pending', 'running')
            """,
            job_id,
        )
        await self._sql.execute(
            """
            UPDATE job SET state = $2, error = $3, open_tasks = 0, finished_at = clock_timestamp()
            WHERE id = $1
            """,
            job_id,
            state,
            error,
        )
        await self._event(job_id, "finished", state=state, error=error)
