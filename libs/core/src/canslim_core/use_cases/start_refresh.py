"""Starts a refresh of a universe, or of some of its symbols."""

from collections.abc import Sequence

from canslim_core.errors import Unprocessable
from canslim_core.jobs import Job, JobRequest
from canslim_core.ports import Transactions, WakeUp
from canslim_core.stages import JobKind
from canslim_core.universes import check_universe


async def start_refresh(
    universe: str,
    symbols: Sequence[str] | None,
    *,
    universes: Sequence[str],
    requested_by: str,
    idempotency_key: str | None,
    transactions: Transactions,
    wake_up: WakeUp,
) -> tuple[Job, bool]:
    """Opens a refresh, or returns the unfinished one that is the same; True where it is new.

    Raises Unprocessable for a universe the provider lacks or symbols the universe lacks, Conflict
    where the idempotency key was used for another request or another job of the universe is unfinished.
    """
    check_universe(universe, universes)
    wanted = None if symbols is None else tuple(sorted(set(symbols)))
    request = JobRequest(JobKind.REFRESH, universe, wanted, requested_by=requested_by, idempotency_key=idempotency_key)
    async with transactions() as jobs:
        if wanted is not None and (unknown := await jobs.unknown_symbols(universe, wanted)):
            raise Unprocessable(
                f"not in universe {universe!r}: {', '.join(unknown[:20])}"
                + (f" and {len(unknown) - 20} more" if len(unknown) > 20 else "")
                + (". Refresh the whole universe first, if it never was" if len(unknown) == len(wanted) else ""),
                field="symbols",
            )
        job, created = await jobs.create(request, request.first_tasks())
    # After the commit: a worker may read the rows at once.
    await wake_up()
    return job, created
