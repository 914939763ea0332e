"""Reads the bars of the universe's benchmarks, for market direction."""

from datetime import date

import pandas as pd

from canslim_infra.postgres.connection import Connection


async def read_indexes(connection: Connection, universe: str, session: date, count: int) -> dict[str, pd.DataFrame]:
    """By benchmark, its newest `count` bars up to the session: high, low, close, volume, adjusted for splits."""
    rows = await connection.fetch(
        """
        SELECT symbol, bar.* FROM universe_member JOIN listing USING (symbol)
        CROSS JOIN LATERAL (
            SELECT session, high * split_factor AS high, low * split_factor AS low,
                   close * split_factor AS close, volume / split_factor AS volume
            FROM daily_bar WHERE daily_bar.symbol = listing.symbol AND session <= $2
            ORDER BY session DESC LIMIT $3
        ) AS bar
        WHERE universe = $1 AND benchmark ORDER BY symbol DESC, session
        """,
        universe,
        session,
        count,
    )
    columns = ["symbol", "session", "high", "low", "close", "volume"]
    frame = pd.DataFrame([tuple(row) for row in rows], columns=pd.Index(columns))
    frame["session"] = pd.to_datetime(frame["session"])
    return {
        str(symbol): bars.drop(columns="symbol").set_index("session")
        for symbol, bars in frame.groupby("symbol", sort=False)
    }
