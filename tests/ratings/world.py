"""A small made-up market, the same to the last bit everywhere: prices, filings, holders, an index."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from canslim_ratings import Facts, market_direction, rate_strength
from tests.ratings.builders import T0, filing, panel, sessions

SESSIONS = 390
QUARTERS = 18
GROUPS = ("Airlines", "Banks", "Chips", "Drugs")
PANELS = ("close", "high", "low", "volume")


@dataclass(frozen=True)
class World:
    """What there is to know, of sessions and filings to come too; `facts` cuts it to one session."""

    close: pd.DataFrame
    high: pd.DataFrame
    low: pd.DataFrame
    volume: pd.DataFrame
    benchmark: pd.DataFrame
    filings: pd.DataFrame
    splits: pd.DataFrame
    ownership: pd.DataFrame
    group: pd.Series

    def facts(self, session: pd.Timestamp = T0, **changes: Any) -> Facts:
        """What is known at `session`, with strengths computed from its panels; `changes` replace fields of Facts."""
        panels = {name: getattr(self, name).loc[:session] for name in PANELS}
        known: dict[str, Any] = {
            "filings": self.filings,
            "splits": self.splits,
            "ownership": self.ownership,
            "group": self.group,
            "benchmark": self.benchmark,
            "market": market_direction({"SPY": self.benchmark.loc[:session]}),
        }
        return Facts(session=session, **(panels | {"rs": rate_strength(panels["close"])} | known | changes))

    def with_prices(self, symbol: str, prices: Mapping[str, Any]) -> "World":
        """The same with some panels of `symbol` replaced; a symbol that is new has no bars but these."""
        changed = {name: getattr(self, name).assign(**{symbol: prices[name]}) for name in PANELS if name in prices}
        return replace(self, **changed)


def noise(rows: int, columns: int, seed: int) -> np.ndarray:
    """Numbers from -0.5 to 0.5 without a pattern, by multiplication alone: every machine gets the same."""
    row, column = np.arange(rows)[:, None] + 1.0, np.arange(columns)[None, :] + 1.0 + 100.0 * seed
    return (0.6180339887498949 * row * row * column + 0.41421356237 * row * column) % 1.0 - 0.5


def world(symbols: int = 12, seed: int = 0) -> World:
    """`symbols` stocks, named S00 and on, in four groups, each with bars, filings and holders, but for these:

    S03 is young, S04 leaps at the end, S05 has no filings, S07 does not trade any more, S09 has a jump that nobody
    explained, S11 no group.
    """
    names = [f"S{at:02}" for at in range(symbols)]
    moves = noise(SESSIONS, symbols, seed) * 0.06 + noise(1, symbols, seed + 7) * 0.004
    moves[-60, 9:10] = 0.8
    prices = 100.0 * np.cumprod(1.0 + moves, axis=0)
    prices[-1, 4:5] *= 1.35
    prices[:200, 3:4] = np.nan
    prices[-30:, 7:8] = np.nan
    close = panel(dict(zip(names, prices.T, strict=True)))
    index = pd.DataFrame({"close": close.mean(axis="columns"), "low": close.mean(axis="columns") * 0.99})
    spread = pd.DataFrame(noise(SESSIONS, symbols, seed + 3), close.index, close.columns).abs() * 0.03
    volume = pd.DataFrame(noise(SESSIONS, symbols, seed + 5), close.index, close.columns) + 1.0
    filed = [row for at, name in enumerate(names) if at != 5 for row in company(name, at, seed)]
    groups = [None if at == 11 else GROUPS[at % len(GROUPS)] for at in range(symbols)]
    return World(
        close=close,
        high=close * (1 + spread),
        low=close * (1 - spread.iloc[::-1].to_numpy()),
        volume=volume * 1e6,
        benchmark=index.assign(volume=volume.sum(axis="columns")),
        filings=pd.DataFrame(filed),
        splits=pd.DataFrame({"symbol": ["S01"], "ex_date": [sessions(120)[0]], "factor": [0.5]}),
        ownership=pd.concat([holders(name, at, seed) for at, name in enumerate(names)], ignore_index=True),
        group=pd.Series(groups, index=names, dtype=object),
    )


def company(symbol: str, at: int, seed: int) -> list[dict[str, object]]:
    """Quarters to 2025-03-31 and the years they make: the fourth of a year is filed in the year only."""
    ends = pd.date_range(end="2025-03-31", periods=QUARTERS, freq="QE")
    shake = noise(QUARTERS, 2, seed * 31 + at)
    sales = 100.0 * (1.0 + 0.03 * (at % 5)) ** np.arange(QUARTERS) * (1.0 + 0.2 * shake[:, 0])
    income = sales * (0.02 * (at % 7) - 0.02 + 0.1 * shake[:, 1])
    rows = []
    for quarter, end in enumerate(ends):
        annual = end.quarter == 4
        span = slice(max(quarter - 3, 0), quarter + 1) if annual else slice(quarter, quarter + 1)
        earned = round(float(income[span].sum()) / 10.0, 2)
        rows.append(
            filing(
                symbol,
                "FY" if annual else f"Q{end.quarter}",
                str(end.date()),
                str((end + pd.Timedelta(days=40)).date()),
                revenue=float(sales[span].sum()),
                net_income=float(income[span].sum()),
                eps_diluted=earned,
                eps_basic=earned,
                equity=200.0 + 10.0 * quarter,
            )
        )
    return rows


def holders(symbol: str, at: int, seed: int) -> pd.DataFrame:
    """A snapshot a quarter for a year and a half."""
    days = pd.date_range(end="2025-02-15", periods=6, freq="91D")
    change = np.cumsum(noise(len(days), 1, seed * 17 + at)[:, 0])
    return pd.DataFrame(
        {
            "symbol": symbol,
            "as_of": days,
            "institutional_pct": 40.0 + 5.0 * at + change,
            "holders": np.round(100.0 + 20.0 * change),
            "shares_outstanding": 5e7 * (at + 1) * (1.0 + 0.01 * change),
            "shares_float": 4e7 * (at + 1) * (1.0 + 0.01 * change),
        }
    )
