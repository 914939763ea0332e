"""A market of made-up stocks, none of which lacks anything, for the benchmark of the ratings."""

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import pandas as pd

from canslim_ratings import Facts

#: Of one session: what a change over 126 sessions of a return over 252 looks back on, and a week.
SESSIONS: Final = 384
#: Of one session: what three years of growth look back on.
QUARTERS: Final = 18
#: As many groups as IBD ranks, or what leaves ten members each.
INDUSTRIES: Final = 197
T0: Final = pd.Timestamp("2024-12-31")


@dataclass(frozen=True)
class Known:
    """Panels (sessions x symbols) and tables."""

    panels: dict[str, pd.DataFrame]
    benchmark: pd.DataFrame
    filings: pd.DataFrame
    ownership: pd.DataFrame
    group: pd.Series

    @property
    def sessions(self) -> pd.DatetimeIndex:
        return pd.DatetimeIndex(self.panels["close"].index)

    def prices(self, session: pd.Timestamp) -> dict[str, pd.DataFrame]:
        """The panels up to `session`, as far back as one session looks."""
        return {name: panel.loc[:session].iloc[-SESSIONS:] for name, panel in self.panels.items()}

    def facts(self, session: pd.Timestamp, prices: dict[str, pd.DataFrame], strengths: pd.DataFrame) -> Facts:
        """Everything, of which `Facts` takes what was known at `session`."""
        return Facts(
            session=session,
            rs=strengths,
            filings=self.filings,
            group=self.group,
            ownership=self.ownership,
            benchmark=self.benchmark,
            close=prices["close"],
            high=prices["high"],
            low=prices["low"],
            volume=prices["volume"],
        )

    def until(self, session: pd.Timestamp) -> Self:
        """What was known at the end of `session`."""
        return replace(
            self,
            panels=self.prices(session),
            benchmark=self.benchmark.loc[:session],
            filings=self.filings[self.filings["known_on"] <= session],
            ownership=self.ownership[self.ownership["as_of"] <= session],
        )


def make_market(symbols: int, *, past: int = 0, seed: int = 20_241_231) -> Known:
    """past: how many sessions before the last one shall have all of their history too."""
    random = np.random.default_rng(seed)
    names = pd.Index([f"S{number:05}" for number in range(symbols)], dtype=object)
    days = pd.bdate_range(end=T0, periods=SESSIONS + past)
    quarters = past // 60
    moves = random.normal(0.0005, 0.02, (len(days), symbols)).clip(-0.25, 0.25)
    close = 50.0 * np.exp(moves.cumsum(axis=0))
    arrays = {
        "close": close,
        "high": close * np.exp(np.abs(random.normal(0, 0.01, close.shape))),
        "low": close * np.exp(-np.abs(random.normal(0, 0.01, close.shape))),
        "volume": np.exp(random.normal(12.0, 0.5, close.shape)),
    }
    panels = {name: pd.DataFrame(values, days, names) for name, values in arrays.items()}
    industries = min(INDUSTRIES, symbols // 10)
    return Known(
        panels,
        benchmark=pd.DataFrame({"close": close.mean(axis=1)}, index=days),
        filings=make_filings(names, QUARTERS + quarters, random),
        ownership=make_ownership(names, 2 + quarters, random),
        group=pd.Series([f"Industry {at % industries}" for at in range(symbols)], index=names, dtype=object),
    )


def make_ownership(names: pd.Index, snapshots: int, random: np.random.Generator) -> pd.DataFrame:
    """One snapshot a quarter, the newest first of December."""
    rows = snapshots * len(names)
    days = pd.date_range(end="2024-12-01", periods=snapshots, freq="QS-DEC")
    return pd.DataFrame(
        {
            "symbol": np.tile(names, snapshots),
            "as_of": np.repeat(days, len(names)),
            "institutional_pct": random.uniform(0, 110, rows),
            "holders": random.integers(1, 500, rows).astype(float),
            "shares_outstanding": random.uniform(1e7, 1e9, rows),
        }
    )


def make_filings(names: pd.Index, count: int, random: np.random.Generator) -> pd.DataFrame:
    """`count` quarters up to 2024-09-30, in place of those of December the years; nobody ever loses money."""
    ends = pd.date_range(end="2024-09-30", periods=count, freq="QE")
    shape = (len(names), count)
    annual = ends.quarter == 4
    flows = {
        "revenue": 1e8 * np.exp(random.normal(0.02, 0.05, shape).cumsum(axis=1)),
        "eps_diluted": 0.5 * np.exp(random.normal(0.02, 0.08, shape).cumsum(axis=1)).round(2),
    }
    flows["net_income"] = flows["eps_diluted"] * 1e7
    for values in flows.values():
        whole = np.sum([np.pad(values, ((0, 0), (back, 0)))[:, :count] for back in range(4)], axis=0)
        values[:, annual] = whole[:, annual]
    columns = {name: values.ravel() for name, values in flows.items()}
    equity = random.uniform(1e7, 1e8, (len(names), 1)) * np.linspace(1.0, 1.5, count)
    return pd.DataFrame(
        {
            "symbol": np.repeat(names, count),
            "period_end": np.tile(ends, len(names)),
            "fiscal_period": np.tile(np.where(annual, "FY", [f"Q{end.quarter}" for end in ends]), len(names)),
            "known_on": np.tile(ends + pd.Timedelta(days=35), len(names)),
            **columns,
            "eps_basic": columns["eps_diluted"],
            "equity": equity.ravel(),
        }
    )
