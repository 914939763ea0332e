"""What is known of the whole US market at the end of 2017-03-31."""

from pathlib import Path
from typing import Final

import pandas as pd

from canslim_ratings import Facts, make_panels, market_direction, rate_strength
from tools.ratings_docs import in_shares_of_today
from tools.validation.shared_data import (
    BENCHMARKS,
    SESSION,
    read_events,
    read_filings,
    read_industries,
    read_table,
)

#: Market direction needs a run-up.
BENCHMARK_DAYS: Final = 1100


def market_facts(data: Path) -> Facts:
    """QQQ, which comes among the stocks, is a fund, and left out of them."""
    bars = read_table(data, "prices/us_2015_2017").rename(columns={"date": "session"})
    bars = bars[~bars["symbol"].isin(BENCHMARKS)]
    for name in ("close", "high", "low"):
        bars[name] = bars[name].astype("float64").round(4) * bars["adj_factor"]
    events = read_events(data)
    panels = {name: panel.loc[:SESSION] for name, panel in make_panels(bars).items()}
    indexes = read_table(data, "prices/benchmarks_1998_2025")
    indexes = indexes.assign(session=pd.to_datetime(indexes["date"])).set_index("session").sort_index()
    since = slice(SESSION - pd.Timedelta(days=BENCHMARK_DAYS), SESSION)
    benchmarks = {name: indexes[indexes["symbol"] == name].loc[since] for name in BENCHMARKS}
    close = panels["close"]
    return Facts(
        session=SESSION,
        close=close,
        high=panels["high"],
        low=panels["low"],
        volume=in_shares_of_today(panels["volume"], events[events["symbol"].isin(close.columns)]),
        rs=rate_strength(close, known_actions=events.rename(columns={"ex_date": "session"})),
        filings=read_filings(data),
        splits=events[events["kind"] == "split_like"],
        group=read_industries(data)["industry"],
        market=market_direction(benchmarks),
        benchmark=benchmarks["SPY"],
    )
