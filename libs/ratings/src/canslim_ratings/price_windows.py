"""Where a window of prices starts, and moves inside one that nobody should believe."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import BoolArray, FloatArray, fill_forward

#: An anchor without a price takes the last one at most so many sessions older.
ANCHOR_PATIENCE: Final = 5
#: A larger day move without a known action is more often a missed split or a bad print than news.
SUSPECT_MOVE: Final = 0.40


def anchors(prices: FloatArray, look_backs: Sequence[int]) -> tuple[FloatArray, BoolArray]:
    """Gives look-backs x symbols: the price at each anchor, and whether an older one stands in for it.

    prices: sessions x symbols, oldest first; the last row is t0, from which look-backs are counted in sessions.
    NaN where there is no price at the anchor nor at the five sessions before it, or no such row.
    """
    found = np.full((len(look_backs), prices.shape[1]), np.nan)
    filled = np.zeros(found.shape, dtype=np.bool_)
    for row, look_back in enumerate(look_backs):
        at = len(prices) - 1 - look_back
        if at < 0:
            continue
        found[row] = fill_forward(prices[max(at - ANCHOR_PATIENCE, 0) : at + 1])[-1]
        filled[row] = np.isnan(prices[at]) & ~np.isnan(found[row])
    return found, filled


def starts_later(prices: FloatArray, look_back: int) -> BoolArray:
    """True for each symbol without any price at the anchor or before it: its history is short."""
    older = prices[: max(len(prices) - look_back, 0)]
    return np.asarray(np.isnan(older).all(axis=0), dtype=np.bool_)


def unexplained_jumps(
    prices: FloatArray, sessions: pd.Index, symbols: pd.Index, known_actions: pd.DataFrame | None
) -> BoolArray:
    """Marks moves above 40 % from one price to the next, across gaps, that no known action explains.

    prices: sessions x symbols. known_actions: pairs `symbol`, `session` (the ex-date), in any order.
    Row n of what returns is the move to row n + 1 of `prices`.
    """
    steady = fill_forward(prices)
    unexplained = np.asarray(np.abs(steady[1:] / steady[:-1] - 1.0) > SUSPECT_MOVE)
    if known_actions is not None and unexplained.any():
        row = sessions.get_indexer(pd.DatetimeIndex(known_actions["session"])) - 1
        column = symbols.get_indexer(pd.Index(known_actions["symbol"].astype(str)))
        inside = (row >= 0) & (column >= 0)
        unexplained[row[inside], column[inside]] = False
    return unexplained
