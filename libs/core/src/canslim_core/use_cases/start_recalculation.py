"""Computes ratings anew from what is stored."""

from collections.abc import Sequence

from canslim_core.errors import Unprocessable
from canslim_core.jobs import Job, JobRequest
from canslim_core.ports import Transactions, WakeUp
from canslim_core.stages import RECALCULATE, JobKind
from canslim_core.universes import check_universe


async def start_recalculation(
    universe: str,
    stages: Sequence[str],
    *,
    universes: Sequence[str],
    requested_by: str,
    idempotency_key: str | None,
    transactions: Transactions,
    wake_up: WakeUp,
) -> tuple[Job, bool]:
    """Opens a recalculation, or returns the unfinished one; True where it is new.

    Raises Unprocessable for an unknown universe or stage, Conflict as `start_refresh` does.
    """
    allowed = [stage.name for stage in RECALCULATE]
    check_universe(universe, universes)
    if not stages or not set(stages) <= set(allowed):
        raise Unprocessable(
            f"stages must name one or more of {', '.join(allowed)}, not {list(stages)!r}", field="stages"
        )
    request = JobRequest(
        JobKind.RECALCULATE,
        universe,
        stages=tuple(name for name in allowed if name in stages),
        requested_by=requested_by,
        idempotency_key=idempotency_key,
    )
    async with transactions() as jobs:
        job, created = await jobs.create(request, request.first_tasks())
    await wake_up()
    return job, created
