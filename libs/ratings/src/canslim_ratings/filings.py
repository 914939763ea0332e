"""Filings as they were known on one session: cut, cleaned, restated for splits, one row a period.

Real filings carry mistakes (labels off by a quarter, a 10-Q labelled FY, empty rows, periods that end after
the filing, two companies behind one ticker). A period's place is therefore read from its end date; its
label only tells a year from a quarter.
"""

from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import FloatArray, IntArray

#: Currency figures and figures per share, in the order every table of this package has them.
FIGURES: Final = ("revenue", "net_income", "eps_basic", "eps_diluted", "equity")
PER_SHARE: Final = ("eps_basic", "eps_diluted")
#: Two years cannot end closer than this; the earlier is a quarter under the wrong label (OFG 2015).
SHORTEST_YEAR: Final = 300
#: A quarter's revenue is below this share of the largest year's; above it the row is a year that was cut short.
LARGEST_QUARTER_SHARE: Final = 0.6
#: Quarters of one company end at least 12 weeks apart; closer ends are two companies (SHO 2015).
CLOSEST_ENDS: Final = 60


def as_known(filings: pd.DataFrame, session: pd.Timestamp, splits: pd.DataFrame | None = None) -> pd.DataFrame:
    """Keeps what was known at the end of `session`: one row a symbol, period and kind, oldest first.

    filings: one row a filing, as collected: `symbol`, `period_end`, `fiscal_period` (Q1, Q2, Q3, Q4 or FY),
        `fiscal_year`, `known_on`, and FIGURES as floats in the reporting currency (NaN: not reported; a
        column may be absent).
    splits: `symbol`, `ex_date`, `factor` (price factor: 0.142857 is 7:1). Earnings per share known before an
        ex-date up to `session` are multiplied by it. Give splits only, neither dividends nor spin-offs.

    Returns `symbol, period_end, annual, known_on`, FIGURES and `contested` (filings under two labels disagree),
    sorted by symbol, kind and end. Of several filings for a period each figure is that of the newest filing
    that reports it, and `known_on` the newest.
    Left out: rows known later, rows without any figure, and periods that end after they became known. A year
    that ends less than 300 days before the next and has a quarter's revenue is taken for a quarter.

    Pass the result to nothing that takes splits again: it is restated already.
    """
    rows = _columns(filings)
    rows = rows[(rows["known_on"] <= session) & (rows["period_end"] <= rows["known_on"])]
    rows = rows[rows[list(FIGURES)].notna().any(axis="columns")]
    if splits is not None and len(splits):
        factor = share_factor(rows["symbol"], rows["known_on"], splits, session)
        rows = rows.assign(**{figure: rows[figure] * factor for figure in PER_SHARE})
    rows = rows.assign(annual=rows["annual"] & ~_mislabelled_year(rows))
    newest_last = rows.sort_values("known_on", kind="stable")
    periods = newest_last.groupby(["symbol", "annual", "period_end"], sort=True)
    # An amendment repeats its label; two labels with two incomes for one end are two companies (FIL 2015).
    told = periods[["label", "net_income"]].nunique()
    known = periods.last().assign(contested=(told > 1).all(axis="columns")).reset_index()
    return known[["symbol", "period_end", "annual", "known_on", *FIGURES, "contested"]]


def share_factor(symbols: pd.Series, known_on: pd.Series, splits: pd.DataFrame, session: pd.Timestamp) -> FloatArray:
    """Gives each (symbol, day) the product of the factors of splits after that day and up to `session`."""
    factor = np.ones(len(symbols))
    due = splits[splits["ex_date"] <= session]
    rows_of = pd.DataFrame({"symbol": symbols.to_numpy(), "row": np.arange(len(symbols))})
    pairs = rows_of.merge(due.assign(symbol=due["symbol"].astype(str)), on="symbol")
    row: IntArray = pairs["row"].to_numpy(dtype=np.int64)
    before = known_on.to_numpy()[row] < pairs["ex_date"].to_numpy()
    np.multiply.at(factor, row[before], pairs["factor"].to_numpy(dtype=np.float64)[before])
    return factor


def conflicting_symbols(known: pd.DataFrame) -> pd.Index:
    """Names symbols whose filings cannot come from one company.

    Two ends of a kind lie under 60 days apart, or a period is contested.

    known: as `as_known` returns it, of which the two years before a symbol's newest end are looked at.
    """
    ends = known["period_end"]
    newest = known.groupby("symbol")["period_end"].transform("max")
    recent = known[ends > newest - pd.Timedelta(days=730)]
    apart = recent.groupby(["symbol", "annual"])["period_end"].diff().dt.days
    close = ((apart < CLOSEST_ENDS) | recent["contested"]).to_numpy()
    symbols: pd.Index = pd.Index(recent["symbol"].to_numpy()[close]).unique()
    return symbols


def _columns(filings: pd.DataFrame) -> pd.DataFrame:
    """Brings the columns that matter to one type each; an absent figure is a missing one."""
    figures = {
        figure: filings[figure].to_numpy(dtype=np.float64, na_value=np.nan)
        if figure in filings
        else np.full(len(filings), np.nan)
        for figure in FIGURES
    }
    return pd.DataFrame(
        {
            "symbol": filings["symbol"].astype(str).to_numpy(),
            "period_end": pd.to_datetime(filings["period_end"]).to_numpy(dtype="datetime64[ns]"),
            "known_on": pd.to_datetime(filings["known_on"]).to_numpy(dtype="datetime64[ns]"),
            "label": filings["fiscal_period"].astype(str).to_numpy(),
            "annual": (filings["fiscal_period"].astype(str) == "FY").to_numpy(),
            **figures,
        }
    )


def _mislabelled_year(rows: pd.DataFrame) -> pd.Series:
    """Marks rows labelled FY that are a quarter by the distance to the next year and by their revenue."""
    years = rows[rows["annual"]].sort_values(["symbol", "period_end"], kind="stable")
    # A year and its amendment share an end; the next year is the first with a later one.
    ends = years.drop_duplicates(["symbol", "period_end"], keep="last")[["symbol", "period_end", "revenue"]]
    grouped = ends.groupby("symbol")
    following = grouped["period_end"].shift(-1)
    largest = grouped["revenue"].transform("max")
    ends = ends.assign(gap=(following - ends["period_end"]).dt.days, largest=largest)
    near = ends[(ends["gap"] < SHORTEST_YEAR) & (ends["gap"] >= CLOSEST_ENDS)]
    small = near[~(near["revenue"] > near["largest"] * LARGEST_QUARTER_SHARE)]
    key = pd.MultiIndex.from_frame(small[["symbol", "period_end"]])
    marked = pd.MultiIndex.from_frame(rows[["symbol", "period_end"]]).isin(key)
    return pd.Series(marked, index=rows.index)
