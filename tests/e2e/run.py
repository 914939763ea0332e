"""One refresh on the cluster: started, watched, brought to its end, compared."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from canslim_core.errors import StoreUnavailable
from canslim_infra.postgres.connection import Database
from tests.e2e import checker
from tests.e2e.cluster import TOKEN, Cluster
from tests.e2e.figures import FIGURES
from tests.e2e.outcome import Outcome, read_outcome

HEADERS = {"Authorization": f"Bearer {TOKEN}"}
Row = dict[str, Any]


class Run:
    """The cluster as a client and an onlooker see it."""

    def __init__(self, cluster: Cluster, database: Database, http: httpx.AsyncClient, fault: str) -> None:
        self.cluster = cluster
        self.database = database
        self.http = http
        self.fault = fault
        self.job_id: UUID
        self._started = 0.0
        self._killed: list[tuple[int, int, datetime]] = []

    async def refresh(self, **body: Any) -> UUID:
        self._started = time.monotonic()
        response = await self.http.post("/screener/refresh", json=body)
        assert response.status_code == 202, response.text
        self.job_id = UUID(response.json()["job_id"])
        return self.job_id

    async def rows(self, query: str, *arguments: Any) -> list[Row]:
        """Asks PostgreSQL itself, again while it restarts."""
        while True:
            try:
                async with self.database.reading() as connection:
                    return [dict(row) for row in await connection.fetch(query, *arguments)]
            except StoreUnavailable:
                await asyncio.sleep(0.1)

    async def job(self) -> Row:
        return (await self.rows("SELECT * FROM job WHERE id = $1", self.job_id))[0]

    async def until(self, what: str, condition: Callable[[], Awaitable[Any]], seconds: float = 60) -> Any:
        """Waits until the condition holds, and returns its value."""
        until = time.monotonic() + seconds
        while not (value := await condition()):
            assert time.monotonic() < until, f"{what}: not within {seconds} s; {await self.rows(STATES)}"
            await asyncio.sleep(0.01)
        return value

    async def until_collecting(self) -> None:
        """Some batches are stored, more are running, others wait."""

        async def collecting() -> bool:
            job = await self.job()
            return bool(job["stage"] == "collect" and job["done"] and len(await self.running()))

        await self.until("collect is half-way", collecting)

    async def running(self, pid: int | None = None) -> list[Row]:
        """The tasks that are being run, by one process or by all."""
        return await self.rows(
            """
            SELECT id, attempt, stage FROM job_task
            WHERE job_id = $1 AND state = 'running' AND ($2::int IS NULL OR split_part(owner, '/', 2)::int = $2)
            """,
            self.job_id,
            pid,
        )

    async def kill_at_work(self, name: str) -> list[Row]:
        """SIGKILL in the middle of a task: the process is stopped first, so that none can end in between."""
        while True:
            pid = self.cluster.pid(name)
            await self.until(f"{name} works", lambda pid=pid: self.running(pid))
            self.cluster.send(name, signal.SIGSTOP)
            if victims := await self.running(pid):
                break
            self.cluster.send(name, signal.SIGCONT)
        self.mark_killed(victims)
        self.cluster.send(name, signal.SIGKILL)
        return victims

    def mark_killed(self, victims: Sequence[Row]) -> None:
        now = datetime.now(UTC)
        self._killed += [(victim["id"], victim["attempt"], now) for victim in victims]

    async def finished(self, seconds: float = 90) -> Row:
        """Waits for the end of the job, checks every invariant, and notes what it cost."""

        async def over() -> bool:
            return (await self.job())["finished_at"] is not None

        await self.until("the job ends", over, seconds)
        took = time.monotonic() - self._started
        claims = await checker.claims(self.database, self.job_id)
        tasks = await self.rows("SELECT count(*) AS count FROM job_task WHERE job_id = $1", self.job_id)
        FIGURES.runs[self.fault] = (took, len(claims), tasks[0]["count"])
        again = {(claim.task_id, claim.attempt): claim.at for claim in claims}
        for task_id, attempt, at in self._killed:
            if (next_run := again.get((task_id, attempt + 1))) is not None:
                FIGURES.restarts.setdefault(self.fault, []).append((next_run - at) / timedelta(seconds=1))
        assert await checker.offences(self.database) == []
        return await self.job()

    async def outcome(self) -> Outcome:
        return await read_outcome(self.database, self.job_id)

    async def extra_runs(self) -> int:
        _, runs, tasks = FIGURES.runs[self.fault]
        return runs - tasks


STATES = "SELECT stage, state, count(*), max(attempt) AS attempt FROM job_task GROUP BY 1, 2 ORDER BY 1, 2"


@asynccontextmanager
async def run_on(cluster: Cluster, fault: str) -> AsyncIterator[Run]:
    """A fresh start: empty tables, an empty queue, every process alive."""
    cluster.refresh_members()
    database = Database(cluster.postgres.url, size=4, patience=timedelta(seconds=30))
    await database.open()
    try:
        await checker.empty(database)
        async with httpx.AsyncClient(base_url=cluster.url, headers=HEADERS, timeout=30) as http:
            yield Run(cluster, database, http, fault)
    finally:
        await database.close()
