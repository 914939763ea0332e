"""Synthetic series with one fault each, and the honest series that look most like them."""

import dataclasses
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from canslim_calendar import all_sessions, sessions_to
from canslim_collector.sanity import Dividend, FaultCode, RawSeries, Split, droppable, find_faults, kept

SESSIONS = all_sessions()
LAST = date(2024, 12, 31)
HOLIDAY = np.datetime64("2024-12-25")
PRICES = ("open", "high", "low", "close", "adj_close")
ROWS = 120
AT = 80


def fit(rows: int = ROWS, *, daily: float = 0.015, seed: int = 7) -> RawSeries:
    """A series without a fault: a random walk from 50 with a usual day's range and trades."""
    random = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(random.normal(0, daily, rows)))
    opened = np.r_[close[0], close[:-1]] * np.exp(random.normal(0, daily / 3, rows))
    reach = np.exp(np.abs(random.normal(0, daily / 2, (2, rows))))
    high, low = np.maximum(opened, close) * reach[0], np.minimum(opened, close) / reach[1]
    volume = np.round(1e6 * np.exp(random.normal(0, 0.4, rows)))
    return RawSeries(sessions_to(LAST, rows), opened, high, low, close, close.copy(), volume)


def scaled(rows: RawSeries, where: slice, price: float, volume: float = 1.0) -> RawSeries:
    """The series with some rows' prices and volume multiplied."""
    changed = {name: getattr(rows, name).copy() for name in (*PRICES, "volume")}
    for name in PRICES:
        changed[name][where] *= price
    changed["volume"][where] *= volume
    return dataclasses.replace(rows, **changed)


def with_values(rows: RawSeries, at: int, **values: float) -> RawSeries:
    """The series with some columns of one row replaced."""
    changed = {name: getattr(rows, name).copy() for name in values}
    for name, value in values.items():
        changed[name][at] = value
    return dataclasses.replace(rows, **changed)


def paying(rows: RawSeries, *payments: tuple[int, float]) -> RawSeries:
    """The series with dividends of the given parts of the price, paid and adjusted for as they should be."""
    dividends = []
    for at, part in payments:
        dividends.append(Dividend(day(rows, at), part * float(rows.close[at - 1])))
        paid = scaled(rows, slice(at, None), 1 - part)
        adj_close = paid.adj_close.copy()
        adj_close[:at] *= 1 - part
        rows = dataclasses.replace(paid, adj_close=adj_close)
    return dataclasses.replace(rows, dividends=tuple(dividends))


def delivered(rows: RawSeries, at: int, **values: float) -> RawSeries:
    """The series with a changed copy of one row delivered after all others."""
    return with_values(rows.take(np.r_[np.arange(len(rows.days)), at]), len(rows.days), **values)


def day(rows: RawSeries, at: int) -> date:
    return date.fromisoformat(str(rows.days[at]))


def codes(rows: RawSeries, newest: date | None = LAST) -> list[str]:
    return [found.code.value for found in find_faults(rows, SESSIONS, newest=newest)]


# Fit series


@pytest.mark.parametrize("daily", [0.002, 0.015, 0.05, 0.08])
@pytest.mark.parametrize("seed", range(25))
def test_a_random_walk_has_no_fault(seed: int, daily: float) -> None:
    assert codes(fit(504, daily=daily, seed=seed)) == []


def test_a_fault_says_its_code_its_session_what_was_expected_and_what_came() -> None:
    rows = with_values(fit(), AT, close=-1.0)
    (found, *_) = find_faults(rows, SESSIONS)
    assert (found.code, found.session) == (FaultCode.NOT_POSITIVE, day(rows, AT))
    assert "expected prices above 0" in found.message
    assert "close -1" in found.message


def test_the_unit_of_the_currency_changes_no_verdict() -> None:
    faulty = paying(scaled(with_values(fit(), 20, high=900.0), slice(AT, None), 0.2, 5), (30, 0.02))
    cents = scaled(faulty, slice(None), 100.0)
    cents = dataclasses.replace(cents, dividends=tuple(Dividend(d.ex_date, d.amount * 100) for d in faulty.dividends))
    assert codes(faulty)
    assert codes(cents) == codes(faulty)


def test_the_input_is_not_changed() -> None:
    rows = delivered(fit(), 3)
    before = rows.close.copy()
    find_faults(rows, SESSIONS)
    assert np.array_equal(rows.close, before)


