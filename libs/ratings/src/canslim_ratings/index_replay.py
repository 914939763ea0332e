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
        # The rally is counted from the first higher close after this session; it only ever moves forward.
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
        event, texts = self._find_low(at)
        first = self._first_up_day(at)
        if first is None:
            self.state = MarketState.CORRECTION
            texts = texts or [f"{self._move(at)}: no higher close since {self.sessions[self.origin]}"]
            return event, "; ".join(texts), None
        day = at - first + 1
        if self.state is MarketState.CORRECTION:
            self.state = MarketState.RALLY
            event = "rally"
            texts.append(f"a rally from the low of {self._low_day(first)}")
        if day < FOLLOW_THROUGH_DAY:
            texts.append(f"{self._move(at)} on day {day}, too early to confirm the rally")
        elif self.gain[at] < FOLLOW_THROUGH_GAIN:
            texts.append(f"{self._move(at)} on day {day}, too little to confirm the rally")
        elif not self.heavier[at]:
            texts.append(f"{self._move(at)} on day {day}, without more volume to confirm the rally")
        else:
            self._confirm(at, first)
            event = "follow_through"
            texts = [f"{self._move(at)} on more volume on day {day}: the rally is confirmed"]
        return event, "; ".join(texts), day

    def _find_low(self, at: int) -> tuple[str | None, list[str]]:
        """Moves the origin to the latest 25-session low, or to today if today undercuts the rally."""
        window = self.close[max(at - LOW_WINDOW + 1, 0) : at + 1]
        lowest = at - int(np.argmin(window[::-1]))
        if lowest > self.origin:
            return self._move_origin(lowest, at)
        first = self._first_up_day(at)
        if first is not None and first < at and self.low[at] < self.low[self.origin : first + 1].min():
            self.origin = at
            self.state = MarketState.CORRECTION
            return "undercut", ["the rally's low is undercut"]
        return None, []

    def _move_origin(self, lowest: int, at: int) -> tuple[str, list[str]]:
        """To the lowest close of 25 sessions: today's, or one that is the lowest since a lower one is too old."""
        self.origin = lowest
        if lowest < at:
            low = self.sessions[lowest]
            text = f"the lowest close of {LOW_WINDOW} sessions is by now that of {low}: counted from there"
            return "later_low", [text]
        rallied = self.state is MarketState.RALLY
        self.state = MarketState.CORRECTION
        return "new_low", [f"the lowest close of {LOW_WINDOW} sessions{' ends the rally attempt' if rallied else ''}"]

    def _low_day(self, first: int) -> date:
        """The session of the lowest close from the origin to day 1."""
        fall = self.close[self.origin : first + 1]
        return self.sessions[first - int(np.argmin(fall[::-1]))]

    def _move(self, at: int) -> str:
        gain = self.gain[at]
        if np.isnan(gain):
            return "the first session"
        return f"{'down' if gain < 0 else 'up'} {abs(gain):.2%}"

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
        text = text or f"{self._move(at)}; {count} distribution day{'' if count == 1 else 's'}"
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
            return "distribution", f"{self._move(at)} on more volume"
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
        # Lows from before the uptrend ended are no lows of this correction.
        self.origin = at
