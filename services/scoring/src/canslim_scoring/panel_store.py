"""Reads panels: only the columns and sessions a rating needs, as binary COPY straight into arrays."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from canslim_calendar import sessions_to
from canslim_infra.postgres.connection import Connection
from canslim_scoring.fixed_width import read_fixed

#: SQL for every column a panel may have; prices adjusted for splits and dividends, volume for splits.
COLUMNS = {
    "close": "close * adj_factor",
    "high": "high * adj_factor",
    "low": "low * adj_factor",
    "volume": "volume / split_factor",
    "adj_factor": "adj_factor",
    "raw_close": "close",
}


async def read_panels(
    connection: Connection, symbols: Sequence[str], last: date, count: int, columns: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Frames of `count` calendar sessions ending with `last` x symbols, one a column of COLUMNS.

    Every session of the calendar is a row, NaN where a symbol has no bar.
    """
    sessions = sessions_to(last, count)
    rows = await read_fixed(
        connection,
        {"symbol": ("position - 1", "int"), "session": ("session", "day")}
        | {name: (COLUMNS[name], "float") for name in columns},
        """
        FROM unnest($1::text[]) WITH ORDINALITY AS member (symbol, position) JOIN daily_bar USING (symbol)
        WHERE session BETWEEN $2 AND $3
        """,
        list(symbols),
        sessions[0].item(),
        last,
    )
    at_session = np.searchsorted(sessions, rows["session"])
    # A bar on a day that the calendar does not know has no row.
    known = sessions[at_session] == rows["session"]
    index = pd.DatetimeIndex(sessions.astype("datetime64[s]"))
    labels = pd.Index(list(symbols), dtype=object)
    panels = {}
    for name in columns:
        values = np.full((len(sessions), len(symbols)), np.nan)
        values[at_session[known], rows["symbol"][known]] = rows[name][known]
        panels[name] = pd.DataFrame(values, index=index, columns=labels)
    return panels


async def read_last_bars(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame:
    """Each symbol's last bar up to the session: `last_session`, `close` as traded; absent where none."""
    rows = await connection.fetch(
        """
        SELECT symbol, bar.session AS last_session, bar.close
        FROM unnest($1::text[]) AS member (symbol)
        CROSS JOIN LATERAL (
            SELECT session, close FROM daily_bar
            WHERE daily_bar.symbol = member.symbol AND session <= $2 ORDER BY session DESC LIMIT 1
        ) AS bar
        """,
        symbols,
        session,
    )
    frame = pd.DataFrame([dict(row) for row in rows], columns=["symbol", "last_session", "close"])
    return frame.set_index("symbol")
