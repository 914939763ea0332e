"""Reads filings, splits and ownership as they were known at a session."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
from canslim_infra.postgres.connection import Connection

FILING_COLUMNS = (
    "symbol",
    "period_end",
    "fiscal_period",
    "fiscal_year",
    "known_on",
    "revenue",
    "net_income",
    "eps_basic",
    "eps_diluted",
    "equity",
)
OWNERSHIP_COLUMNS = ("symbol", "as_of", "institutional_pct", "holders", "shares_outstanding", "shares_float")


async def read_filings(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame:
    """One row a filing known at the session; dates as datetime64, figures as floats."""
    rows = await connection.fetch(
        f"SELECT {', '.join(FILING_COLUMNS)} FROM filing WHERE symbol = ANY($1) AND known_on <= $2",
        symbols,
        session,
    )
    return _frame(rows, FILING_COLUMNS, dates=("period_end", "known_on"), text=("symbol", "fiscal_period"))


async def read_ownership(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame | None:
    """One row a snapshot taken up to the session; None where nobody has any."""
    rows = await connection.fetch(
        f"SELECT {', '.join(OWNERSHIP_COLUMNS)} FROM ownership WHERE symbol = ANY($1) AND as_of <= $2",
        symbols,
        session,
    )
    return _frame(rows, OWNERSHIP_COLUMNS, dates=("as_of",), text=("symbol",)) if rows else None


async def read_splits(connection: Connection, symbols: Sequence[str], session: date) -> pd.DataFrame:
    """Splits up to the session: `symbol`, `ex_date`, `factor` on earlier prices (0.5 is a 2:1 split)."""
    rows = await connection.fetch(
        """
        SELECT symbol, session AS ex_date, before / split_factor AS factor
        FROM (
            SELECT symbol, session, split_factor,
                   lag(split_factor) OVER (PARTITION BY symbol ORDER BY session) AS before
            FROM daily_bar WHERE symbol = ANY($1) AND session <= $2
        ) AS bar
        WHERE before <> split_factor
        """,
        symbols,
        session,
    )
    return _frame(rows, ("symbol", "ex_date", "factor"), dates=("ex_date",), text=("symbol",))


def _frame(
    rows: Sequence[Sequence[object]], columns: Sequence[str], dates: Sequence[str], text: Sequence[str]
) -> pd.DataFrame:
    frame = pd.DataFrame([tuple(row) for row in rows], columns=pd.Index(columns))
    types = dict.fromkeys(dates, "datetime64[s]") | dict.fromkeys(text, "object")
    return frame.astype({name: types.get(name, "float64") for name in columns})
