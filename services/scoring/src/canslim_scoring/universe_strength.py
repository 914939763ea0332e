"""RS Ratings of a universe at one session, or why that session has none."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from canslim_core.errors import NotPublishable
from canslim_ratings.coverage import MINIMUM_COVERAGE, Coverage, measure_coverage
from canslim_ratings.price_windows import ANCHOR_PATIENCE
from canslim_ratings.relative_strength import rate_strength
from canslim_ratings.rs_variants import CALENDAR_63

VERSION: Final = CALENDAR_63.version
#: The oldest anchor, and how old its price may be.
STRENGTH_SESSIONS: Final = CALENDAR_63.sessions_needed + ANCHOR_PATIENCE


def rate_universe(
    universe: str, session: date, close: pd.DataFrame, adj_factor: pd.DataFrame, active: list[str]
) -> tuple[Coverage, pd.DataFrame]:
    """Its coverage, and the result of `rate_strength`.

    close, adj_factor: sessions x symbols, oldest first, the last row `session`; of them the last STRENGTH_SESSIONS
    count. active: who is ranked. Raises NotPublishable where too few of them have a price.
    """
    close, adj_factor = close.iloc[-STRENGTH_SESSIONS:], adj_factor.iloc[-STRENGTH_SESSIONS:]
    coverage = measure_coverage(close, active)
    if not coverage.sufficient:
        raise NotPublishable(
            f"only {coverage.priced} of {coverage.active} active symbols of {universe!r} have a price at "
            f"{session} ({coverage.fraction:.1%}, at least {MINIMUM_COVERAGE:.0%} needed); "
            "nothing is published, the last good ratings stay"
        )
    return coverage, rate_strength(close, known_actions=known_actions(adj_factor), eligible=active)


def known_actions(factors: pd.DataFrame) -> pd.DataFrame:
    """The ex-dates inside a panel: where the adjustment factor differs from the one before."""
    values = factors.ffill().to_numpy()
    row, column = np.nonzero(np.abs(values[1:] / values[:-1] - 1) > 1e-9)
    return pd.DataFrame({"symbol": factors.columns[column], "session": factors.index[row + 1]})
