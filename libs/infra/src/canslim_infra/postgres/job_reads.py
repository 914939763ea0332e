"""What readers ask of jobs, each in one statement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from canslim_core.errors import NotFound
from canslim_core.jobs import Job
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.job_rows import JOB_COLUMNS, job_from_row

Row = dict[str, Any]


async def list_jobs(database: Database, *, limit: int, offset: int) -> tuple[int, list[Job]]:
    """The number of all jobs, and a page of them, newest first."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            f"""
            SELECT counted.jobs, page.* FROM (SELECT count(*) AS jobs FROM job) AS counted
            LEFT JOIN LATERAL (
                SELECT {JOB_COLUMNS} FROM job ORDER BY created_at DESC, id LIMIT $1 OFFSET $2
            ) AS page ON true
            """,
            limit,
            offset,
        )
    return rows[0]["jobs"], [job_from_row(row) for row in rows if row["id"] is not None]


async def read_job(database: Database, job_id: UUID) -> Job:
    """Raises NotFound."""
    async with database.reading() as connection:
        row = await connection.fetchrow(f"SELECT {JOB_COLUMNS} FROM job WHERE id = $1", job_id)
    if row is None:
        raise NotFound(f"there is no job {job_id}")
    return job_from_row(row)


async def read_events(database: Database, job_id: UUID, after: int) -> Sequence[Row]:
    """The job's events after number `after`: `seq, type, data, at`, in order."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            "SELECT seq, type, data, at FROM job_event WHERE job_id = $1 AND seq > $2 ORDER BY seq", job_id, after
        )
    return [dict(row) for row in rows]


async def read_failures(database: Database, job_id: UUID) -> Sequence[Row]:
    """Symbols that the job went on without: `symbol, code, message, at`. Raises NotFound."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT job.id, symbol, code, message, at
            FROM job LEFT JOIN job_failure ON job_id = job.id WHERE job.id = $1 ORDER BY symbol
            """,
            job_id,
        )
    if not rows:
        raise NotFound(f"there is no job {job_id}")
    return [dict(list(row.items())[1:]) for row in rows if row["symbol"] is not None]


async def list_dead_letters(database: Database) -> Sequence[Row]:
    """Tasks given up and not replayed yet, newest first, at most 1,000."""
    async with database.reading() as connection:
        rows = await connection.fetch(
            """
            SELECT id, job_id, stage, payload, attempt, error, finished_at FROM job_task
            WHERE state = 'dead' AND replayed_by IS NULL ORDER BY finished_at DESC LIMIT 1000
            """
        )
    return [dict(row) for row in rows]
