"""Cancels a job."""

from uuid import UUID

from canslim_core.jobs import Job
from canslim_core.ports import Transactions


async def cancel_job(job_id: UUID, *, transactions: Transactions) -> Job:
    """The job is cancelled at once; a running task learns of it at its next renewal and writes nothing.

    Raises NotFound, or Conflict where the job has finished.
    """
    async with transactions() as jobs:
        return await jobs.cancel(job_id)
