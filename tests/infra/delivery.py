"""One delivery of a message to a worker, stopped inside the work for as long as a test likes."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from canslim_core.jobs import Outcome, SymbolFailure, Task
from canslim_core.ports import Transactions
from canslim_core.use_cases.run_task import Leases, Verdict, run_task
from tests.infra.engine import LEASE, nobody
from tests.infra.faults import Crash
from tests.infra.invariants import record_effect

#: Renewals are the test's own business.
HELD = Leases(duration=LEASE, renew_every=timedelta(days=1))


class Delivery:
    """`run_task` as a worker runs it. `task` is what it works on; None before and without a claim."""

    def __init__(self, task_id: int, owner: str, transactions: Transactions) -> None:
        self.owner = owner
        self.task: Task | None = None
        self._working = asyncio.Event()
        self._outcome: asyncio.Future[Outcome[Any]] = asyncio.get_running_loop().create_future()
        self._run = asyncio.create_task(
            run_task(
                task_id,
                self._work,
                owner=owner,
                transactions=transactions,
                wake_up=nobody,
                leases=HELD,
                jitter=lambda: 0.5,
            )
        )

    async def settled(self) -> None:
        """Waits until it works on its task or is over."""
        working = asyncio.create_task(self._working.wait())
        await asyncio.wait({working, self._run}, return_when=asyncio.FIRST_COMPLETED)
        working.cancel()

    @property
    def over(self) -> bool:
        return self._run.done()

    async def end(self, outcome: Outcome[Any] | Exception) -> Verdict | None:
        """Lets the work end so; None where the worker crashed over it."""
        if isinstance(outcome, Exception):
            self._outcome.set_exception(outcome)
        else:
            self._outcome.set_result(outcome)
        return await self.verdict()

    async def verdict(self) -> Verdict | None:
        try:
            return await self._run
        except Crash:
            return None

    async def kill(self) -> None:
        """The process dies, and nothing of it is written."""
        self._run.cancel()
        with suppress(asyncio.CancelledError, Crash):
            await self._run

    async def _work(self, task: Task) -> Outcome[Any]:
        self.task = task
        self._working.set()
        return await self._outcome


def outcome_of(task: Task, *, failing: int = 0, batches: int = 2) -> Outcome[Any]:
    """What the stage's work would leave behind, and an effect to count."""
    write = partial(record_effect, task_id=task.id, owner=task.owner, attempt=task.attempt)
    if "universe" in task.payload:
        spawn = [{"symbols": [f"S{number}A", f"S{number}B"]} for number in range(batches)]
        return Outcome(write=write, total=2 * batches, spawn=spawn)
    failed = task.symbols[:failing]
    return Outcome(
        write=write,
        done=len(task.symbols) - len(failed),
        unchanged=len(task.symbols[failing:]) // 2,
        failures=[SymbolFailure(symbol, "unavailable", "no answer") for symbol in failed],
    )
