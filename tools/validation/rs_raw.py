"""RS raw values and percentiles beside those that rs-log published."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings import SKYTE, make_panels, rate_strength
from tools.ratings_docs import table
from tools.validation.page import Chapter, Check, percent
from tools.validation.shared_data import read_table

#: Weighted growth of rs-log's benchmark, which it divides by; from its own figures (data README).
BENCHMARK_GROWTH: Final = 1.10886
NEAR: Final = 0.02
TEXT: Final = """\
Variant `skyte` on the 366 tickers whose prices are here, divided by the growth of rs-log's benchmark; rs-log cuts to
two decimals. The rest is below, one by one. All differ to the same side, each as if the close at the oldest anchor
(weight 0.2) were lower by the share in the last column but one; on the last close that is the sum in the last column,
which is the size of the company's quarterly dividend. So the likely cause: the price file joins downloads of many
days, and its row at the oldest anchor is older than a dividend of August 2026, which the other rows and all of
rs-log's download have taken off. For two of the ten the market data has the yield: a quarter of it is {known}.

"""
PERCENTILES: Final = """
Its percentiles run from 0 to 99 by `qcut` over {count:,} stocks, of which a fifth is kept back here; from the ranks it
prints, floor(100 (rank - 1) / n) gives the same for {same}. The other {others} differ by one point and lie within
{ranks} ranks of the edge of a bin, where `qcut` interpolates between stocks and ties share a bin.
"""


def rs_raw(data: Path) -> Chapter:
    published = read_table(data, "reference/rs_published_rslog_2026_08_20").set_index("symbol")
    close = _closes(data)
    ours = 100.0 * (1.0 + rate_strength(close, variant=SKYTE)["rs_raw"]) / BENCHMARK_GROWTH
    theirs = published["relative_strength"].reindex(ours.index)
    error = (ours - theirs).dropna()
    size = error.abs()
    near = float((size <= NEAR).mean())
    checks = [
        Check("raw within 0.02", f"rs-log, {len(error)} tickers", percent(near, 1), "97 %", near >= 0.97),
        Check("median error", "the same", f"{size.median():.4f}", "0.005", bool(size.median() <= 0.005)),
        Check("largest error", "the same", f"{size.max():.2f}", "0.26", bool(size.max() <= 0.26)),
    ]
    percentiles, check = _percentiles(published)
    text = TEXT.format(known=_known_dividends(data)) + _one_by_one(close, ours, theirs) + percentiles
    return Chapter("RS raw values: rs-log, 2026-08-20", text, [*checks, check])


def _closes(data: Path) -> pd.DataFrame:
    """Of the tickers with a whole year up to the session."""
    bars = read_table(data, "prices/yahoo_2025_2026").rename(columns={"date": "session"})
    close = make_panels(bars, columns=["close"])["close"].loc[:"2026-08-20"]
    return close[close.columns[close.notna().sum() >= SKYTE.sessions_needed]]


def _one_by_one(close: pd.DataFrame, ours: pd.Series, theirs: pd.Series) -> str:
    error = (ours - theirs).dropna()
    far = error[error.abs() > NEAR].sort_values()
    # Only the oldest window (weight 0.2) can explain an error this small: how much lower its start would have to be.
    window = close.iloc[-1] / close.iloc[-1 - SKYTE.look_backs[-1]]
    lower = 1.0 - window / (window - error * BENCHMARK_GROWTH / 100.0 / SKYTE.weights[-1])
    rows = [
        (
            str(symbol),
            f"{ours[symbol]:.2f}",
            f"{theirs[symbol]:.2f}",
            f"{error[symbol]:.2f}",
            percent(lower[symbol], 2),
            f"${lower[symbol] * close[symbol].iloc[-1]:.2f}",
        )
        for symbol in far.index
    ]
    head = ("ticker", "ours", "rs-log", "difference", "oldest close lower by", "of the last close")
    return table(head, rows)


def _known_dividends(data: Path) -> str:
    """A quarter of the yearly yields that the snapshot of the S&P 500 has."""
    snapshot = pd.read_csv(data / "universes/sp500_snapshot_financials_2026_08.csv", keep_default_na=False)
    yields = pd.to_numeric(snapshot.set_index("Symbol")["Dividend Yield"], errors="coerce")
    return " and ".join(f"{percent(yields[symbol] / 4, 2)} for {symbol}" for symbol in ("EQIX", "VRSN"))


def _percentiles(published: pd.DataFrame) -> tuple[str, Check]:
    ranks = published["rank"].max() + 1 - published["rank"].to_numpy(dtype=np.float64)
    share = 100.0 * (ranks - 1) / ranks.max()
    apart = np.abs(np.floor(share) - published["percentile"].to_numpy())
    from_edge = np.abs(share - np.rint(share)) * ranks.max() / 100.0
    text = PERCENTILES.format(
        count=int(ranks.max()),
        same=percent(float((apart == 0).mean()), 1),
        others=int((apart != 0).sum()),
        ranks=int(np.ceil(from_edge[apart != 0].max())),
    )
    within = percent(float((apart <= 1).mean()), 1)
    return text, Check("percentile within 1", f"rs-log, {len(apart):,}", within, "100 %", bool(apart.max() <= 1))
