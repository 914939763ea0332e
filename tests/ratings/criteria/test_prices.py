"""N1, N2, S1."""

import numpy as np
import pandas as pd
import pytest

from tests.ratings.builders import facts, panel, steady
from tests.ratings.criteria.judged import judge


def flat(count: int = 260, value: float = 100.0) -> np.ndarray:
    return np.full(count, value)


@pytest.mark.parametrize(
    ("last", "points", "passed"),
    [
        (100, 10, 1),
        (95, 10, 1),
        (92.5, 8.5, 1),
        (90, 7, 1),
        (85, 4, 1),
        (84.9, 3.96, 0),
        (80, 2, 0),
        (75, 0, 0),
        (60, 0, 0),
    ],
)
def test_n1_points_fall_with_the_distance_from_the_high(last: float, points: float, passed: float) -> None:
    close = flat()
    close[-1] = last
    verdict = judge("N1", facts(panel({"A": close})))
    assert verdict["points"] == pytest.approx(points)
    assert (verdict["passed"], verdict["value"]) == (passed, pytest.approx(100 - last))


def test_n1_the_high_is_intraday_and_252_sessions_old_at_most() -> None:
    close = panel({"A": flat()})
    high = close.copy()
    high.iloc[-252, 0] = 125.0
    high.iloc[-253, 0] = 400.0
    verdict = judge("N1", facts(close, high=high))
    assert (verdict["value"], verdict["high_252"]) == (pytest.approx(20), 125)
    assert verdict["high_on"] == close.index[-252]


def test_n1_a_missing_high_is_replaced_by_the_close() -> None:
    close = panel({"A": flat()})
    assert judge("N1", facts(close, high=close * np.nan))["value"] == 0


@pytest.mark.parametrize(("count", "available"), [(125, 0), (126, 10)])
def test_n1_needs_126_sessions(count: int, available: float) -> None:
    close = flat()
    close[:-count] = np.nan
    assert judge("N1", facts(panel({"A": close})))["available"] == available


def test_n1_needs_a_price_at_t0() -> None:
    close = flat()
    close[-1] = np.nan
    assert judge("N1", facts(panel({"A": close})))["reason"] == "no_price"


def breakout(ago: int, ratio: float, price: float = 101.0) -> dict[str, object]:
    close, volume = flat(), flat(value=1000.0)
    close[-1 - ago] = price
    close[-ago:] = 99.0 if ago else close[-ago:]
    volume[-1 - ago] = 1000.0 * ratio
    return judge("N2", facts(panel({"A": close}), volume=panel({"A": volume})))


def test_n2_a_new_high_on_heavy_volume_passes() -> None:
    verdict = breakout(ago=3, ratio=1.5)
    assert (verdict["points"], verdict["passed"], verdict["value"]) == (5, 1, pytest.approx(1.5))


def test_n2_the_day_is_named() -> None:
    assert breakout(ago=3, ratio=1.5)["new_high_on"] == panel({"A": flat()}).index[-4]


def test_n2_volume_below_1_4_times_the_mean_fails() -> None:
    verdict = breakout(ago=0, ratio=1.39)
    assert (verdict["points"], verdict["available"], verdict["passed"]) == (0, 5, 0)


def test_n2_a_price_just_below_the_highest_is_no_new_high() -> None:
    assert breakout(ago=0, ratio=2.0, price=99.99)["points"] == 0


def test_n2_the_high_is_of_fifty_sessions() -> None:
    close, volume = flat(), flat(value=1000.0)
    close[-51], close[-1], volume[-1] = 120.0, 101.0, 2000.0
    assert judge("N2", facts(panel({"A": close}), volume=panel({"A": volume})))["points"] == 5
    close[-50] = 120.0
    assert judge("N2", facts(panel({"A": close}), volume=panel({"A": volume})))["points"] == 0


@pytest.mark.parametrize(("ago", "points"), [(9, 5), (10, 0)])
def test_n2_looks_back_ten_sessions(ago: int, points: float) -> None:
    assert breakout(ago, ratio=2.0)["points"] == points


def test_n2_without_a_new_high_fails_and_says_so() -> None:
    verdict = judge("N2", facts(panel({"A": steady(50.0)})))
    assert (verdict["points"], verdict["available"], verdict["reason"]) == (0, 5, "no_new_high")


def test_n2_needs_volume() -> None:
    close = panel({"A": flat()})
    verdict = judge("N2", facts(close, volume=close * np.nan))
    assert (verdict["reason"], verdict["available"]) == ("no_volume", 0)


def test_n2_needs_forty_closes_of_fifty() -> None:
    close = flat()
    close[:-39] = np.nan
    assert judge("N2", facts(panel({"A": close})))["reason"] == "short_history"


def days_up_and_down(up: int, down: int, up_volume: float, down_volume: float) -> dict[str, object]:
    """A history that ends with `up` days up, then `down` days down, flat before."""
    moves = np.array([0.0] * (260 - up - down) + [0.01] * up + [-0.01] * down)
    volume = np.where(moves < 0, down_volume, up_volume)
    close = 100.0 * np.cumprod(1 + moves)
    return judge("S1", facts(panel({"A": close}), volume=panel({"A": volume})))


@pytest.mark.parametrize(
    ("ratio", "points", "passed"),
    [(0.8, 0, 0), (0.9, 0, 0), (1.05, 2, 0), (1.2, 4, 1), (1.35, 5.5, 1), (1.5, 7, 1), (1.6, 7, 1)],
)
def test_s1_is_volume_up_over_volume_down(ratio: float, points: float, passed: float) -> None:
    verdict = days_up_and_down(25, 25, up_volume=1000 * ratio, down_volume=1000)
    assert (verdict["value"], verdict["points"]) == (pytest.approx(ratio), pytest.approx(points, abs=1e-6))
    assert verdict["passed"] == pytest.approx(passed)


def test_s1_counts_fifty_sessions() -> None:
    verdict = days_up_and_down(30, 40, up_volume=100, down_volume=50)
    assert (verdict["up_volume"], verdict["down_volume"]) == (1000, 2000)


def test_s1_no_down_day_earns_everything_without_a_ratio() -> None:
    verdict = days_up_and_down(50, 0, up_volume=100, down_volume=100)
    assert (verdict["points"], verdict["passed"], verdict["reason"]) == (7, 1, "no_down_day")
    assert np.isnan(verdict["value"])


def test_s1_a_price_that_never_moves_has_no_volume_to_compare() -> None:
    assert judge("S1", facts(panel({"A": flat()})))["reason"] == "no_volume"


def test_s1_needs_forty_sessions() -> None:
    close = steady(150.0)
    close[:-40] = np.nan
    assert judge("S1", facts(panel({"A": close})))["reason"] == "short_history"


def test_s1_a_gap_is_compared_with_the_last_close() -> None:
    close = steady(150.0)
    close[-5] = np.nan
    verdict = judge("S1", facts(panel({"A": close}), volume=panel({"A": np.full(260, 1.0)})))
    assert pd.notna(verdict["points"])
    assert (verdict["up_volume"], verdict["sessions"]) == (49, 49)
