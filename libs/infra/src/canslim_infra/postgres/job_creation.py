"""Making a job, or finding the one that does the same."""

from collections.abc import Sequence

from canslim_core.errors import Conflict
from canslim_core.jobs import Job, JobRequest, Payload
from canslim_core.stages import JOB_DEADLINE
from canslim_infra.postgres.job_rows import JOB_COLUMNS, JobRows, job_from_row
from canslim_infra.tracing import traceparent


class JobCreation(JobRows):
    """One unfinished job a universe, and one a key."""

    async def create(self, request: JobRequest, tasks: Sequence[Payload]) -> tuple[Job, bool]:
        if (named := await self._named(request)) is not None:
            return named, False
        job, created = await self._insert(request, tasks)
        await self._remember_key(request, job)
        return job, created

    async def _insert(self, request: JobRequest, tasks: Sequence[Payload]) -> tuple[Job, bool]:
        row = await self._sql.fetchrow(
            f"""
            INSERT INTO job (kind, universe, symbols, stages, requested_by, retry_of, state, stage, total,
                             deadline_at, session, first_session, trace)
            VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7, $8, now() + $9, $10, $11, $12)
            ON CONFLICT DO NOTHING
            RETURNING {JOB_COLUMNS}
            """,
            request.kind,
            request.universe,
            request.symbols,
            request.stages,
            request.requested_by,
            request.retry_of,
            request.stages[0],
            len(request.symbols or ()),
            JOB_DEADLINE,
            request.session,
            request.first_session,
            traceparent(),
        )
        if row is None:
            return await self._unfinished(request, tasks)
        job = job_from_row(row)
        await self._add_tasks(job.id, request.stages[0], tasks)
        await self._event(job.id, "created", job_kind=request.kind, universe=request.universe)
        return await self.get(job.id), True

    async def _unfinished(self, request: JobRequest, tasks: Sequence[Payload]) -> tuple[Job, bool]:
        """The unfinished job of the universe, if it is what is asked for."""
        row = await self._sql.fetchrow(
            f"SELECT {JOB_COLUMNS} FROM job WHERE universe = $1 AND state IN ('queued', 'running')", request.universe
        )
        if row is None:  # It finished between the two statements.
            return await self._insert(request, tasks)
        job = job_from_row(row)
        if not request.is_for(job):
            raise Conflict(
                f"job {job.id}, another {job.kind} of universe {job.universe!r}, is {job.state}; "
                "wait for it or cancel it first"
            )
        return job, False

    async def _named(self, request: JobRequest) -> Job | None:
        """The job that the request's key was answered with before."""
        job_id = await self._sql.fetchval("SELECT job_id FROM idempotency_key WHERE key = $1", request.idempotency_key)
        if job_id is None:
            return None
        job = await self.get(job_id)
        if not request.is_for(job):
            raise Conflict(f"idempotency key {request.idempotency_key!r} was used for another request, job {job.id}")
        return job

    async def _remember_key(self, request: JobRequest, job: Job) -> None:
        if request.idempotency_key is None:
            return
        await self._sql.execute(
            "INSERT INTO idempotency_key (key, job_id) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            request.idempotency_key,
            job.id,
        )
        # Somebody may have used the key at the same time, for something else.
        await self._named(request)
