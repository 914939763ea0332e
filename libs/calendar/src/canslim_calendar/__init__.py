"""Which days are sessions of the New York exchanges (XNYS of exchange_calendars)."""

import warnings
from datetime import date, datetime
from functools import lru_cache

import exchange_calendars
import numpy as np
import numpy.typing as npt
import pandas as pd

#: The first day asked for; earlier ones cost start-up time and nobody stores them.
FIRST = "1990-01-01"


@lru_cache(maxsize=1)
def _calendar() -> exchange_calendars.ExchangeCalendar:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 still uses what pandas 3.1 deprecates; it is nobody's business here.
        warnings.simplefilter("ignore", DeprecationWarning)
        return exchange_calendars.get_calendar("XNYS", start=FIRST)


@lru_cache(maxsize=1)
def all_sessions() -> npt.NDArray[np.datetime64]:
    """Every session the calendar knows, from 1990 to about a year ahead, as datetime64[D], oldest first."""
    sessions: npt.NDArray[np.datetime64] = _calendar().sessions.to_numpy().astype("datetime64[D]")
    return sessions


def sessions_between(first: date, last: date) -> npt.NDArray[np.datetime64]:
    """The sessions from `first` to `last`, both included, as datetime64[D], oldest first."""
    known = all_sessions()
    start, stop = np.searchsorted(known, [np.datetime64(first, "D"), np.datetime64(last, "D") + 1])
    between: npt.NDArray[np.datetime64] = known[start:stop]
    return between


def sessions_to(last: date, count: int) -> npt.NDArray[np.datetime64]:
    """The `count` sessions that end with `last`. Raises ValueError where `last` is no session."""
    known = all_sessions()
    stop = int(np.searchsorted(known, np.datetime64(last, "D"), side="right"))
    if stop == 0 or known[stop - 1] != np.datetime64(last, "D"):
        raise ValueError(f"{last} is no session of the New York exchanges")
    return known[max(0, stop - count) : stop]


def is_session(day: date) -> bool:
    return len(sessions_between(day, day)) == 1


def last_complete_session(now: datetime) -> date:
    """The newest session that has closed at `now`, which must have a zone."""
    calendar = _calendar()
    closed = calendar.closes[calendar.closes <= pd.Timestamp(now).tz_convert("UTC")]
    session: date = closed.index[-1].date()
    return session
