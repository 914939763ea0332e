"""A market of the past, and what was known of it at any of its sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

import pandas as pd

from canslim_ratings import Facts, make_panels, market_direction, rate_all, rate_strength
from canslim_ratings.evaluation import suspect_moves
from canslim_ratings.facts import LONG_SESSIONS, SESSIONS
from tools.ratings_docs import in_shares_of_today
from tools.validation.shared_data import BENCHMARKS, read_events, read_filings, read_industries, read_table

#: A run-up long enough for the market's direction.
RUN_UP: Final = pd.Timedelta(days=1100)


@dataclass(frozen=True)
class Market:
    """panels: `close`, `high`, `low`, `volume`, adjusted, sessions x symbols. events: splits and dividends.

    filings, benchmarks: as Facts takes them. group: symbol to industry, None where it is unknown of all.
    """

    panels: Mapping[str, pd.DataFrame]
    events: pd.DataFrame
    filings: pd.DataFrame
    benchmarks: Mapping[str, pd.DataFrame]
    group: pd.Series | None = None

    @classmethod
    def of_2015_to_2017(cls, data: Path) -> Self:
        """Every company of `us_2015_2017`, with the industries of 2023."""
        return cls.of_tables(
            bars=read_table(data, "prices/us_2015_2017"),
            events=read_events(data),
            filings=read_filings(data),
            indexes=read_table(data, "prices/benchmarks_1998_2025"),
            group=read_industries(data)["industry"],
        )

    @classmethod
    def of_sample(cls, sample: Path) -> Self:
        """The stocks of the sample that the collector ships."""
        events = read_table(sample, "events")
        return cls.of_tables(
            bars=read_table(sample, "prices"),
            events=events.assign(ex_date=pd.to_datetime(events["ex_date"])),
            filings=read_table(sample, "filings"),
            indexes=read_table(sample, "prices"),
        )

    @classmethod
    def of_tables(
        cls,
        *,
        bars: pd.DataFrame,
        events: pd.DataFrame,
        filings: pd.DataFrame,
        indexes: pd.DataFrame,
        group: pd.Series | None = None,
    ) -> Self:
        """bars, indexes: by `symbol` and `date`; benchmarks, which nobody rates, are left out of the stocks."""
        bars = bars[~bars["symbol"].isin(BENCHMARKS)].rename(columns={"date": "session"})
        for name in ("close", "high", "low"):
            bars[name] = bars[name].astype("float64").round(4) * bars["adj_factor"]
        panels = make_panels(bars)
        events = events[events["symbol"].isin(panels["close"].columns)]
        indexes = indexes.assign(session=pd.to_datetime(indexes["date"])).set_index("session").sort_index()
        return cls(
            panels=panels | {"volume": in_shares_of_today(panels["volume"], events)},
            events=events,
            filings=filings,
            benchmarks={name: indexes[indexes["symbol"] == name] for name in BENCHMARKS},
            group=group,
        )

    @property
    def close(self) -> pd.DataFrame:
        return self.panels["close"]

    @property
    def known_actions(self) -> pd.DataFrame:
        return self.events.rename(columns={"ex_date": "session"})

    def weekly_sessions(self) -> pd.DatetimeIndex:
        """Every fifth session from the first with a year of history on."""
        return pd.DatetimeIndex(self.close.index[SESSIONS - 1 :: 5])

    def facts(self, session: pd.Timestamp) -> Facts:
        """What was known at the end of `session`; of filings and events the library takes what it may know."""
        known = {name: panel.loc[:session].iloc[-LONG_SESSIONS:] for name, panel in self.panels.items()}
        indexes = {name: bars.loc[session - RUN_UP : session] for name, bars in self.benchmarks.items()}
        return Facts(
            session=session,
            **known,
            rs=rate_strength(known["close"], known_actions=self.known_actions),
            filings=self.filings,
            splits=self.events[self.events["kind"] == "split_like"],
            group=self.group,
            market=market_direction(indexes),
            benchmark=indexes["SPY"],
        )

    def suspect_moves(self) -> pd.DataFrame:
        """Day moves above 40 % that no known action explains."""
        return suspect_moves(self.close, self.known_actions)


#: Ratings that industries go into, and are computed without them too.
WITH_INDUSTRIES: Final = ("score", "composite")


def rate_market(market: Market) -> dict[pd.Timestamp, pd.DataFrame]:
    """The whole catalogue at each weekly session: symbols x ratings, without stocks that do not trade at it.

    More columns at the end: `score_graded`, the score of graded stocks only, and the score and the composite as they
    are if no industry is known.
    """
    tables = {}
    for session in market.weekly_sessions():
        facts = market.facts(session)
        ratings, without = rate_all(facts), rate_all(replace(facts, group=None))
        table = ratings.table
        table["score_graded"] = table["score"].where(ratings.card.table["graded"])
        table = table.join(without.table[list(WITH_INDUSTRIES)].add_suffix("_no_industry"))
        tables[session] = table[~facts.not_priced]
    return tables
