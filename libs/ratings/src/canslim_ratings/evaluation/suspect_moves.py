"""Moves of a price that are more often a missed split or a bad print than news."""

import numpy as np
import pandas as pd

from canslim_ratings.arrays import positive_prices
from canslim_ratings.price_windows import unexplained_jumps


def suspect_moves(close: pd.DataFrame, known_actions: pd.DataFrame | None = None) -> pd.DataFrame:
    """Marks moves above 40 % from one close to the next that no known action explains, as the RS Rating does.

    close: sessions x symbols, adjusted closes, oldest first; a gap belongs to the move that ends it.
    known_actions: pairs `symbol`, `session` (the ex-date) of known splits and dividends.
    Returns the shape of `close`: True at the session that a suspect move ends at.

    Real collapses and takeovers move as far, so that leaving these out is a question to ask, not the answer: which
    of the results hang on prices that may be wrong?
    """
    suspect = np.zeros(close.shape, dtype=np.bool_)
    suspect[1:] = unexplained_jumps(positive_prices(close), close.index, close.columns, known_actions)
    return pd.DataFrame(suspect, close.index, close.columns)
