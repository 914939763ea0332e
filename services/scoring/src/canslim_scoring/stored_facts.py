"""What is stored of a universe, read once for the ratings of one session or of many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import pandas as pd

from canslim_calendar import sessions_between
from canslim_core.ratings import BENCHMARK
from canslim_infra.postgres.connection import Connection
from canslim_ratings import Facts, market_direction
from canslim_ratings.facts import LONG_SESSIONS
from canslim_scoring.fundamental_store import read_filings, read_ownership, read_splits
from canslim_scoring.index_store import read_indexes
from canslim_scoring.panel_store import read_panels

#: What market direction looks back on: three years.
MARKET_SESSIONS: Final = 756
PRICES: Final = ("close", "high", "low", "volume")


@dataclass(frozen=True)
class StoredFacts:
    """Frames up to some last session.

    panels: by name, sessions x symbols, oldest first: PRICES, and what else was asked for.
    indexes: bars by benchmark. benchmark: that of the RS line, None where it is not stored.
    """

    panels: dict[str, pd.DataFrame]
    industry: pd.Series
    filings: pd.DataFrame
    splits: pd.DataFrame
    ownership: pd.DataFrame | None
    indexes: dict[str, pd.DataFrame]
    benchmark: pd.DataFrame | None

    def until(self, session: pd.Timestamp, name: str, symbols: pd.Index) -> pd.DataFrame:
        """A panel as it was at the end of a session."""
        panel = self.panels[name]
        stop = int(panel.index.searchsorted(session, side="right"))
        panel = panel.iloc[max(0, stop - LONG_SESSIONS) : stop]
        return panel if panel.columns.equals(symbols) else panel.reindex(columns=symbols)

    def at(self, session: date, strengths: pd.DataFrame) -> Facts:
        """What was known at the end of a session of those that `strengths` (of `rate_strength`) lists."""
        day, symbols = pd.Timestamp(session), strengths.index
        indexes = {name: bars.loc[:day].iloc[-MARKET_SESSIONS:] for name, bars in self.indexes.items()}
        return Facts(
            session=day,
            **{name: self.until(day, name, symbols) for name in PRICES},
            rs=strengths,
            filings=self.filings,
            splits=self.splits,
            group=self.industry.reindex(symbols),
            ownership=self.ownership,
            market=market_direction(indexes) if indexes else None,
            benchmark=None if self.benchmark is None else self.benchmark.loc[:day],
        )


async def read_facts(
    connection: Connection,
    universe: str,
    symbols: Sequence[str],
    industry: pd.Series,
    first: date,
    last: date,
    *more: str,
) -> StoredFacts:
    """Everything that the ratings of the sessions from `first` to `last` look at; `more`: further panels."""
    count = LONG_SESSIONS - 1 + len(sessions_between(first, last))
    panels = await read_panels(connection, symbols, last, count, (*PRICES, *more))
    benchmark = (await read_panels(connection, (BENCHMARK,), last, count, ("close",)))["close"]
    return StoredFacts(
        panels,
        industry,
        filings=await read_filings(connection, symbols, last),
        splits=await read_splits(connection, symbols, last),
        ownership=await read_ownership(connection, symbols, last),
        indexes=await read_indexes(connection, universe, last, MARKET_SESSIONS + count - LONG_SESSIONS),
        benchmark=None if benchmark[BENCHMARK].isna().all() else benchmark.set_axis(["close"], axis="columns"),
    )
