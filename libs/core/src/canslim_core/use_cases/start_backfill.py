"""Rates the sessions of the past from what is stored."""

from collections.abc import Sequence
from datetime import date

from canslim_core.errors import Unprocessable
from canslim_core.jobs import Job, JobRequest
from canslim_core.ports import Transactions, WakeUp
from canslim_core.stages import BACKFILL, JobKind
from canslim_core.universes import check_universe


async def start_backfill(
    universe: str,
    first: date,
    last: date | None,
    *,
    universes: Sequence[str],
    requested_by: str,
    idempotency_key: str | None,
    transactions: Transactions,
    wake_up: WakeUp,
) -> tuple[Job, bool]:
    """Opens a backfill of every session from `first` to `last`, or returns the unfinished one; True where it is new.

    last: None means the newest session that is stored. What is published already, by the formulas of today, stays.
    Raises Unprocessable for an unknown universe or dates in the wrong order, Conflict as `start_refresh` does.
    """
    check_universe(universe, universes)
    if last is not None and last < first:
        raise Unprocessable(f"the last session, {last}, is before the first one, {first}", field="to")
    request = JobRequest(
        JobKind.BACKFILL,
        universe,
        stages=tuple(stage.name for stage in BACKFILL),
        requested_by=requested_by,
        idempotency_key=idempotency_key,
        session=last,
        first_session=first,
    )
    async with transactions() as jobs:
        job, created = await jobs.create(request, request.first_tasks())
    await wake_up()
    return job, created
