"""Stage `score`: scores the CAN SLIM letters and publishes the session."""

import asyncio

import pandas as pd
from canslim_core.jobs import Outcome, Task, Work
from canslim_infra.postgres.connection import Connection, Database
from canslim_ratings.can_slim import FORMULA, ScoreCard, score
from canslim_ratings.facts import Facts
from canslim_ratings.filings import as_known
from canslim_ratings.market import market_direction

from canslim_scoring.fundamental_store import read_filings, read_ownership, read_splits
from canslim_scoring.panel_store import read_members, read_panels
from canslim_scoring.rating_store import (
    current_session,
    open_set,
    publish,
    read_strength,
    write_scores,
)

#: A year of highs and volumes.
PANEL_SESSIONS = 253
#: What market direction looks back on.
MARKET_SESSIONS = 504


def recalculate_canslim_score(database: Database) -> Work:
    """The stage's work."""

    async def work(task: Task) -> Outcome[Connection]:
        async with database.transaction() as connection:
            session = task.session or await current_session(connection, task.universe)
            strength = await read_strength(connection, task.job_id, task.universe, session)
            members = await read_members(connection, task.universe, session)
            symbols = tuple(strength.index)
            panels = await read_panels(connection, symbols, session, PANEL_SESSIONS, ("close", "high", "volume"))
            filings = await read_filings(connection, symbols, session)
            splits = await read_splits(connection, symbols, session)
            ownership = await read_ownership(connection, symbols, session)
            indexes = await read_indexes(connection, task.universe, session)

        def compute() -> ScoreCard:
            return score(
                Facts(
                    session=pd.Timestamp(session),
                    close=panels["close"],
                    high=panels["high"],
                    volume=panels["volume"],
                    filings=as_known(filings, pd.Timestamp(session)),
                    splits=splits,
                    rs=strength,
                    group=members.industry.reindex(list(symbols)),
                    ownership=ownership,
                    market=market,
                )
            )

        market = await asyncio.to_thread(market_direction, indexes) if indexes else None
        card = await asyncio.to_thread(compute)
        letters = await asyncio.to_thread(lambda: list(card.details(symbols)))

        async def write(connection: Connection) -> None:
            set_id = await open_set(connection, task.job_id, task.universe, session)
            await write_scores(connection, set_id, FORMULA, market_json(market), card.scores, letters)
            await publish(connection, task.job_id)

        return Outcome(write=write, session=session)

    return work
