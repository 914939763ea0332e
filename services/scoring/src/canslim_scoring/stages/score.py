"""Stage `score`: scores the CAN SLIM letters and publishes the session."""

import asyncio
from dataclasses import asdict
from typing import Any

import pandas as pd

from canslim_core.jobs import Outcome, Task, Work
from canslim_infra.postgres.connection import Connection, Database
from canslim_ratings.can_slim import FORMULA, ScoreCard, score
from canslim_ratings.facts import Facts
from canslim_ratings.market import MarketDirection, market_direction
from canslim_scoring.fundamental_store import read_filings, read_ownership, read_splits
from canslim_scoring.index_store import read_indexes
from canslim_scoring.panel_store import read_members, read_panels
from canslim_scoring.rating_store import current_session, encode_letters, open_set, publish, read_strength, write_scores

#: A year of highs and volumes, and the close before it.
PANEL_SESSIONS = 253
#: What market direction looks back on: three years.
MARKET_SESSIONS = 756
#: Days of its log that are kept with a set.
LOG_DAYS = 60


def recalculate_canslim_score(database: Database) -> Work:
    """The stage's work."""

    async def work(task: Task) -> Outcome[Connection]:
        async with database.transaction() as connection:
            session = task.session or await current_session(connection, task.universe)
            strength = await read_strength(connection, task.job_id, task.universe, session)
            symbols = tuple(strength.index)
            panels = await read_panels(connection, symbols, session, PANEL_SESSIONS, ("close", "high", "volume"))
            members = await read_members(connection, task.universe, session)
            filings = await read_filings(connection, symbols, session)
            splits = await read_splits(connection, symbols, session)
            ownership = await read_ownership(connection, symbols, session)
            indexes = await read_indexes(connection, task.universe, session, MARKET_SESSIONS)

        def compute() -> tuple[ScoreCard, dict[str, tuple[str, str]], MarketDirection | None]:
            market = market_direction(indexes) if indexes else None
            card = score(
                Facts(
                    session=pd.Timestamp(session),
                    **panels,
                    rs=strength,
                    filings=filings,
                    splits=splits,
                    group=members.industry.reindex(list(symbols)),
                    ownership=ownership,
                    market=market,
                )
            )
            return card, {symbol: encode_letters(detail) for symbol, detail in card.details()}, market

        card, letters, market = await asyncio.to_thread(compute)

        async def write(connection: Connection) -> None:
            set_id = await open_set(connection, task.job_id, task.universe, session)
            await write_scores(connection, set_id, FORMULA, describe(market), card.table, letters)
            await publish(connection, task.job_id)

        return Outcome(write=write, session=session)

    return work


def describe(market: MarketDirection | None) -> dict[str, Any] | None:
    """The market's direction as JSON, with the last days of each index's log."""
    if market is None:
        return None
    return {
        "state": market.state,
        "since": _day(market.since),
        "leader": market.leader,
        "indexes": {
            name: {
                "state": index.state,
                "since": _day(index.since),
                "rally_day": index.rally_day,
                "distribution_days": [_day(day) for day in index.distribution_days],
                "follow_through": _day(index.follow_through),
                "log": [
                    {key: _plain(value) for key, value in asdict(entry).items()} for entry in index.log[-LOG_DAYS:]
                ],
            }
            for name, index in market.indexes.items()
        },
    }


def _day(day: Any) -> str | None:
    return None if day is None else str(day)[:10]


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return _day(value)
    if isinstance(value, float):
        return None if value != value else round(value, 6)
    return value
