"""The RS line: a stock's close over that of a benchmark."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from canslim_ratings.arrays import BoolArray, FloatArray, divide, positive_prices
from canslim_ratings.facts import Facts

YEAR: Final = 252
#: As for the 52-week high of N1: fewer sessions have no high worth the name.
MINIMUM_SESSIONS: Final = 126


@dataclass(frozen=True)
class RSLine:
    """The line at t0 beside its high of 252 sessions, and the price beside its own, one element a symbol.

    line, highest: close over benchmark; NaN without either. close, price_high: the close and its highest.
    sessions: how many of the 252 have a line. no_benchmark: the benchmark has no close at t0.
    """

    line: FloatArray
    highest: FloatArray
    close: FloatArray
    price_high: FloatArray
    sessions: FloatArray
    no_benchmark: bool

    @classmethod
    def of(cls, facts: Facts) -> "RSLine":
        """Reads the line off the last 252 sessions, t0 included."""
        index = facts.close.index[-YEAR:]
        bars = facts.benchmark
        benchmark = np.full((len(index), 1), np.nan)
        if bars is not None:
            benchmark = positive_prices(bars[["close"]].reindex(index))
        closes = facts.closes[-YEAR:]
        line = divide(closes, benchmark)
        known = ~np.isnan(line)
        return cls(
            line=line[-1],
            highest=np.fmax.reduce(line, axis=0),
            close=closes[-1],
            price_high=np.fmax.reduce(closes, axis=0),
            sessions=known.sum(axis=0).astype(np.float64),
            no_benchmark=bool(np.isnan(benchmark[-1, 0])),
        )

    @property
    def at_high(self) -> BoolArray:
        """The line is as high as it was in 252 sessions."""
        return np.asarray(self.line >= self.highest, dtype=np.bool_)

    @property
    def price_at_high(self) -> BoolArray:
        """So is the close."""
        return np.asarray(self.close >= self.price_high, dtype=np.bool_)
