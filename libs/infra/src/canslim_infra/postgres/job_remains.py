"""What a finished job left undone, for those who run it again."""

from collections.abc import Sequence
from uuid import UUID

from canslim_core.errors import Conflict, NotFound
from canslim_core.jobs import Job, Payload
from canslim_infra.postgres.job_rows import JobRows


class JobRemains(JobRows):
    """Symbols that failed, dead letters and their replay."""

    async def unsuccessful(self, job_id: UUID) -> tuple[str, ...]:
        rows = await self._sql.fetch(
            """
            SELECT symbol FROM job_failure WHERE job_id = $1
            UNION
            SELECT jsonb_array_elements_text(payload -> 'symbols') FROM job_task
            WHERE job_id = $1 AND state IN ('cancelled', 'dead') AND payload ? 'symbols'
            ORDER BY 1
            """,
            job_id,
        )
        return tuple(row[0] for row in rows)

    async def mark_replayed(self, task_ids: Sequence[int], by: UUID) -> None:
        await self._sql.execute("UPDATE job_task SET replayed_by = $2 WHERE id = ANY($1)", task_ids, by)

    async def dead_letter(self, task_id: int) -> tuple[Job, Payload, str]:
        row = await self._sql.fetchrow(
            """
            SELECT job_id, payload, stage, replayed_by FROM job_task WHERE id = $1 AND state = 'dead'
            FOR UPDATE
            """,
            task_id,
        )
        if row is None:
            raise NotFound(f"there is no dead letter {task_id}")
        if row["replayed_by"] is not None:
            raise Conflict(f"dead letter {task_id} was replayed by job {row['replayed_by']} already")
        return await self.get(row["job_id"]), row["payload"], row["stage"]

    async def dead_tasks(self, job_id: UUID) -> list[int]:
        rows = await self._sql.fetch(
            """
            SELECT id FROM job_task WHERE job_id = $1 AND state = 'dead' AND replayed_by IS NULL
            ORDER BY id FOR UPDATE
            """,
            job_id,
        )
        return [row["id"] for row in rows]
