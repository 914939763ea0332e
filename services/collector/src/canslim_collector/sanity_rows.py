"""Checks that look at each row by itself, and at the end of a series."""

from datetime import date
from typing import Final

import numpy as np

from canslim_collector.sanity_series import Days, Fault, FaultCode, Flags, Floats, RawSeries, fault

#: The fresh bar mixes feeds: its close was seen 0.1 % outside its range, its open 0.8 %.
CLOSE_SLACK: Final = 0.005
OPEN_SLACK: Final = 0.05
RANGE_SLACK: Final = 1e-4
#: The flash crash of 2015-08-24 took prices to a half, a quarter, once a seventh.
WICK: Final = 10.0
#: Two deliveries of one session differ by what a session can move, not by a split or a unit.
SAME_SESSION: Final = 1.4
#: A week without a trade. Fewer idle sessions are ordinary for thinly traded shares.
HALTED_SESSIONS: Final = 5


def droppable(rows: RawSeries, sessions: Days) -> Flags:
    """Marks rows that can be left out without harm.

    They are rows of days without a session that nobody traded on, and all rows of a session but the one
    delivered last, as long as they tell of the same price.
    """
    priceless = _all_null(rows)
    drop: Flags = ~_known(rows.days, sessions) & (~(rows.volume > 0) | priceless)
    if _ascending(rows.days):
        return drop
    order = np.argsort(rows.days, kind="stable")
    order = order[~drop[order]]
    days, close = rows.days[order], rows.close[order]
    same = days[1:] == days[:-1]
    agree = (close[1:] <= close[:-1] * SAME_SESSION) & (close[:-1] <= close[1:] * SAME_SESSION)
    empty = priceless[order]
    drop[order[:-1][same & (agree | empty[:-1])]] = True
    drop[order[1:][same & empty[1:] & ~empty[:-1]]] = True
    return drop


def kept(rows: RawSeries, sessions: Days) -> RawSeries:
    """The rows that are not droppable, oldest first."""
    drop = droppable(rows, sessions)
    if drop.any():
        rows = rows.take(~drop)
    return rows if _ascending(rows.days) else rows.take(np.argsort(rows.days, kind="stable"))


def row_faults(rows: RawSeries, sessions: Days) -> list[Fault]:
    """Faults of single rows, one for each kind; `rows` as `kept` returns them."""
    faults: list[Fault] = []

    def note(code: FaultCode, bad: Flags, expected: str) -> None:
        if bad.any():
            first = int(bad.argmax())
            faults.append(fault(code, rows.days[first], f"expected {expected}; {_told(rows, first, bad)}"))

    note(FaultCode.HOLIDAY_ROW, ~_known(rows.days, sessions), "no trades on a day without a session")
    if not _ascending(rows.days):
        same = np.r_[False, rows.days[1:] == rows.days[:-1]]
        note(FaultCode.DOUBLED_SESSION, same, "one row a session, or the same price twice")
    lowest = np.minimum(np.minimum(rows.open, rows.close), np.minimum(rows.low, rows.high))
    highest = np.maximum(np.maximum(rows.open, rows.close), np.maximum(rows.low, rows.high))
    # NaN and infinity in any column come through a sum; a number stays one.
    note(FaultCode.NULL, ~np.isfinite(lowest + highest + rows.adj_close + rows.volume), "a number in each column")
    note(FaultCode.NOT_POSITIVE, (lowest <= 0) | (rows.volume < 0), "prices above 0 and no negative volume")
    note(FaultCode.HIGH_BELOW_LOW, rows.high < rows.low * (1 - RANGE_SLACK), "high not below low")
    outside = _outside(rows.close, rows, CLOSE_SLACK) | _outside(rows.open, rows, OPEN_SLACK)
    note(FaultCode.OUTSIDE_RANGE, outside, "open and close between low and high")
    note(FaultCode.WICK, _wicks(rows), f"high and low within {WICK:g} times of open and close")
    return faults


def end_faults(rows: RawSeries, newest: date | None) -> list[Fault]:
    """Whether a series has ended: an old last row, or a frozen price that nobody trades at.

    newest: the session the last row should be of; None does not ask.
    """
    if len(rows.days) == 0:
        return [Fault(FaultCode.EMPTY, None, "expected rows; none came")]
    last = rows.days[-1]
    if newest is not None and last < np.datetime64(newest, "D"):
        return [fault(FaultCode.STALE, last, f"expected a row of {newest}; the last one is of {last}")]
    volume, close = rows.volume[-HALTED_SESSIONS:], rows.close[-HALTED_SESSIONS - 1 :]
    if len(close) > HALTED_SESSIONS and not volume.any() and (close == close[0]).all():
        idle = _trailing_idle(rows)
        message = f"expected trades; none in the last {idle} rows, the price stands at {close[-1]:g}"
        return [fault(FaultCode.HALTED, rows.days[-idle], message)]
    return []


def _trailing_idle(rows: RawSeries) -> int:
    moved = (rows.volume[1:] != 0) | (rows.close[1:] != rows.close[:-1])
    return int(np.argmax(moved[::-1])) if moved.any() else len(moved)


def _all_null(rows: RawSeries) -> Flags:
    nothing: Flags = np.isnan(np.fmax(np.fmax(rows.open, rows.high), np.fmax(rows.low, rows.close)))
    return nothing


def _known(days: Days, sessions: Days) -> Flags:
    """Whether each day is a session. Days before the first one of the calendar are not judged."""
    at = np.minimum(np.searchsorted(sessions, days), len(sessions) - 1)
    known: Flags = (sessions[at] == days) | (days < sessions[0])
    return known


def _ascending(days: Days) -> bool:
    return bool((days[1:] > days[:-1]).all())


def _outside(price: Floats, rows: RawSeries, slack: float) -> Flags:
    outside: Flags = (price > rows.high * (1 + slack)) | (price < rows.low * (1 - slack))
    return outside


def _wicks(rows: RawSeries) -> Flags:
    body_high, body_low = np.maximum(rows.open, rows.close), np.minimum(rows.open, rows.close)
    wicks: Flags = (rows.high > body_high * WICK) | (rows.low * WICK < body_low)
    return wicks


def _told(rows: RawSeries, first: int, bad: Flags) -> str:
    names = ("open", "high", "low", "close", "volume")
    came = ", ".join(f"{name} {getattr(rows, name)[first]:g}" for name in names)
    count = int(bad.sum())
    return f"came {came}" + (f", and {count - 1} more rows" if count > 1 else "")
