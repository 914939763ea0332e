"""When the New York exchanges trade: moments are whole seconds since 1970, sessions are numbered from 0."""

import warnings
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import exchange_calendars
import numpy as np
import numpy.typing as npt
import pandas as pd

NEW_YORK = ZoneInfo("America/New_York")
HOUR = 3600
#: How long before its open and after its close a session is traded outside regular hours, in seconds.
PRE_MARKET, POST_MARKET = 5 * HOUR + HOUR // 2, 4 * HOUR


@dataclass(frozen=True)
class Hours:
    """Every session from a first day to a last one, oldest first."""

    days: npt.NDArray[np.datetime64]
    opens: npt.NDArray[np.int64]
    closes: npt.NDArray[np.int64]

    def newest(self, moment: int) -> int:
        """The number of the newest session that has opened; -1 where none has."""
        return int(np.searchsorted(self.opens, moment, side="right")) - 1

    def number(self, day: date) -> int:
        """Raises ValueError where `day` is no session of the market."""
        number = int(np.searchsorted(self.days, np.datetime64(day, "D")))
        if number == len(self.days) or self.days[number] != np.datetime64(day, "D"):
            raise ValueError(f"{day} is no session between {self.days[0]} and {self.days[-1]}")
        return number

    def day(self, number: int) -> date:
        day: date = self.days[number].item()
        return day

    def is_open(self, moment: int) -> bool:
        number = self.newest(moment)
        return number >= 0 and moment < self.closes[number]

    def elapsed(self, moment: int) -> float:
        """Which fraction of the newest session has passed, 0 to 1."""
        number = self.newest(moment)
        opened, closed = int(self.opens[number]), int(self.closes[number])
        return min(1.0, (moment - opened) / (closed - opened))

    def current(self, moment: int) -> int:
        """The session of this day in New York, opened or not; where it is none, the one before."""
        today = np.datetime64(datetime.fromtimestamp(moment, NEW_YORK).date(), "D")
        return int(np.searchsorted(self.days, today, side="right")) - 1

    def state(self, moment: int) -> str:
        """Yahoo's marketState."""
        number = self.current(moment)
        if self.day(number) != datetime.fromtimestamp(moment, NEW_YORK).date():
            return "CLOSED"
        opened, closed = int(self.opens[number]), int(self.closes[number])
        for state, end in (
            ("PREPRE", opened - PRE_MARKET),
            ("PRE", opened),
            ("REGULAR", closed),
            ("POST", closed + POST_MARKET),
        ):
            if moment < end:
                return state
        return "POSTPOST"


@lru_cache(maxsize=4)
def hours_between(first: date, last: date) -> Hours:
    with warnings.catch_warnings():
        # exchange_calendars 4.13 still uses what pandas 3.1 deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        calendar = exchange_calendars.get_calendar("XNYS", start=first.isoformat(), end=last.isoformat())
        return Hours(
            calendar.sessions.to_numpy().astype("datetime64[D]"),
            _seconds(calendar.opens),
            _seconds(calendar.closes),
        )


def _seconds(times: "pd.Series[pd.Timestamp]") -> npt.NDArray[np.int64]:
    seconds: npt.NDArray[np.int64] = times.dt.tz_convert(None).to_numpy().astype("datetime64[s]").astype(np.int64)
    return seconds


def utc_offset(moment: int) -> int:
    """New York's distance from UTC in seconds."""
    offset = datetime.fromtimestamp(moment, NEW_YORK).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def zone_name(moment: int) -> str:
    return datetime.fromtimestamp(moment, NEW_YORK).tzname() or ""