# Single rows


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "adj_close", "volume"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_null_in_any_column_is_a_fault(column: str, value: float) -> None:
    assert "null" in codes(with_values(fit(), AT, **{column: value}))


def test_a_row_of_nulls_on_a_session_is_a_fault() -> None:
    assert codes(with_values(fit(), AT, **dict.fromkeys((*PRICES, "volume"), np.nan))) == ["null"]


@pytest.mark.parametrize("value", [0.0, -3.0])
@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_a_price_that_is_not_positive_is_a_fault(column: str, value: float) -> None:
    assert "not_positive" in codes(with_values(fit(), AT, **{column: value}))


def test_a_negative_volume_is_a_fault() -> None:
    assert codes(with_values(fit(), AT, volume=-1.0)) == ["not_positive"]


def test_a_day_without_trades_is_no_fault() -> None:
    rows = fit()
    price = float(rows.close[AT - 1])
    idle = dict.fromkeys(PRICES, price) | {"volume": 0.0}
    assert codes(with_values(rows, AT, **idle)) == []


def test_a_high_below_the_low_is_a_fault() -> None:
    rows = fit()
    assert "high_below_low" in codes(with_values(rows, AT, high=float(rows.low[AT]) * 0.999))


@pytest.mark.parametrize(("times", "found"), [(0.98, True), (0.999, False)])
def test_a_close_below_the_low_is_a_fault_beyond_what_the_fresh_bar_shows(times: float, found: bool) -> None:
    rows = fit()
    price = float(rows.low[AT]) * times
    assert ("outside_range" in codes(with_values(rows, AT, close=price, adj_close=price))) is found


@pytest.mark.parametrize(("times", "found"), [(1.8, True), (1.02, False)])
def test_an_open_above_the_high_is_a_fault_beyond_what_the_fresh_bar_shows(times: float, found: bool) -> None:
    rows = fit()
    assert ("outside_range" in codes(with_values(rows, AT, open=float(rows.high[AT]) * times))) is found


@pytest.mark.parametrize(("low", "found"), [(0.01, True), (0.4, False)])
def test_a_low_in_cents_is_a_fault_and_a_flash_crash_is_not(low: float, found: bool) -> None:
    rows = fit()
    assert ("wick" in codes(with_values(rows, AT, low=float(rows.low[AT]) * low))) is found


def test_many_rows_with_one_fault_are_told_once() -> None:
    rows = fit()
    volume = rows.volume.copy()
    volume[10:20] = np.nan
    (found,) = find_faults(dataclasses.replace(rows, volume=volume), SESSIONS)
    assert found.session == day(rows, 10)
    assert "and 9 more rows" in found.message


# Days


def holiday(rows: RawSeries, volume: float, price: float | None = None) -> RawSeries:
    late = delivered(rows, len(rows.days) - 1, volume=volume)
    days = late.days.copy()
    days[-1] = HOLIDAY
    late = dataclasses.replace(late, days=days)
    return late if price is None else with_values(late, len(days) - 1, **dict.fromkeys(PRICES, price))


@pytest.mark.parametrize(("volume", "price"), [(0.0, None), (np.nan, None), (5000.0, np.nan)])
def test_a_holiday_row_that_nobody_traded_on_is_left_out(volume: float, price: float | None) -> None:
    rows = holiday(fit(), volume, price)
    assert HOLIDAY not in kept(rows, SESSIONS).days
    assert codes(rows) == []


def test_a_holiday_row_with_trades_is_a_fault() -> None:
    assert "holiday_row" in codes(holiday(fit(), 5000.0))


def test_of_two_rows_of_a_session_the_one_delivered_last_is_kept() -> None:
    rows = delivered(fit(), ROWS - 1, volume=123.0)
    assert np.flatnonzero(droppable(rows, SESSIONS)).tolist() == [ROWS - 1]
    assert kept(rows, SESSIONS).volume[-1] == 123.0
    assert codes(rows) == []


def test_a_null_row_beside_a_priced_one_is_left_out_whichever_came_first() -> None:
    rows = delivered(fit(), AT, **dict.fromkeys((*PRICES, "volume"), np.nan))
    backwards = rows.take(np.arange(ROWS, -1, -1))
    assert codes(rows) == codes(backwards) == []


def test_two_rows_of_a_session_with_different_prices_are_a_fault() -> None:
    rows = delivered(fit(), AT, **dict.fromkeys(PRICES, 5000.0))
    assert not droppable(rows, SESSIONS).any()
    assert "doubled_session" in codes(rows)


