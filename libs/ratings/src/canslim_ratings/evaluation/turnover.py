"""How much of a bucket is new."""

import numpy as np

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, divide, missing


def turnover(members: BoolArray, earlier: IntArray, later: IntArray) -> FloatArray:
    """The share of the members at rows `later` who were none at rows `earlier`, 0 to 1; NaN where there are none.

    members: rated sessions x symbols. Source: Alphalens' `quantile_turnover`.
    """
    now, before = members[later], members[earlier]
    return divide((now & ~before).sum(axis=1).astype(np.float64), now.sum(axis=1).astype(np.float64))


def pairs_apart(rows: IntArray, sessions: int) -> tuple[IntArray, IntArray]:
    """Pairs of places in `rows` (ascending): each with the first one that is at least `sessions` later."""
    later = np.searchsorted(rows, rows + sessions)
    earlier = np.arange(len(rows))[later < len(rows)]
    return earlier, later[later < len(rows)]


def average(shares: FloatArray) -> float:
    """The mean of those that are not missing; NaN without any."""
    there = shares[~missing(shares)]
    return float(there.mean()) if len(there) else np.nan
