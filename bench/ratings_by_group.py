"""The catalogue the pandas group-by way: one frame a symbol, arithmetic of Series on it, ranks across at the end.

Written apart from the library, for stocks that lack nothing.
"""

from typing import Final

import numpy as np
import pandas as pd

from bench.ratings_market import Known

WINDOWS: Final = {63: 0.4, 126: 0.2, 189: 0.2, 252: 0.2}
CHANGES: Final = (5, 21, 63, 126)
FLOWS: Final = ["revenue", "net_income", "eps_diluted"]


def by_group(known: Known) -> pd.DataFrame:
    stacked = {name: panel.T.stack() for name, panel in known.panels.items()}
    bars = pd.concat(stacked, axis="columns").rename_axis(["symbol", "session"])
    index = known.benchmark["close"]
    figures = bars.groupby("symbol").apply(lambda own: price_figures(own.droplevel("symbol"), index))
    figures = figures.join(known.filings.groupby("symbol")[list(known.filings.columns[1:])].apply(filing_figures))
    owned = known.ownership.sort_values("as_of").groupby("symbol")
    figures = figures.join(owned.last().rename(columns={"holders": "holders_now"}))
    figures["holders_before"] = owned["holders"].apply(lambda held: held.iloc[-2])
    # A year ago is four quarters ago, where there are as many.
    figures["fewer"] = owned["shares_outstanding"].apply(lambda held: len(held) > 4 and held.iloc[-1] < held.iloc[-5])
    return rate_across(figures.assign(industry=known.group))


def price_figures(bars: pd.DataFrame, index: pd.Series) -> pd.Series:
    close, high, low, volume = (bars[name] for name in ("close", "high", "low", "volume"))
    figures = {f"raw_{back}": weighted_return(close.iloc[: len(close) - back]) for back in (0, *CHANGES)}
    figures |= {f"return_{back}": close.iloc[-1] / close.iloc[-1 - back] - 1 for back in (63, 126)}
    figures["below_high"] = (1 - close.iloc[-1] / high.tail(252).max()) * 100
    heavy = (volume / volume.shift(1).rolling(50).mean()).tail(10)
    figures["breakout"] = heavy[close >= close.rolling(50).max()].max()
    change, traded = close.diff().tail(50), volume.tail(50)
    figures["demand"] = traded[change > 0].sum() / traded[change < 0].sum()
    line = (close / index).tail(252)
    figures["line_high"] = float(line.iloc[-1] >= line.max())
    figures["line_leads"] = float(line.iloc[-1] >= line.max() and close.iloc[-1] < close.tail(252).max())
    top, bottom = np.maximum(high, close.shift(1)), np.minimum(low, close.shift(1))
    place = ((2 * close - top - bottom) / (top - bottom)).tail(65)
    figures["acc_dis"] = (place * volume.tail(65)).sum() / volume.tail(65).sum() * 100
    return pd.Series(figures)


def weighted_return(close: pd.Series) -> float:
    return float(sum(weight * (close.iloc[-1] / close.iloc[-1 - back] - 1) for back, weight in WINDOWS.items()))


def filing_figures(filings: pd.DataFrame) -> pd.Series:
    rows = filings.set_index("period_end").sort_index()
    years = rows[rows["fiscal_period"] == "FY"][FLOWS]
    quarters = rows[FLOWS].copy()
    for end in years.index[1:]:
        quarters.loc[end] = years.loc[end] - quarters.loc[:end].iloc[-4:-1].sum()
    # Differences of cents leave binary dust, which would pass for growth.
    growth = ((quarters / quarters.shift(4) - 1) * 100).round(9)
    yearly = (years["eps_diluted"].pct_change() * 100).tail(3)
    sums = quarters["eps_diluted"].rolling(4).sum().tail(5)
    line = np.polyval(np.polyfit(range(5), sums, 1), range(5))
    income = quarters["net_income"].tail(4).sum()
    return pd.Series(
        {
            "growth": growth["eps_diluted"].iloc[-1],
            "growth_before": growth["eps_diluted"].iloc[-2],
            "sales": growth["revenue"].iloc[-1],
            "sales_of_three": growth["revenue"].tail(3).mean(),
            "years": np.interp(yearly, (0, 10, 25), (0, 4 / 3, 8 / 3)).sum(),
            "rate": ((years["eps_diluted"].iloc[-1] / years["eps_diluted"].iloc[-4]) ** (1 / 3) - 1) * 100,
            "roe": income / rows["equity"].iloc[[-1, -5]].mean() * 100,
            "margin": income / quarters["revenue"].tail(4).sum() * 100,
            "variation": np.sqrt(((sums - line) ** 2).mean()) / sums.mean() * 100,
        }
    )


