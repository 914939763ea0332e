"""One rating over one horizon: from stocks in buckets and what they earned to an `Outcome`."""

from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, in_any_row, missing
from canslim_ratings.evaluation.buckets import Buckets
from canslim_ratings.evaluation.forward_returns import ForwardReturns
from canslim_ratings.evaluation.intervals import Estimate, estimate
from canslim_ratings.evaluation.rank_correlation import information_coefficients
from canslim_ratings.evaluation.rated_sessions import RatedSessions
from canslim_ratings.evaluation.report import Counts, Outcome
from canslim_ratings.evaluation.turnover import average, pairs_apart, turnover
from canslim_ratings.evaluation.windows import Windows

#: Two a decile; a session with fewer says nothing about deciles.
MINIMUM_STOCKS: Final = 20


def enough(values: FloatArray) -> FloatArray:
    """Empties sessions (rows) with fewer than 20 stocks."""
    few = (~missing(values)).sum(axis=1, keepdims=True) < MINIMUM_STOCKS
    return np.where(few, np.nan, values)


def measure(
    rated: RatedSessions, counted: IntArray, values: FloatArray, buckets: Buckets, horizon: int, windows: Windows
) -> Outcome:
    """Measures one rating over `windows` of `horizon` sessions.

    counted: how many stocks have the rating at each session. values, buckets: of those that have a price too, rated
    sessions x symbols, empty for sessions with too few (see `enough`). Nothing after the end of a window is looked at.
    """
    small = ~in_any_row(~missing(values.T))
    used = windows.complete & ~small
    forward = windows.forward.at(~small[windows.complete])
    rows, sessions = rated.rows[used], rated.sessions[used]
    cells = bucket_returns(buckets, used, forward.returns)
    by_session = pd.DataFrame(
        {
            "information_coefficient": information_coefficients(values[used], forward.returns),
            "spread": (cells["mean"][buckets.top] - cells["mean"][0]).to_numpy(),
            "hit_rate": cells["beats"][buckets.top].to_numpy(),
            "stocks": cells["stocks"].sum(axis="columns").to_numpy(),
        },
        index=sessions,
    )
    return Outcome(
        horizon=horizon,
        sessions=sessions,
        unfinished=int((~windows.complete).sum()),
        too_small=int((windows.complete & small).sum()),
        reason=_reason(windows.complete, small),
        counts=_count(counted[used], values[used], forward),
        buckets=_table(buckets, cells, rows, horizon),
        spread=_mean(by_session["spread"], rows, horizon),
        hit_rate=_mean(by_session["hit_rate"], rows, horizon),
        information_coefficient=_mean(by_session["information_coefficient"], rows, horizon),
        turnover=average(turnover(buckets.codes == buckets.top, *pairs_apart(rated.rows, horizon))),
        by_session=by_session,
    )


def bucket_returns(buckets: Buckets, used: BoolArray, returns: FloatArray) -> dict[str, pd.DataFrame]:
    """Tables of sessions (by number) x buckets (by number), NaN for an empty bucket.

    used: the rated sessions that `returns` (sessions x symbols) has a row of, in order.

    stocks: how many; mean, median: of the forward returns; excess: mean less that of all stocks of the session;
    beats: the share of stocks above the median of all stocks of the session.
    """
    codes = buckets.codes[used]
    session, symbol = np.nonzero((codes >= 0) & ~missing(returns))
    bought = pd.DataFrame({"session": session, "bucket": codes[session, symbol], "forward": returns[session, symbol]})
    everyone = bought.groupby("session")["forward"]
    bought["excess"] = bought["forward"] - everyone.transform("mean")
    bought["beats"] = (bought["forward"] > everyone.transform("median")).astype("float64")
    groups = bought.groupby(["session", "bucket"])
    found = groups["forward"].agg(stocks="size", mean="mean", median="median")
    found = found.join(groups[["excess", "beats"]].mean())
    sessions, names = range(len(codes)), range(len(buckets.labels))
    return {str(name): found[name].unstack().reindex(index=sessions, columns=names) for name in found.columns}


def _table(buckets: Buckets, cells: dict[str, pd.DataFrame], rows: IntArray, horizon: int) -> pd.DataFrame:
    excess = [_mean(cells["excess"][bucket], rows, horizon) for bucket in range(len(buckets.labels))]
    return pd.DataFrame(
        {
            "stocks": cells["stocks"].fillna(0.0).mean().to_numpy(),
            "mean": cells["mean"].mean().to_numpy(),
            "median": cells["median"].mean().to_numpy(),
            "excess": [one.value for one in excess],
            "low": [one.low for one in excess],
            "high": [one.high for one in excess],
        },
        index=pd.Index(buckets.labels, dtype=object),
        dtype="float64",
    )


def _mean(column: pd.Series, rows: IntArray, horizon: int) -> Estimate:
    return estimate(column.to_numpy(dtype=np.float64), rows, horizon)


def _count(rated: IntArray, values: FloatArray, forward: ForwardReturns) -> Counts:
    priced, observed = ~missing(values), ~missing(values) & ~missing(forward.returns)
    suspect = priced & forward.suspect
    ended = priced & forward.ended
    return Counts(
        rated=int(rated.sum()),
        unpriced=int(rated.sum() - priced.sum()),
        not_bought=int((priced & ~observed & ~suspect).sum()),
        suspect=int(suspect.sum()),
        observed=int(observed.sum()),
        ended=int(ended.sum()),
        ended_stocks=int(ended.any(axis=0).sum()),
    )


def _reason(complete: BoolArray, small: BoolArray) -> str | None:
    if not complete.any():
        return "no_complete_window"
    return "too_few_stocks" if small[complete].all() else None
