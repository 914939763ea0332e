"""Stage `rs`: rates every stock of a universe against all others."""

import asyncio

from canslim_core.jobs import Outcome, Task, Work
from canslim_core.stages import SCORE
from canslim_infra.postgres.connection import Connection, Database
from canslim_infra.postgres.jobs import PostgresJobs
from canslim_scoring.members import read_members
from canslim_scoring.panel_store import read_last_bars, read_panels
from canslim_scoring.rating_rows import strength_rows
from canslim_scoring.rating_store import current_session, keep_scores, make_set, publish, write_strength
from canslim_scoring.universe_strength import STRENGTH_SESSIONS, rate_universe


def recalculate_rs_rating(database: Database) -> Work:
    """The stage's work."""

    async def work(task: Task) -> Outcome[Connection]:
        async with database.transaction() as connection:
            session = task.session or await current_session(connection, task.universe)
            members = await read_members(connection, task.universe)
            symbols, active = members.listed_at(session), members.active_at(session)
            panels = await read_panels(connection, symbols, session, STRENGTH_SESSIONS, ("close", "adj_factor"))
            last_bars = await read_last_bars(connection, symbols, session)
            stages = (await PostgresJobs(connection).get(task.job_id)).stages
        coverage, strengths = await asyncio.to_thread(rate_universe, task.universe, session, **panels, active=active)
        rows = strength_rows(strengths, last_bars)

        async def write(connection: Connection) -> None:
            set_id = await make_set(connection, task, session, coverage, strengths)
            await write_strength(connection, set_id, rows)
            if SCORE.name not in stages:
                await keep_scores(connection, set_id)
                await publish(connection, set_id)

        return Outcome(write=write, session=session)

    return work
