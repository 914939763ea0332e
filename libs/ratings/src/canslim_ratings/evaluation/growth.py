"""What money became that always lay in the best or the worst bucket."""

import numpy as np
import pandas as pd

from canslim_ratings.evaluation.buckets import Buckets
from canslim_ratings.evaluation.outcomes import bucket_returns
from canslim_ratings.evaluation.rated_sessions import RatedSessions
from canslim_ratings.evaluation.windows import Windows


def grow(rated: RatedSessions, buckets: Buckets, windows: Windows) -> pd.DataFrame:
    """What 1 became in the `top` bucket, the `bottom` one and `all` stocks, before costs.

    windows: to the next rated session. The stocks of a bucket are bought in equal parts at the close after a rated
    session, and sold at the close after the next one; a bucket without stocks is in cash.
    Indexed by the session of the trade; the first row is 1. Empty if no window is complete.
    """
    columns = ["top", "bottom", "all"]
    if not windows.complete.any():
        return pd.DataFrame(columns=columns, index=rated.calendar[:0], dtype="float64")
    cells = bucket_returns(buckets, windows.complete, windows.forward.returns)
    mean, stocks = cells["mean"], cells["stocks"]
    everyone = (mean * stocks).sum(axis="columns") / stocks.sum(axis="columns")
    earned = pd.concat([mean[buckets.top], mean[0], everyone], axis="columns").fillna(0.0)
    factors = np.vstack([np.ones(3), 1.0 + earned.to_numpy()])
    trades = np.append(rated.rows[:1] + 1, windows.sold)
    return pd.DataFrame(np.cumprod(factors, axis=0), rated.calendar[trades], columns)
