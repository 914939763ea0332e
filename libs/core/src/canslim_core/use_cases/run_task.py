"""Runs one task under a lease: claim, renew while it works, finish or fail."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from canslim_core.errors import (
    Cancelled,
    Interrupted,
    Malformed,
    Refused,
    StoreUnavailable,
    Superseded,
    Throttled,
)
from canslim_core.jobs import Outcome, Pause, Task, Work, retry_delay
from canslim_core.ports import Renewal, Transactions, WakeUp

INTERRUPTIONS: dict[Renewal, type[Interrupted]] = {
    Renewal.SUPERSEDED: Superseded,
    Renewal.CANCELLED: Cancelled,
}


#: Seconds between tries to finish while the store is away.
FINISH_WAITS = (0.2, 0.5, 1.0, 2.0)


class Verdict(StrEnum):
    """How a delivery ended; the label of the metric."""

    DONE = "done"
    DUPLICATE = "duplicate"
    RETRIED = "retried"
    POSTPONED = "postponed"
    DEAD = "dead"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Leases:
    """How long a claim holds, and how often a working task renews it."""

    duration: timedelta = timedelta(seconds=10)
    renew_every: timedelta = timedelta(seconds=2.5)


#: What a worker process uses.
LEASES = Leases()


async def run_task(
    task_id: int,
    work: Work,
    *,
    owner: str,
    transactions: Transactions,
    wake_up: WakeUp,
    leases: Leases = LEASES,
    on_failure: Callable[[Task, BaseException], None] = lambda task, error: None,
    jitter: Callable[[], float] = random.random,
) -> Verdict:
    """Runs the task if it is due and free. A duplicate, late or lost message does no harm.

    Raises StoreUnavailable where the store went away; the lease runs out and the task is sent again.
    """
    async with transactions() as jobs:
        task = await jobs.claim(task_id, owner, leases.duration)
    if task is None:
        return Verdict.DUPLICATE
    try:
        await _under_lease(task, work, transactions, leases)
    except Superseded:
        return Verdict.SUPERSEDED
    except Cancelled:
        return Verdict.CANCELLED
    except StoreUnavailable:
        raise
    except Throttled as error:
        return await _postpone(task, error, transactions)
    except Exception as error:
        # Whatever a stage raises is recorded on its task.
        on_failure(task, error)
        return await _fail(task, error, transactions, jitter)
    await wake_up()
    return Verdict.DONE


async def _under_lease(task: Task, work: Work, transactions: Transactions, leases: Leases) -> None:
    """Works and finishes while the lease is renewed: a stage that writes for long must not lose it."""
    worked = asyncio.Event()

    async def work_and_finish() -> None:
        async with asyncio.timeout(task.definition.deadline.total_seconds()):
            outcome = await work(task)
        worked.set()
        await _finish(task, outcome, transactions)

    working = asyncio.ensure_future(work_and_finish())
    renewing = asyncio.ensure_future(_renew_until_lost(task, transactions, leases))
    try:
        await asyncio.wait({working, renewing}, return_when=asyncio.FIRST_COMPLETED)
        # Once it finishes, the fence decides; a renewal may come after the commit and find the task done.
        if working.done() or worked.is_set():
            return await working
        lost = renewing.result()
        raise INTERRUPTIONS[lost](f"task {task.id}, attempt {task.attempt}")
    finally:
        await _stop(working, renewing)


async def _renew_until_lost(task: Task, transactions: Transactions, leases: Leases) -> Renewal:
    while True:
        await asyncio.sleep(leases.renew_every.total_seconds())
        try:
            async with transactions() as jobs:
                renewal = await jobs.renew(task, leases.duration)
        except StoreUnavailable:
            # The fence decides at the end; until then the work may go on.
            continue
        if renewal is not Renewal.HELD:
            return renewal


async def _finish(task: Task, outcome: Outcome[Any], transactions: Transactions) -> None:
    """Tries again while the store is away: the fence makes a second time harmless."""
    for wait in FINISH_WAITS:
        try:
            async with transactions() as jobs:
                return await jobs.finish(task, outcome)
        except StoreUnavailable:
            await asyncio.sleep(wait)
    async with transactions() as jobs:
        return await jobs.finish(task, outcome)


async def _stop(*futures: Awaitable[Any]) -> None:
    running = [asyncio.ensure_future(future) for future in futures]
    for future in running:
        future.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def _postpone(task: Task, error: Throttled, transactions: Transactions) -> Verdict:
    async with transactions() as jobs:
        held = await jobs.postpone(task, Pause(str(error), error.retry_after))
    return Verdict.POSTPONED if held else Verdict.SUPERSEDED


async def _fail(task: Task, error: Exception, transactions: Transactions, jitter: Callable[[], float]) -> Verdict:
    wait: timedelta | None = retry_delay(task.attempt, jitter())
    if isinstance(error, Refused | Malformed) or task.attempt >= task.max_attempts:
        wait = None
    async with transactions() as jobs:
        held = await jobs.fail(task, describe(error), wait)
    if not held:
        return Verdict.SUPERSEDED
    return Verdict.DEAD if wait is None else Verdict.RETRIED


def describe(error: BaseException) -> str:
    """An error as one line for a person."""
    text = str(error) or "no details"
    return text if isinstance(error, Refused | Malformed) else f"{type(error).__name__}: {text}"
