"""Prices as if no share was ever split: what the bars of every moment are made from."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from tests.yahoo.companies import Company

#: A session's move stays below it, so that no honest bar looks like a missed split.
LARGEST_MOVE = 0.2


@dataclass(frozen=True)
class Path:
    """One value a session of the market, also before the company was listed; shares of the first day."""

    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    volume: npt.NDArray[np.float64]


class Paths:
    """Makes a company's path when it is first asked for, and keeps the newest thousand."""

    def __init__(self, seed: int, sessions: int) -> None:
        self._seed, self._sessions = seed, sessions
        self._market = 0.0003 + 0.009 * np.random.default_rng([seed, 1]).standard_normal(sessions)
        self.of = lru_cache(maxsize=1000)(self._of)

    def _of(self, company: Company) -> Path:
        random = np.random.default_rng([self._seed, 2, company.number % 2**32])
        count = self._sessions
        # Session by session, so that a longer market begins like a shorter one.
        own, gap, above, below, activity = random.standard_normal((count, 5)).T
        moves = company.drift + company.beta * self._market + company.volatility * own
        close = company.price * np.exp(np.cumsum(np.clip(moves, -LARGEST_MOVE, LARGEST_MOVE)))
        spread = 0.004 + company.volatility / 2
        opening = close * np.exp(spread / 2 * np.clip(gap, -3, 3))
        high = np.maximum(opening, close) * (1 + spread / 2 * np.abs(np.clip(above, -4, 4)))
        low = np.minimum(opening, close) * (1 - spread / 2 * np.abs(np.clip(below, -4, 4)))
        volume = company.shares * 0.006 * np.exp(0.4 * np.clip(activity, -4, 4) + 15 * np.abs(moves))
        return Path(opening, high, low, close, volume)