def test_rows_newest_first_are_put_in_order() -> None:
    rows = fit()
    backwards = rows.take(np.arange(ROWS - 1, -1, -1))
    assert np.array_equal(kept(backwards, SESSIONS).close, rows.close)
    assert codes(backwards) == []


def test_a_fit_series_is_kept_as_it_is() -> None:
    rows = fit()
    assert kept(rows, SESSIONS) is rows


# The end of the series


def test_no_rows_at_all_are_a_fault() -> None:
    (found,) = find_faults(fit().take(np.zeros(ROWS, dtype=np.bool_)), SESSIONS, newest=LAST)
    assert (found.code, found.session) == (FaultCode.EMPTY, None)


def test_an_old_last_row_is_a_fault() -> None:
    assert codes(fit(), newest=LAST + timedelta(days=2)) == ["stale"]


def test_the_last_row_is_not_asked_for_its_age_without_a_newest_session() -> None:
    assert codes(fit(), newest=None) == []


def idle(rows: RawSeries, count: int) -> RawSeries:
    frozen = {name: getattr(rows, name).copy() for name in PRICES}
    for name in PRICES:
        frozen[name][-count:] = rows.close[-count - 1]
    volume = rows.volume.copy()
    volume[-count:] = 0
    return dataclasses.replace(rows, **frozen, volume=volume)


@pytest.mark.parametrize(("count", "expected"), [(4, []), (5, ["halted"]), (30, ["halted"])])
def test_a_frozen_price_without_trades_is_a_halt_after_a_week(count: int, expected: list[str]) -> None:
    assert codes(idle(fit(), count)) == expected


def test_a_halt_is_dated_from_its_first_idle_row() -> None:
    rows = idle(fit(), 12)
    (found,) = find_faults(rows, SESSIONS)
    assert found.session == day(rows, ROWS - 12)


def test_a_fund_without_volume_whose_price_moves_is_not_halted() -> None:
    rows = fit()
    assert codes(dataclasses.replace(rows, volume=np.zeros(ROWS))) == []


# Splits


@pytest.mark.parametrize("ratio", [1.5, 2, 3, 4, 5, 7, 10, 20, 1 / 2, 1 / 3, 1 / 10, 1 / 25, 1 / 50])
def test_a_split_without_an_event_is_found(ratio: float) -> None:
    rows = scaled(fit(), slice(AT, None), 1 / ratio, ratio)
    (found,) = find_faults(rows, SESSIONS, newest=LAST)
    assert found.session == day(rows, AT)
    # From 12:1 on no news is so large, and the ratio is not asked for.
    assert found.code in {FaultCode.SPLIT_WITHOUT_EVENT, FaultCode.LEVEL_SHIFT}
    assert (found.code == FaultCode.SPLIT_WITHOUT_EVENT) is (1 / 12 < ratio < 12)


def test_a_split_is_found_on_the_day_it_happens() -> None:
    assert codes(scaled(fit(), slice(-1, None), 1 / 3, 3.0)) == ["split_without_event"]


@pytest.mark.parametrize("ratio", [2, 5, 1 / 10])
def test_a_split_that_is_applied_is_no_fault(ratio: float) -> None:
    rows = fit()
    assert codes(dataclasses.replace(rows, splits=(Split(day(rows, AT), ratio),))) == []


@pytest.mark.parametrize("late", [-5, 0, 1, 5])
@pytest.mark.parametrize("ratio", [2, 5, 0.4406, 1 / 10])
def test_a_split_not_applied_to_the_rows_before_is_found_beside_its_event(ratio: float, late: int) -> None:
    rows = scaled(fit(), slice(AT, None), 1 / ratio, ratio)
    assert codes(dataclasses.replace(rows, splits=(Split(day(rows, AT + late), ratio),))) == ["split_not_applied"]


@pytest.mark.parametrize("ratio", [2, 5, 1 / 10])
def test_a_split_applied_twice_is_found(ratio: float) -> None:
    rows = scaled(fit(), slice(None, AT), 1 / ratio, ratio)
    assert codes(dataclasses.replace(rows, splits=(Split(day(rows, AT), ratio),))) == ["split_applied_twice"]


def test_a_spin_off_without_an_event_is_found() -> None:
    assert codes(scaled(fit(), slice(AT, None), 0.55, 1.8)) == ["level_shift"]


def test_a_foreign_share_under_the_symbol_is_found() -> None:
    assert codes(scaled(fit(), slice(AT, None), 0.37, 0.02)) == ["level_shift"]


