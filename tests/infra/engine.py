"""The job engine's calls, each in a transaction of its own, and a look at the rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from canslim_core.jobs import Job, JobRequest, Outcome, Payload, Task
from canslim_core.ports import Renewal
from canslim_core.stages import JobKind
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.due_tasks import DueTask, take_due
from canslim_infra.postgres.jobs import PostgresTransactions

#: No lease runs out by itself: tests move the times in the rows.
LEASE = timedelta(hours=1)
WORKER = "worker"
#: Nothing waits in any queue.
IDLE = {"collect": 0, "rs": 0, "score": 0}


async def nobody() -> None:
    """Wakes nobody up."""


def refresh(
    *symbols: str, universe: str = "sample", key: str | None = None, stages: tuple[str, ...] | None = None
) -> JobRequest:
    """A refresh of some symbols; of the universe where none is named."""
    chosen = {} if stages is None else {"stages": stages}
    return JobRequest(JobKind.REFRESH, universe, symbols or None, idempotency_key=key, **chosen)


def recalculation(*stages: str, universe: str = "sample", key: str | None = None) -> JobRequest:
    return JobRequest(JobKind.RECALCULATE, universe, stages=stages or ("rs", "score"), idempotency_key=key)


class Engine:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.transactions = PostgresTransactions(database)

    async def create(self, request: JobRequest, tasks: Sequence[Payload] | None = None) -> tuple[Job, bool]:
        async with self.transactions() as jobs:
            return await jobs.create(request, request.first_tasks() if tasks is None else tasks)

    async def start(self, request: JobRequest, tasks: Sequence[Payload] | None = None) -> Job:
        return (await self.create(request, tasks))[0]

    async def claim(self, task_id: int, owner: str = WORKER) -> Task | None:
        async with self.transactions() as jobs:
            return await jobs.claim(task_id, owner, LEASE)

    async def claimed(self, job: Job, owner: str = WORKER) -> Task:
        """Claims the first task of the job that is pending."""
        (task_id, *_) = [row["id"] for row in await self.tasks(job.id) if row["state"] == "pending"]
        task = await self.claim(task_id, owner)
        assert task is not None
        return task

    async def renew(self, task: Task) -> Renewal:
        async with self.transactions() as jobs:
            return await jobs.renew(task, LEASE)

    async def finish(self, task: Task, outcome: Outcome[Any] | None = None) -> None:
        async with self.transactions() as jobs:
            await jobs.finish(task, outcome or Outcome(done=len(task.symbols)))

    async def fail(self, task: Task, retry_in: timedelta | None = None, error: str = "it failed") -> bool:
        async with self.transactions() as jobs:
            return await jobs.fail(task, error, retry_in)

    async def release(self, owner: str) -> int:
        async with self.transactions() as jobs:
            return await jobs.release(owner)

    async def cancel(self, job_id: UUID) -> Job:
        async with self.transactions() as jobs:
            return await jobs.cancel(job_id)

    async def complete(self, job: Job) -> Job:
        """Runs every task that is left, well."""
        while open_tasks := [row["id"] for row in await self.tasks(job.id) if row["state"] == "pending"]:
            for task_id in open_tasks:
                task = await self.claim(task_id)
                assert task is not None
                await self.finish(task)
        return await self.job(job.id)

    async def take(self) -> list[int]:
        """What a relay would send now, with nothing waiting in Redis."""
        return [task.id for task in await self.take_tasks()]

    async def take_tasks(self) -> list[DueTask]:
        return await take_due(self.database, IDLE)

    async def job(self, job_id: UUID) -> Job:
        async with self.transactions() as jobs:
            return await jobs.get(job_id)

    async def tasks(self, job_id: UUID) -> list[dict[str, Any]]:
        return await self.rows("SELECT * FROM job_task WHERE job_id = $1 ORDER BY id", job_id)

    async def task(self, task_id: int) -> dict[str, Any]:
        (row,) = await self.rows("SELECT * FROM job_task WHERE id = $1", task_id)
        return row

    async def events(self, job_id: UUID) -> list[str]:
        rows = await self.rows("SELECT type FROM job_event WHERE job_id = $1 ORDER BY seq", job_id)
        return [row["type"] for row in rows]

    async def rows(self, statement: str, *arguments: Any) -> list[dict[str, Any]]:
        async with self.database.reading() as connection:
            return [dict(row) for row in await connection.fetch(statement, *arguments)]

    async def value(self, statement: str, *arguments: Any) -> Any:
        async with self.database.reading() as connection:
            return await connection.fetchval(statement, *arguments)

    async def execute(self, statement: str, *arguments: Any) -> None:
        async with self.database.reading() as connection:
            await connection.execute(statement, *arguments)

    async def expire_lease(self, task_id: int) -> None:
        """The worker has been silent for too long, by the database's clock."""
        await self.execute(
            "UPDATE job_task SET lease_until = now() - interval '1 s' WHERE id = $1 AND state = 'running'", task_id
        )

    async def make_due(self) -> None:
        """The waits before retries are over."""
        await self.execute("UPDATE job_task SET due_at = now() WHERE state = 'pending' AND due_at > now()")
