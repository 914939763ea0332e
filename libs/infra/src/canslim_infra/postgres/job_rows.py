"""What every part of the job engine does with its rows."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from canslim_core.errors import NotFound
from canslim_core.jobs import Job, Payload, SymbolFailure
from canslim_core.stages import STAGES, JobKind
from canslim_core.states import JobState
from canslim_infra.postgres.connection import Connection

JOB_COLUMNS = """id, kind, state, stage, universe, session, first_session, symbols, stages, requested_by, retry_of,
    total, done, failed, unchanged, bars, requests, stage_tasks, open_tasks, created_at, started_at, stage_started_at,
    finished_at, deadline_at, wait_reason, waits_until, warning, error"""


class JobRows:
    """On one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    async def get(self, job_id: UUID) -> Job:
        row = await self._sql.fetchrow(f"SELECT {JOB_COLUMNS} FROM job WHERE id = $1", job_id)
        if row is None:
            raise NotFound(f"there is no job {job_id}")
        return job_from_row(row)

    async def _locked(self, job_id: UUID) -> Job:
        row = await self._sql.fetchrow(f"SELECT {JOB_COLUMNS} FROM job WHERE id = $1 FOR NO KEY UPDATE", job_id)
        if row is None:
            raise NotFound(f"there is no job {job_id}")
        return job_from_row(row)

    async def _add_tasks(
        self, job_id: UUID, stage: str, payloads: Sequence[Payload], wait: timedelta = timedelta(0)
    ) -> int:
        if payloads:
            await self._sql.execute(
                """
                WITH known AS (SELECT coalesce(max(no), 0) AS no FROM job_task WHERE job_id = $1 AND stage = $2)
                INSERT INTO job_task (job_id, stage, no, payload, max_attempts, due_at)
                SELECT $1, $2, known.no + position, payload, $3, now() + $5
                FROM known, unnest($4::jsonb[]) WITH ORDINALITY AS new (payload, position)
                """,
                job_id,
                stage,
                STAGES[stage].attempts,
                payloads,
                wait,
            )
            await self._sql.execute(
                "UPDATE job SET stage_tasks = stage_tasks + $2, open_tasks = open_tasks + $2 WHERE id = $1",
                job_id,
                len(payloads),
            )
        return len(payloads)

    async def _record_failures(self, job_id: UUID, failures: Sequence[SymbolFailure]) -> None:
        ordered = sorted(failures, key=lambda failure: failure.symbol)
        await self._sql.executemany(
            """
            INSERT INTO job_failure (job_id, symbol, code, message) VALUES ($1, $2, $3, $4)
            ON CONFLICT (job_id, symbol) DO UPDATE SET code = excluded.code, message = excluded.message
            """,
            [(job_id, failure.symbol, failure.code, failure.message) for failure in ordered],
        )

    async def _event(self, job_id: UUID, event: str, **data: Any) -> None:
        await self._sql.execute(
            """
            WITH numbered AS (UPDATE job SET events = events + 1 WHERE id = $1 RETURNING events)
            INSERT INTO job_event (job_id, seq, type, data) SELECT $1, events, $2, $3 FROM numbered
            """,
            job_id,
            event,
            data,
        )


def job_from_row(row: Any) -> Job:
    """A row of JOB_COLUMNS as a Job."""
    values = {name: row[name] for name in Job.__dataclass_fields__}
    values["kind"] = JobKind(values["kind"])
    values["state"] = JobState(values["state"])
    values["stages"] = tuple(values["stages"])
    values["symbols"] = None if values["symbols"] is None else tuple(values["symbols"])
    return Job(**values)
