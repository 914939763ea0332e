"""The relay and reconciler: sends what is due, sends again what was lost, reclaims what died.

One runs in every API process; they share the work by SKIP LOCKED. A worker relays too, right after
a task has opened new ones.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import redis
import redis.asyncio
import structlog
from prometheus_client import Counter

from canslim_core.errors import StoreUnavailable
from canslim_core.use_cases.run_task import LEASES
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.due_tasks import (
    BULK,
    bury_poisoned,
    expire_jobs,
    give_back,
    reclaim_expired,
    take_due,
)
from canslim_infra.queue.messages import send, waiting

log = structlog.get_logger()

TICK = 0.5
#: The pause after PostgreSQL was found away, or another failure.
AWAY = 2.0

SENT = Counter("canslim_relay_sent_total", "Wake-up messages sent.")
UNSENT = Counter("canslim_relay_unsent_total", "Sends that failed because Redis was away.")
RECLAIMED = Counter("canslim_leases_expired_total", "Tasks whose worker died or hung.")
BURIED = Counter("canslim_tasks_poisoned_total", "Tasks given up because every worker died on them.")
FAILED = Counter("canslim_relay_failures_total", "Rounds of the relay that ended with an unexpected error.")
LATE = Counter("canslim_jobs_expired_total", "Jobs failed because they passed their deadline.")


class Relay:
    """canslim_core.ports.WakeUp, and the two loops behind it."""

    def __init__(self, database: Database, client: redis.asyncio.Redis) -> None:
        self._database = database
        self._client = client
        self._asked = asyncio.Event()
        self._away_at: float | None = None

    async def __call__(self) -> None:
        """Asks the sender to come by at once."""
        self._asked.set()

    async def keep_sending(self) -> None:
        """Sends what is due, for ever."""
        while True:
            pause = await self._pause_after(self.send_due)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._asked.wait(), pause)
            self._asked.clear()

    async def keep_reconciling(self) -> None:
        """Reconciles for ever, also while Redis hangs and nothing can be sent."""
        while True:
            pause = await self._pause_after(self.reconcile)
            await asyncio.sleep(pause)

    async def _pause_after(self, step: Callable[[], Awaitable[object]]) -> float:
        try:
            await step()
        except StoreUnavailable as error:
            log.warning("relay_waits_for_postgresql", error=str(error))
            self._away_at = time.monotonic()
            return AWAY
        except Exception:
            # A task that can't be dealt with must not stop all the others.
            FAILED.inc()
            log.exception("relay_failed")
            return AWAY
        return TICK

    async def send_due(self) -> int:
        """Sends every due task; the number sent. What can't be sent stays due."""
        sent = 0
        while True:
            tasks = await take_due(self._database, await self._waiting())
            if not tasks:
                return sent
            try:
                await send(self._client, tasks)
            except (redis.RedisError, OSError) as error:
                UNSENT.inc()
                log.warning("relay_waits_for_redis", error=str(error), tasks=len(tasks))
                await give_back(self._database, tasks)
                return sent
            sent += len(tasks)
            SENT.inc(len(tasks))
            if len(tasks) < BULK:
                return sent

    async def reconcile(self) -> None:
        """Workers that could not renew while PostgreSQL was away get one lease's time to do so: none of them died."""
        if self._away_at is not None and time.monotonic() - self._away_at < LEASES.duration.total_seconds():
            return
        RECLAIMED.inc(await reclaim_expired(self._database))
        BURIED.inc(await bury_poisoned(self._database))
        LATE.inc(await expire_jobs(self._database))

    async def _waiting(self) -> dict[str, int] | None:
        try:
            return await waiting(self._client)
        except (redis.RedisError, OSError):
            return None