# Units and prints


@pytest.mark.parametrize("times", [100.0, 0.01])
def test_a_change_of_unit_is_found_whatever_the_volume(times: float) -> None:
    assert codes(scaled(fit(), slice(AT, None), times)) == ["unit_shift"]
    assert codes(scaled(fit(), slice(AT, None), times, 1 / times)) == ["unit_shift"]


def test_cents_for_some_weeks_are_found_at_both_ends() -> None:
    assert codes(scaled(fit(), slice(AT, AT + 20), 100.0)) == ["unit_shift", "unit_shift"]


@pytest.mark.parametrize("times", [100.0, 10.0, 2.1, 0.47, 0.1, 0.01, 0.0001])
@pytest.mark.parametrize("rows_wrong", [1, 3])
def test_rows_that_come_back_are_one_bad_print(times: float, rows_wrong: int) -> None:
    rows = scaled(fit(), slice(AT, AT + rows_wrong), times)
    (found,) = find_faults(rows, SESSIONS, newest=LAST)
    assert (found.code, found.session) == (FaultCode.BAD_PRINT, day(rows, AT))


# News


def test_a_crash_on_many_trades_is_no_fault() -> None:
    assert codes(scaled(fit(daily=0.03), slice(AT, None), 0.2, 50.0)) == []


def test_a_crash_that_is_argued_about_within_the_day_is_no_fault() -> None:
    rows = scaled(fit(daily=0.03), slice(AT, None), 0.2, 10.0)
    closed = float(rows.close[AT])
    assert codes(with_values(rows, AT, open=closed * 0.9, high=closed * 1.15, low=closed * 0.85)) == []


def test_a_rise_to_four_times_on_very_many_trades_is_no_fault() -> None:
    rows = scaled(scaled(fit(), slice(AT, None), 4.0), slice(AT, AT + 5), 1.0, 60.0)
    assert codes(rows) == []


def test_a_fall_by_half_within_the_day_is_no_fault() -> None:
    rows = fit()
    opened, closed = float(rows.open[AT]), float(rows.close[AT]) * 0.5
    fallen = scaled(rows, slice(AT, None), 0.5)
    fallen = with_values(fallen, AT, open=opened, high=opened * 1.01, low=closed * 0.98, close=closed)
    assert codes(fallen) == []


def test_a_move_over_a_hole_in_the_rows_is_no_fault() -> None:
    rows = scaled(fit(), slice(AT, None), 0.45)
    hole = np.r_[np.arange(AT - 30), np.arange(AT, ROWS)]
    assert codes(rows.take(hole)) == []


#: open, high, low, close, millions of shares: 2021-01-13 to 2021-02-05, before the later 4:1 split.
GAMESTOP = [
    (20.42, 38.65, 20.03, 31.40, 144.5),
    (38.09, 43.06, 33.05, 39.91, 93.7),
    (38.49, 40.75, 34.01, 35.50, 46.8),
    (41.55, 45.52, 36.64, 39.36, 74.7),
    (37.37, 41.19, 36.06, 39.12, 33.5),
    (39.23, 44.75, 37.00, 43.03, 56.2),
    (42.59, 76.76, 42.32, 65.01, 196.8),
    (96.73, 159.18, 61.13, 76.79, 177.9),
    (88.56, 150.00, 80.20, 147.98, 178.6),
    (354.83, 380.00, 249.00, 347.51, 93.4),
    (265.00, 483.00, 112.25, 193.60, 58.8),
    (379.71, 413.98, 250.00, 325.00, 50.6),
    (316.56, 322.00, 212.00, 225.00, 37.4),
    (140.76, 158.00, 74.22, 90.00, 78.2),
    (112.01, 113.40, 85.25, 92.41, 42.7),
    (91.19, 91.50, 53.33, 53.50, 62.4),
    (54.04, 95.00, 51.09, 63.77, 81.3),
]


@pytest.mark.parametrize("days", range(1, len(GAMESTOP) + 1))
def test_the_squeeze_of_gamestop_is_no_fault_on_any_of_its_days(days: int) -> None:
    before = scaled(fit(60, daily=0.04), slice(None), 0.4, 7.0)
    before = scaled(before, slice(None), 19.95 / float(before.close[-1]))
    squeeze = np.array(GAMESTOP[:days]).T
    columns = {
        name: np.r_[getattr(before, name), prices]
        for name, prices in zip(("open", "high", "low", "close"), squeeze[:4], strict=True)
    }
    rows = RawSeries(
        sessions_to(LAST, 60 + days),
        **columns,
        adj_close=columns["close"].copy(),
        volume=np.r_[before.volume, squeeze[4] * 1e6],
    )
    assert codes(rows) == []


