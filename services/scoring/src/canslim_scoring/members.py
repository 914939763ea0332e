"""The symbols that a universe lists, and which of them it had at a session."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from canslim_infra.postgres.connection import Connection

Days = npt.NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Members:
    """Symbols in alphabetical order, with what ratings ask of a listing.

    first_session: of the bars that are stored; NaT where there are none. delisted_on: NaT for what still trades.
    industry: indexed by symbol, None where unknown.
    """

    symbols: tuple[str, ...]
    first_session: Days
    delisted_on: Days
    industry: pd.Series

    def listed_at(self, session: date) -> list[str]:
        """Those that did not first trade later."""
        return self._where(~(self.first_session > np.datetime64(session)))

    def active_at(self, session: date) -> list[str]:
        """Those of them that were not delisted before."""
        day = np.datetime64(session)
        return self._where(~(self.first_session > day) & ~(self.delisted_on < day))

    def _where(self, kept: npt.NDArray[np.bool_]) -> list[str]:
        return [symbol for symbol, keep in zip(self.symbols, kept, strict=True) if keep]


async def read_members(connection: Connection, universe: str) -> Members:
    """Everything the universe lists but benchmarks."""
    rows = await connection.fetch(
        """
        SELECT symbol, industry, first_session, delisted_on
        FROM universe_member JOIN listing USING (symbol) LEFT JOIN series USING (symbol)
        WHERE universe = $1 AND NOT benchmark ORDER BY symbol
        """,
        universe,
    )
    symbols = tuple(row["symbol"] for row in rows)
    return Members(
        symbols,
        np.array([row["first_session"] for row in rows], dtype="datetime64[D]"),
        np.array([row["delisted_on"] for row in rows], dtype="datetime64[D]"),
        pd.Series([row["industry"] for row in rows], index=pd.Index(symbols, dtype=object), dtype=object),
    )
