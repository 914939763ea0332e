"""The state machine behind an index's direction, one session at a time."""

from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from canslim_ratings.arrays import FloatArray
from canslim_ratings.market_state import LogEntry, MarketState

#: The rally is counted from the lowest close of so many sessions.
LOW_WINDOW: Final = 25
#: The earliest day of a rally that confirms it, and the gain it takes.
FOLLOW_THROUGH_DAY: Final = 4
FOLLOW_THROUGH_GAIN: Final = 0.0125
#: A loss from here on more volume is distribution; IBD does not round it.
DISTRIBUTION_LOSS: Final = -0.002
#: Distribution days are forgotten after so many sessions, or once the index closes so far above them.
DISTRIBUTION_LIFE: Final = 25
DISTRIBUTION_RECOVERY: Final = 1.05
PRESSURE_COUNT: Final = 5
CORRECTION_COUNT: Final = 6
#: A close so far below the uptrend's highest one ends it.
CORRECTION_FALL: Final = 0.10


class Replay:
    """Rules of `index_direction`; `step` must see every position once, in order."""

    def __init__(self, bars: pd.DataFrame) -> None:
        self.sessions: list[date] = [session.date() for session in pd.DatetimeIndex(bars.index)]
        self.close: FloatArray = bars["close"].to_numpy(dtype=np.float64)
        # A bar without a low still has a close to fall below.
        self.low: FloatArray = np.fmin(bars["low"].to_numpy(dtype=np.float64), self.close)
        volume = bars["volume"].to_numpy(dtype=np.float64)
        self.gain = np.full(len(self.close), np.nan)
        self.gain[1:] = self.close[1:] / self.close[:-1] - 1.0
        self.heavier = np.zeros(len(self.close), dtype=bool)
        self.heavier[1:] = volume[1:] > volume[:-1]
        self.state = MarketState.CORRECTION
        self.distribution: list[int] = []
        self.confirmed: int | None = None
        self.floor = np.nan
        self.peak = np.nan
        # Where the rally is counted from; only ever moves forward.
        self.origin = 0

    def step(self, at: int) -> LogEntry:
        """Moves the state by one session."""
        confirmed = self.state in (MarketState.UPTREND, MarketState.UNDER_PRESSURE)
        day: int | None = None
        if confirmed:
            event, text = self._hold(at)
        else:
            event, text, day = self._search(at)
        return LogEntry(self.sessions[at], self.state, event, text, len(self.distribution), day)

    def _search(self, at: int) -> tuple[str | None, str, int | None]:
        """In a correction or a rally: look for day 1, then for the follow-through."""
        event, text = self._find_low(at)
        first = self._first_up_day(at)
        if first is None:
            self.state = MarketState.CORRECTION
            return event, text, None
        day = at - first + 1
        if self.state is MarketState.CORRECTION:
            self.state = MarketState.RALLY
            event, text = "rally", f"day {day} of a rally from the low of {self.sessions[self.origin]}"
        if day >= FOLLOW_THROUGH_DAY and self.gain[at] >= FOLLOW_THROUGH_GAIN and self.heavier[at]:
            self._confirm(at, first)
            text = f"up {self.gain[at]:.2%} on more volume on day {day}: the rally is confirmed"
            return "follow_through", text, day
        return event, text, day

    def _find_low(self, at: int) -> tuple[str | None, str]:
        """Moves the origin to the latest 25-session low, or to today if today undercuts the rally."""
        window = self.close[max(at - LOW_WINDOW + 1, 0) : at + 1]
        lowest = at - int(np.argmin(window[::-1]))
        if lowest > self.origin:
            self.origin = lowest
            if lowest == at and self.state is MarketState.RALLY:
                self.state = MarketState.CORRECTION
                return "new_low", "the lowest close of 25 sessions ends the rally attempt"
            return None, ""
        first = self._first_up_day(at)
        if first is not None and first < at and self.low[at] < self.low[self.origin : first + 1].min():
            self.origin = at
            self.state = MarketState.CORRECTION
            return "undercut", "the rally's low is undercut"
        return None, ""

    def _first_up_day(self, at: int) -> int | None:
        """Day 1: the first higher close after the origin; a reversal day that undercut may be day 1 itself."""
        start = max(self.origin, 1)
        higher = np.flatnonzero(self.gain[start : at + 1] > 0)
        return start + int(higher[0]) if len(higher) else None

    def _confirm(self, at: int, first: int) -> None:
        self.state = MarketState.UPTREND
        self.confirmed = at
        self.distribution = []
        self.floor = float(self.low[self.origin : first + 1].min())
        self.peak = float(self.close[at])

    def _hold(self, at: int) -> tuple[str | None, str]:
        """In a confirmed uptrend: count distribution, and look for its end."""
        event, text = self._count(at)
        self.peak = max(self.peak, float(self.close[at]))
        count = len(self.distribution)
        if (reason := self._failure(at, count)) is not None:
            self._correct(at)
            return "correction", reason
        pressed = MarketState.UNDER_PRESSURE if count >= PRESSURE_COUNT else MarketState.UPTREND
        if pressed is not self.state:
            self.state = pressed
            if pressed is MarketState.UNDER_PRESSURE:
                return "pressure", f"{count} distribution days: the uptrend is under pressure"
            return "relief", f"{count} distribution days are left: the uptrend resumes"
        return event, text

    def _count(self, at: int) -> tuple[str | None, str]:
        close = self.close[at]
        self.distribution = [
            day
            for day in self.distribution
            if at - day <= DISTRIBUTION_LIFE and close < self.close[day] * DISTRIBUTION_RECOVERY
        ]
        if self.gain[at] <= DISTRIBUTION_LOSS and self.heavier[at]:
            self.distribution.append(at)
            return "distribution", f"down {-self.gain[at]:.2%} on more volume"
        return None, ""

    def _failure(self, at: int, count: int) -> str | None:
        close = float(self.close[at])
        if close < self.floor:
            return f"a close of {close:.2f}, under the rally's low of {self.floor:.2f}"
        if close <= self.peak * (1 - CORRECTION_FALL):
            return f"a close of {close:.2f}, 10 % or more under the high of {self.peak:.2f}"
        if count >= CORRECTION_COUNT:
            return f"{count} distribution days"
        return None

    def _correct(self, at: int) -> None:
        self.state = MarketState.CORRECTION
        self.confirmed = None
        self.distribution = []
        self.origin = max(self.origin, at - LOW_WINDOW)