# Dividends


def adjusted(rows: RawSeries, at: int, times: float) -> RawSeries:
    """The series with the adjustment of all rows before one changed."""
    adj_close = rows.adj_close.copy()
    adj_close[:at] *= times
    return dataclasses.replace(rows, adj_close=adj_close)


def amounts(rows: RawSeries, *, times: float) -> RawSeries:
    return dataclasses.replace(rows, dividends=tuple(Dividend(d.ex_date, d.amount * times) for d in rows.dividends))


QUARTERLY = ((20, 0.01), (82, 0.011))


def test_dividends_that_are_adjusted_for_are_no_fault() -> None:
    assert codes(paying(fit(), *QUARTERLY)) == []


def test_two_dividends_of_one_day_are_one_payment() -> None:
    rows = paying(fit(), (AT, 0.03))
    (both,) = rows.dividends
    parts = (Dividend(both.ex_date, both.amount / 3), Dividend(both.ex_date, both.amount * 2 / 3))
    assert codes(dataclasses.replace(rows, dividends=parts)) == []


def test_dividends_outside_the_rows_are_passed_over() -> None:
    rows = fit()
    outside = (Dividend(day(rows, 0), 1.0), Dividend(date(2020, 1, 2), 1.0), Dividend(date(2025, 1, 10), 1.0))
    assert codes(dataclasses.replace(rows, dividends=outside)) == []


def test_a_large_dividend_explains_the_fall_of_the_price() -> None:
    assert codes(paying(fit(), (AT, 0.5))) == []


Change = Callable[[RawSeries], RawSeries]
ADJUSTMENTS: list[tuple[str, Change]] = [
    ("dividend_not_applied", lambda rows: adjusted(rows, 82, 1 / (1 - 0.011))),
    ("dividend_doubled", lambda rows: adjusted(rows, 82, (1 - 0.022) / (1 - 0.011))),
    ("dividend_mismatch", lambda rows: adjusted(rows, 82, (1 - 0.055) / (1 - 0.011))),
    ("adjustment_without_dividend", lambda rows: adjusted(rows, 50, 0.98)),
    ("adjustment_absurd", lambda rows: adjusted(rows, 50, -1.0)),
]


@pytest.mark.parametrize(("expected", "change"), ADJUSTMENTS, ids=[code for code, _ in ADJUSTMENTS])
def test_an_adjustment_that_does_not_follow_from_the_dividends_is_found(expected: str, change: Change) -> None:
    assert codes(change(paying(fit(), *QUARTERLY))) == [expected]


@pytest.mark.parametrize("times", [100.0, 5.0, 0.01])
def test_amounts_in_another_unit_than_the_adjustment_are_found(times: float) -> None:
    found = codes(amounts(paying(fit(), *QUARTERLY), times=times))
    assert len([code for code in found if code.startswith("dividend")]) >= 2


def test_a_dividend_paid_again_within_days_is_found() -> None:
    assert codes(paying(fit(), (AT, 0.01), (AT + 1, 0.01))) == ["dividend_doubled"]


def test_weekly_dividends_are_no_fault() -> None:
    assert codes(paying(fit(), *((at, 0.004) for at in range(10, 110, 4)))) == []


def test_a_dividend_of_a_hundredth_of_the_one_before_is_found() -> None:
    rows = paying(fit(), (20, 0.01))
    again = paying(rows, (82, 0.01 / 100 * float(rows.close[19] / rows.close[81])))
    again = dataclasses.replace(again, dividends=rows.dividends + again.dividends)
    assert [code for code in codes(again) if code == "dividend_absurd"] == ["dividend_absurd"]


def test_a_large_dividend_that_the_price_does_not_feel_is_found() -> None:
    rows = fit()
    unfelt = dataclasses.replace(rows, dividends=(Dividend(day(rows, AT), 0.2 * float(rows.close[AT - 1])),))
    assert codes(adjusted(unfelt, AT, 0.8)) == ["dividend_absurd"]


def test_a_dividend_of_nothing_is_found() -> None:
    rows = fit()
    assert codes(dataclasses.replace(rows, dividends=(Dividend(day(rows, AT), 0.0),))) == ["dividend_absurd"]
