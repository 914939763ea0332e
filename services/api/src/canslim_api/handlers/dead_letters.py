"""Dead letters: tasks given up after their last attempt."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from canslim_api.endpoints import Body, Call, Query
from canslim_core.errors import NotFound
from canslim_core.use_cases.retry_job import replay_dead_letter
from canslim_infra.postgres.job_reads import list_dead_letters

#: PostgreSQL's largest.
LARGEST_ID = 2**63 - 1


class DeadLetterItem(BaseModel):
    id: int
    job_id: UUID
    stage: str
    payload: dict[str, Any]
    attempt: int
    error: str | None
    finished_at: datetime


class DeadLetterList(BaseModel):
    total: int
    items: list[DeadLetterItem]


async def index(call: Call[Query, Body]) -> Response:
    rows = await list_dead_letters(call.services.database)
    letters = DeadLetterList(total=len(rows), items=[DeadLetterItem(**row) for row in rows])
    return Response(letters.model_dump_json(), media_type="application/json")


async def replay(call: Call[Query, Body]) -> Response:
    if call.path["task_id"] > LARGEST_ID:
        raise NotFound(f"there is no dead letter {call.path['task_id']}")
    job = await replay_dead_letter(
        call.path["task_id"],
        requested_by="admin",
        transactions=call.services.transactions,
        wake_up=call.services.relay,
    )
    content = {"job_id": str(job.id), "state": job.state, "created": True}
    return JSONResponse(content, 202, headers={"Location": f"/screener/jobs/{job.id}"})
