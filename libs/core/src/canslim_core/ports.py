"""What the use cases need from the outside, named for the need."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from enum import Enum
from typing import Any, Protocol
from uuid import UUID

from canslim_core.jobs import Job, JobRequest, Outcome, Pause, Payload, Task


class Renewal(Enum):
    """What a worker learns when it renews its lease."""

    HELD = "held"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"


class Jobs(Protocol):
    """The jobs inside one transaction. Only the store's own clock decides what is due or has run out."""

    async def create(self, request: JobRequest, tasks: Sequence[Payload]) -> tuple[Job, bool]:
        """Creates the job, or returns the one that the idempotency key names or that is the same and unfinished.

        The second value says whether it is new. Raises Conflict where the key was used for another request,
        or another job of the universe is unfinished.
        """
        ...

    async def get(self, job_id: UUID) -> Job:
        """Raises NotFound."""
        ...

    async def claim(self, task_id: int, owner: str, lease: timedelta) -> Task | None:
        """Takes a due task, or returns None: somebody has it, had it, or it isn't due."""
        ...

    async def renew(self, task: Task, lease: timedelta) -> Renewal: ...

    async def finish(self, task: Task, outcome: Outcome[Any]) -> None:
        """Writes the outcome, counts it, and opens the next stage after the last task of this one.

        Raises Superseded or Cancelled, and then nothing is written.
        """
        ...

    async def fail(self, task: Task, error: str, retry_in: timedelta | None) -> bool:
        """Makes the task due again, or dead where `retry_in` is None; True where it was this worker's."""
        ...

    async def postpone(self, task: Task, pause: Pause) -> bool:
        """Makes the task due after the pause, untried; True where it was this worker's."""
        ...

    async def release(self, owner: str) -> int:
        """Hands back every task of a worker that stops; the number of tasks."""
        ...

    async def cancel(self, job_id: UUID) -> Job:
        """Raises NotFound, or Conflict where the job has finished."""
        ...

    async def unsuccessful(self, job_id: UUID) -> tuple[str, ...]:
        """The symbols that a finished job did not collect."""
        ...

    async def mark_replayed(self, task_ids: Sequence[int], by: UUID) -> None: ...

    async def dead_letter(self, task_id: int) -> tuple[Job, Payload, str]:
        """A dead task's job, payload and stage. Raises NotFound, or Conflict where it was replayed."""
        ...

    async def dead_tasks(self, job_id: UUID) -> list[int]:
        """The job's dead tasks that were not replayed, which nobody else replays before the transaction ends."""
        ...

    async def unknown_symbols(self, universe: str, symbols: Sequence[str]) -> list[str]:
        """Those that the universe's stored list lacks: all, where it has none yet."""
        ...


class Transactions(Protocol):
    """Opens a transaction: committed at the end of the block, rolled back on an exception.

    Raises StoreUnavailable where the store can't be reached.
    """

    def __call__(self) -> AbstractAsyncContextManager[Jobs]: ...


class WakeUp(Protocol):
    """Tells the workers that tasks are due. May fail, or tell twice: the relay comes by again."""

    async def __call__(self) -> None: ...
