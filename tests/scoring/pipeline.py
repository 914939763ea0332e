"""Runs jobs inside the test's own process: the real stages under the real engine, without Dramatiq."""

from collections.abc import Mapping
from uuid import UUID

from canslim_collector.provider import Provider
from canslim_collector.stages.collect import collect_stock_data
from canslim_core.jobs import Job, JobRequest, Work
from canslim_core.stages import COLLECT, HISTORY, RS, SCORE, JobKind
from canslim_core.use_cases.run_task import run_task
from canslim_infra.postgres.connection import Database
from canslim_infra.postgres.job_reads import read_job
from canslim_infra.postgres.jobs import PostgresTransactions
from canslim_scoring.stages.history import backfill_ratings
from canslim_scoring.stages.score import recalculate_canslim_score
from canslim_scoring.stages.strength import recalculate_rs_rating


async def nobody() -> None:
    """A wake-up call that nobody hears."""


def works(database: Database, provider: Provider) -> dict[str, Work]:
    """What each stage does, as the services put it together."""
    return {
        COLLECT.name: collect_stock_data(provider, database),
        RS.name: recalculate_rs_rating(database),
        SCORE.name: recalculate_canslim_score(database),
        HISTORY.name: backfill_ratings(database),
    }


async def run_due(database: Database, stages: Mapping[str, Work], tasks: int | None = None) -> int:
    """Runs every task that waits, sent or not, and those they open, one after the other; how many.

    tasks: so many at most; None means all.
    """
    ran = 0
    while (tasks is None or ran < tasks) and (due := await _waiting(database)):
        for task_id, stage in due[:tasks]:
            await run_task(
                task_id,
                stages[stage],
                owner="test",
                transactions=PostgresTransactions(database),
                wake_up=nobody,
            )
        ran += len(due[:tasks])
    return ran


async def _waiting(database: Database) -> list[tuple[int, str]]:
    async with database.reading() as connection:
        rows = await connection.fetch("SELECT id, stage FROM job_task WHERE state = 'pending' ORDER BY id")
    return [tuple(row) for row in rows]


async def open_job(database: Database, request: JobRequest) -> UUID:
    async with PostgresTransactions(database)() as jobs:
        job, _ = await jobs.create(request, request.first_tasks())
    return job.id


async def run_job(database: Database, provider: Provider, request: JobRequest) -> Job:
    """Opens a job and runs all of it."""
    job_id = await open_job(database, request)
    await run_due(database, works(database, provider))
    return await read_job(database, job_id)


def refresh(universe: str, *symbols: str) -> JobRequest:
    return JobRequest(JobKind.REFRESH, universe, symbols or None)


def recalculate(universe: str, *stages: str) -> JobRequest:
    return JobRequest(JobKind.RECALCULATE, universe, stages=stages)
