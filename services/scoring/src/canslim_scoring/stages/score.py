"""Stage `score`: scores the CAN SLIM letters, adds the other ratings, and publishes the session."""

import asyncio
from typing import Any

from canslim_core.jobs import Outcome, Task, Work
from canslim_infra.postgres.connection import Connection, Database
from canslim_ratings import rate_all
from canslim_scoring.market_summary import describe
from canslim_scoring.members import read_members
from canslim_scoring.rating_rows import Row, score_rows
from canslim_scoring.rating_store import current_session, open_set, publish, read_strength, write_scores
from canslim_scoring.stored_facts import read_facts


def recalculate_canslim_score(database: Database) -> Work:
    """The stage's work."""

    async def work(task: Task) -> Outcome[Connection]:
        async with database.transaction() as connection:
            session = task.session or await current_session(connection, task.universe)
            strength = await read_strength(connection, task.job_id, task.universe, session)
            members = await read_members(connection, task.universe)
            symbols = tuple(strength.index)
            stored = await read_facts(connection, task.universe, symbols, members.industry, session, session)

        def compute() -> tuple[dict[str, Any] | None, list[Row]]:
            facts = stored.at(session, strength)
            return describe(facts.market), list(score_rows(rate_all(facts), explained=True))

        market, rows = await asyncio.to_thread(compute)

        async def write(connection: Connection) -> None:
            set_id = await open_set(connection, task.job_id, task.universe, session)
            await write_scores(connection, set_id, market, rows)
            await publish(connection, set_id)

        return Outcome(write=write, session=session)

    return work
