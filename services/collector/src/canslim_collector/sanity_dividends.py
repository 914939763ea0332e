"""Whether the adjusted closes follow from the dividends, and the dividends from the prices.

Before an ex-date every adjusted close is lower by the factor 1 - amount / last close before it.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from canslim_collector.sanity_series import Fault, FaultCode, Floats, RawSeries, fault

#: A step of the adjustment is exact but for the rounding of amounts and of prices.
FACTOR_SLACK: Final = 5e-4
AMOUNT_SLACK: Final = 0.05
#: A dividend of this part of the price shows: the day's low comes down by a quarter of it at least.
LARGE_DIVIDEND: Final = 0.10
LEAST_FALL: Final = 0.25
#: Nobody pays twice within so many rows; weekly payers leave four.
ROWS_BETWEEN: Final = 3
SAME_AMOUNT: Final = 0.2
#: An amount in the wrong unit is a hundred times its neighbour, or a hundredth, to within this.
HUNDREDTH_SLACK: Final = 0.02


@dataclass(frozen=True, slots=True)
class Payment:
    """What is paid on one ex-date, `at` its row; `part` of the last close before."""

    at: int
    amount: float
    part: float


def dividend_faults(rows: RawSeries) -> list[Fault]:
    """Dividends that do not fit the prices or the adjusted closes; `rows` ascending, gaps passed over."""
    priced = (rows.close > 0) & np.isfinite(rows.close) & np.isfinite(rows.adj_close)
    if not priced.all():
        rows = rows.take(priced)
    if len(rows.days) < 2:
        return []
    payments = _payments(rows)
    return _adjustment_faults(rows, payments) + _amount_faults(rows, payments)


def _payments(rows: RawSeries) -> list[Payment]:
    """Payments that lie inside the series, oldest first, one for each row."""
    if not rows.dividends:
        return []
    ex_dates = np.array([dividend.ex_date for dividend in rows.dividends], dtype="datetime64[D]")
    amounts: dict[int, float] = {}
    for at, dividend in zip(np.searchsorted(rows.days, ex_dates).tolist(), rows.dividends, strict=True):
        if 0 < at < len(rows.days):
            amounts[at] = amounts.get(at, 0.0) + dividend.amount
    return [Payment(at, amounts[at], amounts[at] / float(rows.close[at - 1])) for at in sorted(amounts)]


def _adjustment_faults(rows: RawSeries, payments: list[Payment]) -> list[Fault]:
    """Steps of adj_close / close that are not those of the dividends."""
    factor = rows.adj_close / rows.close
    if not (factor > 0).all():
        at = int((~(factor > 0)).argmax())
        message = f"expected adjusted closes above 0; came {rows.adj_close[at]:g} beside a close of {rows.close[at]:g}"
        return [fault(FaultCode.ADJUSTMENT_ABSURD, rows.days[at], message)]
    came = factor[:-1] / factor[1:]
    expected = np.ones(len(came))
    for payment in payments:
        expected[payment.at - 1] = 1 - payment.part
    wrong = np.abs(came - expected) > FACTOR_SLACK + AMOUNT_SLACK * np.minimum(1 - expected, 1)
    amounts = {payment.at: payment for payment in payments}
    return [_adjustment_fault(rows, at + 1, amounts.get(at + 1), came) for at in np.flatnonzero(wrong).tolist()]


def _adjustment_fault(rows: RawSeries, at: int, payment: Payment | None, came: Floats) -> Fault:
    step = float(came[at - 1])
    if payment is None:
        message = f"expected no step of the adjustment without a dividend; came the factor {step:.5f}"
        return fault(FaultCode.ADJUSTMENT_WITHOUT_DIVIDEND, rows.days[at], message)
    message = (
        f"expected the factor {1 - payment.part:.5f} for a dividend of {payment.amount:g} "
        f"after a close of {rows.close[at - 1]:g}; came {step:.5f}"
    )
    paid = 1 - step
    if abs(paid) < AMOUNT_SLACK * payment.part:
        return fault(FaultCode.DIVIDEND_NOT_APPLIED, rows.days[at], message)
    if abs(paid - 2 * payment.part) < FACTOR_SLACK + 2 * AMOUNT_SLACK * payment.part:
        return fault(FaultCode.DIVIDEND_DOUBLED, rows.days[at], message)
    return fault(FaultCode.DIVIDEND_MISMATCH, rows.days[at], message)


def _amount_faults(rows: RawSeries, payments: list[Payment]) -> list[Fault]:
    """Dividends that no share pays, whatever the adjusted closes say."""
    alone = (_unfelt(rows, payment) for payment in payments)
    beside = (_unlike(rows, older, newer) for older, newer in pairwise(payments))
    return [found for found in (*alone, *beside) if found]


def _unfelt(rows: RawSeries, payment: Payment) -> Fault | None:
    """A dividend of nothing, or a large one that the price did not feel."""
    fall = 1 - float(rows.low[payment.at]) / float(rows.close[payment.at - 1])
    if payment.amount > 0 and (payment.part < LARGE_DIVIDEND or fall > LEAST_FALL * payment.part):
        return None
    expected = "a fall for a dividend" if payment.amount > 0 else "a positive amount for a dividend"
    message = f"expected {expected} of {payment.amount:g}, {payment.part:.0%} of the price; came {fall:.1%}"
    return fault(FaultCode.DIVIDEND_ABSURD, rows.days[payment.at], message)


def _unlike(rows: RawSeries, older: Payment, newer: Payment) -> Fault | None:
    """The same dividend again within days, or one in another unit than the one before."""
    if not (older.amount > 0 and newer.amount > 0):
        return None
    ratio = newer.amount / older.amount
    came = f"came {newer.amount:g} after {older.amount:g} on {rows.days[older.at]}"
    if newer.at - older.at <= ROWS_BETWEEN and abs(ratio - 1) < SAME_AMOUNT:
        message = f"expected no second dividend within {ROWS_BETWEEN} rows; {came}"
        return fault(FaultCode.DIVIDEND_DOUBLED, rows.days[newer.at], message)
    if min(abs(ratio * 100 - 1), abs(ratio / 100 - 1)) < HUNDREDTH_SLACK:
        return fault(FaultCode.DIVIDEND_ABSURD, rows.days[newer.at], f"expected dividends in one unit; {came}")
    return None
