"""What a stock earned after it was bought, counting those that stopped trading."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from canslim_ratings.arrays import BoolArray, FloatArray, IntArray, fill_forward, missing
from canslim_ratings.price_windows import ANCHOR_PATIENCE


@dataclass(frozen=True)
class ForwardReturns:
    """Sessions x symbols, one row for each purchase.

    returns: fractions; NaN where there was no close to buy at, or the window is suspect. A stock without a close on
        the day of the sale earns until its last one, and nothing after it: a delisted stock's money lies idle.
    ended: bought, and without a close at the sale and the five sessions before it, so that its series ended inside
        the window. One that ended in these last sessions cannot be told from a gap without looking beyond the
        window; it earns the same and is not counted.
    suspect: bought, and left out for a suspect move inside the window.
    """

    returns: FloatArray
    ended: BoolArray
    suspect: BoolArray

    @classmethod
    def between(cls, prices: FloatArray, suspect_moves: BoolArray, bought: IntArray, sold: IntArray) -> Self:
        """Buys at the closes of rows `bought` of `prices`, and sells at those of rows `sold`.

        prices: sessions x symbols, adjusted closes, NaN where missing. suspect_moves: the same shape, True at the
        close that a move leads to which is not believed. No row after `sold` is looked at.
        """
        paid = prices[bought]
        row = np.arange(len(prices))[:, None]
        last_close = np.maximum.accumulate(np.where(missing(prices), -1, row), axis=0)
        stale = sold[:, None] - last_close[sold] > ANCHOR_PATIENCE
        moves = np.cumsum(suspect_moves, axis=0, dtype=np.int32)
        suspect = (moves[sold] > moves[bought]) & ~missing(paid)
        returns = np.where(suspect, np.nan, fill_forward(prices)[sold] / paid - 1.0)
        return cls(returns, np.asarray(stale & ~missing(paid) & ~suspect, dtype=np.bool_), suspect)

    def at(self, rows: BoolArray) -> Self:
        """Only the purchases that `rows` marks."""
        return type(self)(self.returns[rows], self.ended[rows], self.suspect[rows])