def rate_across(figures: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(index=figures.index)
    table["rs_rating"] = spread(figures["raw_0"])
    table["rs_provisional"] = np.nan
    table["score"] = points(figures, table["rs_rating"])
    table["coverage"] = 0.9
    table["rs_3m"], table["rs_6m"] = spread(figures["return_63"]), spread(figures["return_126"])
    table["rs_line_high"], table["rs_line_leads"] = figures["line_high"], figures["line_leads"]
    groups = {back: spread(figures.groupby("industry")[f"raw_{back}"].mean()) for back in (0, *CHANGES)}
    table["group_rs"] = figures["industry"].map(groups[0])
    for back in CHANGES:
        table[f"group_rs_change_{back}"] = figures["industry"].map(groups[0] - groups[back])
    table["eps_rating"] = spread(
        0.3 * place(figures["growth"])
        + 0.2 * place(figures["growth_before"])
        + 0.3 * place(figures["rate"])
        + 0.2 * place(-figures["variation"])
    )
    table["smr_grade"] = spread(
        (place(figures["sales_of_three"]) + place(figures["margin"]) + place(figures["roe"])) / 3
    )
    table["acc_dis"] = figures["acc_dis"]
    single = table["group_rs"] + table["smr_grade"] + place(table["acc_dis"]) + place(-figures["below_high"])
    table["composite"] = spread((2 * table["rs_rating"] + 2 * table["eps_rating"] + single) / 8)
    return table


def points(figures: pd.DataFrame, rating: pd.Series) -> pd.Series:
    """The rubric without M, where nothing is missing."""
    rank = figures.groupby("industry")["raw_0"].mean().rank(ascending=False, pct=True) * 100
    owned = figures["institutional_pct"].clip(upper=100)
    trend = figures["holders_now"] - figures["holders_before"]
    shares = figures["shares_outstanding"]
    accelerates = (figures["growth"] > figures["growth_before"]) & (figures["growth_before"] > 0)
    earned = (
        np.interp(figures["growth"], (0, 15, 25, 40), (0, 6, 9, 12))
        + np.interp(figures["sales"], (0, 15, 25), (0, 3, 5))
        + 3 * accelerates
        + figures["years"]
        + np.interp(figures["rate"], (0, 25), (0, 3))
        + np.interp(figures["roe"], (8, 17, 25), (0, 3, 4))
        + np.interp(figures["below_high"], (5, 10, 15, 25), (10, 7, 4, 0))
        + 5 * (figures["breakout"] >= 1.4)
        + np.interp(figures["demand"], (0.9, 1.2, 1.5), (0, 4, 7))
        + np.select([(shares <= 100e6) | figures["fewer"], shares <= 500e6], [3, 1.5])
        + np.interp(rating, (50, 70, 80, 90), (0, 7, 11, 15))
        + np.interp(figures["industry"].map(rank), (20, 60), (5, 0))
        + np.select([owned.between(30, 80), owned.between(20, 95)], [5, 2])
        + np.select([trend > 0, trend == 0], [5, 2])
    )
    scores: pd.Series = earned / 0.9
    return scores


def place(values: pd.Series) -> pd.Series:
    places: pd.Series = 1 + 98 * (values.round(9).rank() - 1) / (values.count() - 1)
    return places


def spread(values: pd.Series) -> pd.Series:
    return (place(values) + 0.5) // 1
