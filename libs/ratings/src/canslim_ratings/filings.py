"""Filings as they were known on one session: cut, cleaned, restated for splits, one row a period.

Real filings carry mistakes (labels off by a quarter, a 10-Q labelled FY, empty rows, periods that end after
the filing, two companies behind one ticker). A period's place is therefore read from its end date; its
label only tells a year from a quarter.
"""

from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray

#: Currency figures and figures per share, in the order every table of this package has them.
FIGURES: Final = ("revenue", "net_income", "eps_basic", "eps_diluted", "equity")
PER_SHARE: Final = ("eps_basic", "eps_diluted")
#: What tells one period from another.
PERIOD: Final = ["symbol", "annual", "period_end"]
#: A split is a ratio of whole numbers up to this, or one share for many; feeds round it in the fourth digit.
LARGEST_OF_RATIO: Final = 21
SPLIT_TOLERANCE: Final = 2e-4
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
        ex-date up to `session` are multiplied by it, if it is a split's (see `is_split`).

    Returns `symbol, period_end, annual, known_on`, FIGURES and `contested` (filings under two labels disagree),
    sorted by symbol, kind and end. Of several filings for a period each figure is that of the newest filing
    that reports it, and `known_on` the newest.
    Left out: rows known later, rows without any figure, and periods that end after they became known. A year
    that ends less than 300 days before the next and has a quarter's revenue is taken for a quarter.

    Pass the result to nothing that takes splits again: it is restated already.
    """
    symbols = pd.Index(filings["symbol"].astype(str).unique()).sort_values()
    known = known_periods(filings, symbols, session, splits)
    return known.assign(symbol=symbols[known["symbol"]])


def known_periods(
    filings: pd.DataFrame, symbols: pd.Index, session: pd.Timestamp, splits: pd.DataFrame | None = None
) -> pd.DataFrame:
    """What `as_known` returns, for `symbols` only, `symbol` being the place among them."""
    rows = _columns(filings, symbols)
    rows = rows[
        (rows["symbol"] >= 0)
        & (rows["known_on"] <= session)
        & (rows["period_end"] <= rows["known_on"])
        & rows[list(FIGURES)].notna().any(axis="columns")
    ]
    if splits is not None and len(splits):
        factor = share_factor(rows["symbol"], rows["known_on"], symbols, splits, session)
        rows = rows.assign(**{figure: rows[figure] * factor for figure in PER_SHARE})
    rows = rows.assign(annual=rows["annual"] & ~_mislabelled_year(rows))
    # Filed once, as nearly all are, a period is its row.
    repeated = rows.duplicated(PERIOD, keep=False)
    known = pd.concat([rows[~repeated].assign(contested=False), _merged(rows[repeated])])
    return known.sort_values(PERIOD, ignore_index=True)[[*PERIOD, "known_on", *FIGURES, "contested"]]


def share_factor(
    at: pd.Series, known_on: pd.Series, symbols: pd.Index, splits: pd.DataFrame, session: pd.Timestamp
) -> FloatArray:
    """Gives each row the product of the factors of its symbol's splits after its day and up to `session`.

    at: the place of each row's symbol in `symbols`.
    """
    due = splits[(splits["ex_date"] <= session) & is_split(splits["factor"].to_numpy(dtype=np.float64))]
    due = pd.DataFrame(
        {"at": places(symbols, due["symbol"]), "ex_date": due["ex_date"], "factor": due["factor"].astype("float64")}
    )
    factor = np.ones(len(at))
    rows = pd.DataFrame({"at": at.to_numpy(), "known_on": known_on.to_numpy(), "row": np.arange(len(at))})
    pairs = rows[rows["at"].isin(due["at"])].merge(due, on="at")
    pairs = pairs[pairs["known_on"] < pairs["ex_date"]]
    np.multiply.at(factor, pairs["row"].to_numpy(), pairs["factor"].to_numpy())
    return factor


def places(symbols: pd.Index, wanted: pd.Series) -> IntArray:
    """The place of each of `wanted` in `symbols`; -1 where it is none of them."""
    plain = symbols.astype(object)
    return np.asarray(plain.get_indexer(pd.Index(wanted.to_numpy(dtype=object), dtype=object)), dtype=np.int64)


def is_split(factor: FloatArray) -> BoolArray:
    """True where a price factor can be a split's; False for what moves the price and leaves the number of shares.

    Feeds list spin-offs and special dividends among splits (BAX 2015-07-01: 0.543183, EBAY 2015-07-20: 0.420875).
    """
    numbers = np.arange(1, LARGEST_OF_RATIO + 1)
    ratios = np.unique(numbers[:, None] / numbers)
    above = np.minimum(np.searchsorted(ratios, factor), len(ratios) - 1)
    many = np.maximum(factor, 1.0 / factor)
    nearest = (ratios[above] / factor, ratios[np.maximum(above - 1, 0)] / factor, np.rint(many) / many)
    return np.asarray(np.abs(np.stack(nearest) - 1.0).min(axis=0) <= SPLIT_TOLERANCE, dtype=np.bool_)


def conflicting_symbols(known: pd.DataFrame) -> pd.Index:
    """Names symbols whose filings cannot come from one company.

    Two ends of a kind lie under 60 days apart, or a period is contested.

    known: as `as_known` or `known_periods` returns it, of which the two years before a symbol's newest end count.
    """
    newest = known.groupby("symbol")["period_end"].transform("max")
    recent = known[known["period_end"] > newest - pd.Timedelta(days=730)]
    before = recent.shift(1)
    same = (recent["symbol"] == before["symbol"]) & (recent["annual"] == before["annual"])
    apart = recent["period_end"].diff() < pd.Timedelta(days=CLOSEST_ENDS)
    conflict = (same & apart) | recent["contested"]
    symbols: pd.Index = pd.Index(recent.loc[conflict, "symbol"].unique())
    return symbols


def _columns(filings: pd.DataFrame, symbols: pd.Index) -> pd.DataFrame:
    """Brings the columns that matter to one type each; an absent figure is a missing one."""
    figures = {
        figure: filings[figure].to_numpy(dtype=np.float64, na_value=np.nan)
        if figure in filings
        else np.full(len(filings), np.nan)
        for figure in FIGURES
    }
    label, labels = pd.factorize(filings["fiscal_period"].to_numpy(dtype=object))
    return pd.DataFrame(
        {
            "symbol": places(symbols, filings["symbol"]),
            "period_end": pd.to_datetime(filings["period_end"]).to_numpy(dtype="datetime64[ns]"),
            "known_on": pd.to_datetime(filings["known_on"]).to_numpy(dtype="datetime64[ns]"),
            "label": label,
            "annual": (labels == "FY")[label],
            **figures,
        }
    )


def _merged(rows: pd.DataFrame) -> pd.DataFrame:
    """Makes one row of the filings of each period."""
    periods = rows.sort_values("known_on", kind="stable").groupby(PERIOD)
    # An amendment repeats its label; two labels with two incomes for one end are two companies (FIL 2015).
    told = periods[["label", "net_income"]].nunique()
    return periods.last().assign(contested=(told > 1).all(axis="columns")).reset_index()


def _mislabelled_year(rows: pd.DataFrame) -> BoolArray:
    """Marks rows labelled FY that are a quarter by the distance to the next year and by their revenue."""
    years = rows[rows["annual"]].sort_values(["symbol", "period_end"], kind="stable")
    # A year and its amendment share an end; the next year is the first with a later one.
    ends = years.drop_duplicates(["symbol", "period_end"], keep="last")[["symbol", "period_end", "revenue"]]
    following = ends["period_end"].shift(-1).where(ends["symbol"] == ends["symbol"].shift(-1))
    gap = (following - ends["period_end"]).dt.days
    near = ends[(gap < SHORTEST_YEAR) & (gap >= CLOSEST_ENDS)]
    largest = ends.groupby("symbol")["revenue"].max().reindex(near["symbol"]).to_numpy()
    small = near[~(near["revenue"].to_numpy() > largest * LARGEST_QUARTER_SHARE)]
    marked = pd.MultiIndex.from_frame(small[["symbol", "period_end"]])
    suspected = rows["annual"] & rows["symbol"].isin(small["symbol"])
    found = suspected.to_numpy(copy=True)
    found[found] = pd.MultiIndex.from_frame(rows.loc[suspected, ["symbol", "period_end"]]).isin(marked)
    return found
