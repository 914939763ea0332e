"""Runs again what a finished job did not get done, as a job of its own."""

from uuid import UUID

from canslim_core.errors import Conflict
from canslim_core.jobs import Job, JobRequest
from canslim_core.ports import Jobs, Transactions, WakeUp
from canslim_core.stages import COLLECT, RS, SCORE
from canslim_core.states import JobState


async def retry_job(job_id: UUID, *, requested_by: str, transactions: Transactions, wake_up: WakeUp) -> Job:
    """Opens a job for the symbols that failed and the stages that were not reached.

    Raises NotFound, or Conflict where the job is unfinished, has nothing to run again, or another
    job of the universe is unfinished.
    """
    async with transactions() as jobs:
        old = await jobs.get(job_id)
        if not old.state.finished:
            raise Conflict(f"job {job_id} is {old.state}; only a finished job can be retried")
        # Before the new job, as a replay takes them: otherwise the two could wait for each other.
        dead = await jobs.dead_tasks(job_id)
        job = await _reopen(old, requested_by, jobs)
        await jobs.mark_replayed(dead, by=job.id)
    await wake_up()
    return job


async def replay_dead_letter(task_id: int, *, requested_by: str, transactions: Transactions, wake_up: WakeUp) -> Job:
    """Opens a job for what one dead task was to do, and for the stages after it.

    Raises NotFound, or Conflict where it was replayed already or a job of the universe is unfinished.
    """
    async with transactions() as jobs:
        old, payload, stage = await jobs.dead_letter(task_id)
        symbols = tuple(payload["symbols"]) if "symbols" in payload else None
        job = await _open(old, _stages_from(old, stage), symbols, requested_by, jobs)
        await jobs.mark_replayed([task_id], by=job.id)
    await wake_up()
    return job


async def _reopen(old: Job, requested_by: str, jobs: Jobs) -> Job:
    never_listed = old.stage == COLLECT.name and old.total == 0
    if never_listed:
        return await _open(old, old.stages, old.symbols, requested_by, jobs)
    if symbols := await jobs.unsuccessful(old.id):
        return await _open(old, old.stages, symbols, requested_by, jobs)
    if old.state is JobState.COMPLETED:
        raise Conflict(f"job {old.id} completed and no symbol failed; there is nothing to run again")
    return await _open(old, _stages_from(old, old.stage), None, requested_by, jobs)


def _stages_from(old: Job, stage: str) -> tuple[str, ...]:
    """The stages to run again: a score is made of the strengths of its own job, so `rs` comes before it."""
    first = RS.name if stage == SCORE.name and RS.name in old.stages else stage
    return old.stages[old.stages.index(first) :]


async def _open(
    old: Job, stages: tuple[str, ...], symbols: tuple[str, ...] | None, requested_by: str, jobs: Jobs
) -> Job:
    request = JobRequest(
        old.kind,
        old.universe,
        symbols,
        stages=stages,
        requested_by=requested_by,
        retry_of=old.id,
        session=old.session,
        first_session=old.first_session,
    )
    job, created = await jobs.create(request, request.first_tasks())
    if not created:
        raise Conflict(f"job {job.id} does the same and is {job.state}; wait for it or cancel it first")
    return job
