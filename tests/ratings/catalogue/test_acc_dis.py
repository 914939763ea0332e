import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts
from tests.ratings.builders import facts, panel
from tests.ratings.catalogue.rated import rate


def traded(
    close: np.ndarray, high: np.ndarray | None = None, low: np.ndarray | None = None, volume: np.ndarray | None = None
) -> Facts:
    flat = panel({"A": close})
    others = {name: flat if values is None else panel({"A": values}) for name, values in (("high", high), ("low", low))}
    return facts(flat, volume=panel({"A": np.full(len(close), 10.0) if volume is None else volume}), **others)


def test_it_is_where_closes_lie_in_the_range_weighted_by_volume() -> None:
    # Sixty-four sessions close in the middle of 99 to 101; the last at its top, on six times their volume.
    close, volume = np.full(260, 100.0), np.full(260, 10.0)
    close[-1], volume[-1] = 101.0, 60.0
    found = rate("acc_dis", traded(close, np.full(260, 101.0), np.full(260, 99.0), volume))
    assert found["value"] == pytest.approx(100 * 60 / 700)
    assert (found["volume"], found["net_volume"], found["sessions"]) == (700, 60, 65)


def test_a_gap_down_counts_as_selling_though_the_close_is_the_top_of_the_day() -> None:
    close, volume = np.full(260, 100.0), np.full(260, 10.0)
    high, low = np.full(260, 101.0), np.full(260, 99.0)
    close[-1], high[-1], low[-1] = 90.0, 90.0, 80.0
    # The true range is 80 to 100, in whose middle 90 lies.
    assert rate("acc_dis", traded(close, high, low, volume))["net_volume"] == pytest.approx(0)
    close[-1] = 82.0
    assert rate("acc_dis", traded(close, high, low, volume))["net_volume"] == pytest.approx(-8)


def test_a_day_without_a_range_counts_for_neither_side() -> None:
    assert rate("acc_dis", traded(np.full(260, 100.0)))["value"] == 0


@pytest.mark.parametrize(
    ("value", "grade"), [(32.5, "A+"), (22.5, "A-"), (2.5, "C+"), (0.0, "C"), (-2.6, "C-"), (-22.5, "D-"), (-23, "E")]
)
def test_grades_are_steps_of_five_around_zero(value: float, grade: str) -> None:
    # Every session closes where `value` percent of the way from the middle to an end is.
    close = np.full(260, 100.0)
    found = rate("acc_dis", traded(close, close + 1 - value / 100, close - 1 - value / 100))
    assert found["value"] == pytest.approx(value)
    assert found["grade"] == grade


def test_without_lows_it_is_missing() -> None:
    assert rate("acc_dis", facts())["reason"] == "no_low"


def test_a_missing_high_or_low_is_the_close() -> None:
    gaps = np.full(260, np.nan)
    assert rate("acc_dis", traded(np.linspace(100, 120, 260), gaps, gaps))["value"] == pytest.approx(100)


@pytest.mark.parametrize(("count", "reason"), [(52, "short_history"), (53, None)])
def test_it_needs_52_sessions_and_the_close_before(count: int, reason: str | None) -> None:
    close = np.linspace(100, 120, 260)
    close[:-count] = np.nan
    assert rate("acc_dis", traded(close))["reason"] == reason


@pytest.mark.parametrize(("volume", "reason"), [(0.0, "no_volume"), (np.nan, "short_history")])
def test_it_needs_volume(volume: float, reason: str) -> None:
    assert rate("acc_dis", traded(np.full(260, 100.0), volume=np.full(260, volume)))["reason"] == reason


def test_sixty_six_sessions_are_looked_at() -> None:
    close, high = np.full(260, 100.0), np.full(260, 100.0)
    high[-66] = 500.0
    assert rate("acc_dis", traded(close, high))["value"] == 0
    high[-65] = 500.0
    assert rate("acc_dis", traded(close, high))["value"] == pytest.approx(-100 / 65)


def test_it_needs_a_price_at_t0() -> None:
    close = pd.Series(np.linspace(100, 120, 260)).mask(lambda values: values.index == 259).to_numpy()
    assert rate("acc_dis", traded(close))["reason"] == "no_price"
