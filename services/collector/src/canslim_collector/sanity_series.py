"""The values of the checks on delivered prices: a series as it came, and a fault found in it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]
Days = npt.NDArray[np.datetime64]  # datetime64[D]


class Split(NamedTuple):
    ex_date: date
    #: New shares for one old share, above 0: 3.0 for 3:1, 0.1 for a reverse 1:10.
    ratio: float


class Dividend(NamedTuple):
    ex_date: date
    #: A share, in the currency of the prices, adjusted for later splits.
    amount: float


@dataclass(frozen=True, slots=True)
class RawSeries:
    """Daily rows of one symbol as a source delivered them: equal-length arrays in the order of delivery.

    Days may be doubled, unordered or holidays, prices and volume NaN. Prices and volume are adjusted for
    splits; `adj_close` is adjusted for dividends as well.
    """

    days: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    adj_close: Floats
    volume: Floats
    splits: tuple[Split, ...] = ()
    dividends: tuple[Dividend, ...] = ()

    def take(self, rows: Flags | Rows) -> "RawSeries":
        """The given rows, with all events."""
        return RawSeries(
            self.days[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.adj_close[rows],
            self.volume[rows],
            self.splits,
            self.dividends,
        )


class FaultCode(StrEnum):
    """What makes a series unfit to be stored."""

    EMPTY = "empty"
    STALE = "stale"
    HALTED = "halted"

    HOLIDAY_ROW = "holiday_row"
    DOUBLED_SESSION = "doubled_session"
    NULL = "null"
    NOT_POSITIVE = "not_positive"
    HIGH_BELOW_LOW = "high_below_low"
    OUTSIDE_RANGE = "outside_range"
    WICK = "wick"

    BAD_PRINT = "bad_print"
    UNIT_SHIFT = "unit_shift"
    SPLIT_WITHOUT_EVENT = "split_without_event"
    SPLIT_NOT_APPLIED = "split_not_applied"
    SPLIT_APPLIED_TWICE = "split_applied_twice"
    LEVEL_SHIFT = "level_shift"

    DIVIDEND_NOT_APPLIED = "dividend_not_applied"
    DIVIDEND_DOUBLED = "dividend_doubled"
    DIVIDEND_ABSURD = "dividend_absurd"
    DIVIDEND_MISMATCH = "dividend_mismatch"
    ADJUSTMENT_WITHOUT_DIVIDEND = "adjustment_without_dividend"
    ADJUSTMENT_ABSURD = "adjustment_absurd"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason to quarantine a symbol. `session`: its first row, None where there is no row at all."""

    code: FaultCode
    session: date | None
    message: str


def fault(code: FaultCode, day: np.datetime64, message: str) -> Fault:
    return Fault(code, date.fromisoformat(str(day)), message)
