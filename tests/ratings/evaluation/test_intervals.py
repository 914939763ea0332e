import numpy as np
import pytest

from canslim_ratings.evaluation.intervals import estimate, independent_windows, student

#: As many weekly sessions, and as long a horizon, as the report on 2016 has.
ROWS, HORIZON = np.arange(48) * 5, 21


def overlapping_sums(worlds: int, rows: np.ndarray, horizon: int, seed: int) -> np.ndarray:
    """Worlds x windows: sums over windows of draws without memory, whose true mean is zero."""
    draws = np.random.default_rng(seed).standard_normal((worlds, int(rows.max()) + horizon))
    total = np.concatenate([np.zeros((worlds, 1)), draws.cumsum(axis=1)], axis=1)
    return np.asarray(total[:, rows + horizon] - total[:, rows])


def test_without_overlap_it_is_the_ordinary_t_interval() -> None:
    found = estimate(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([0, 10, 20, 30, 40]), 10)
    half = 2.776 * np.std([1, 2, 3, 4, 5], ddof=1) / np.sqrt(5)
    np.testing.assert_allclose([found.value, found.low, found.high], [3.0, 3.0 - half, 3.0 + half])
    assert (found.sessions, found.windows, found.reason) == (5, 5.0, None)


def test_two_windows_that_share_half_are_worth_four_thirds() -> None:
    # The four correlations of the pairs are 1, 1/2, 1/2 and 1.
    assert independent_windows(np.array([0, 5]), 10) == pytest.approx(4 / 3)


def test_many_starts_within_a_window_are_worth_hardly_more_than_one() -> None:
    assert 1.0 < independent_windows(np.arange(10), 126) < 1.05


def test_under_three_independent_windows_there_is_a_value_and_a_reason_but_no_interval() -> None:
    found = estimate(np.arange(27.0), np.arange(27) * 5, 126)
    assert found.value == 13.0
    assert np.isnan([found.low, found.high]).all()
    assert found.reason == "too_few_windows"
    assert not found.excludes_zero


def test_missing_values_are_left_out() -> None:
    values, rows = np.array([1.0, np.nan, 2.0, 3.0, 4.0]), np.arange(5) * 30
    there = ~np.isnan(values)
    assert estimate(values, rows, 10) == estimate(values[there], rows[there], 10)


def test_nothing_measured_gives_a_reason() -> None:
    found = estimate(np.array([np.nan]), np.array([3]), 10)
    assert np.isnan(found.value)
    assert (found.sessions, found.windows, found.reason) == (0, 0.0, "no_sessions")


@pytest.mark.parametrize(("freedom", "point"), [(1, 12.706), (9, 2.262), (10, 2.228), (15, 2.131), (30, 2.042)])
def test_student_is_what_tables_have(freedom: int, point: float) -> None:
    assert student(freedom) == pytest.approx(point, abs=1e-3)


@pytest.mark.parametrize(("count", "horizon"), [(48, 21), (40, 63), (250, 21), (250, 126)])
def test_intervals_hold_the_truth_as_often_as_they_say_or_more(count: int, horizon: int) -> None:
    rows = np.arange(count) * 5
    found = [estimate(sums, rows, horizon) for sums in overlapping_sums(1000, rows, horizon, seed=1)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) > 0.93


def test_of_ten_or_more_windows_intervals_are_no_wider_than_they_must_be() -> None:
    found = [estimate(sums, ROWS, HORIZON) for sums in overlapping_sums(1000, ROWS, HORIZON, seed=2)]
    assert np.mean([one.low <= 0 <= one.high for one in found]) < 0.97


def test_the_usual_block_bootstrap_would_claim_too_much() -> None:
    """Why it is not used: of 95 % intervals by the stationary bootstrap (Politis and Romano) a fifth miss."""
    chance, count = np.random.default_rng(3), len(ROWS)
    fresh = chance.random((400, count)) < 5 / HORIZON
    draws = chance.integers(count, size=(400, count))
    at = draws.copy()
    for place in range(1, count):
        at[:, place] = np.where(fresh[:, place], draws[:, place], (at[:, place - 1] + 1) % count)
    means = overlapping_sums(1000, ROWS, HORIZON, seed=3)[:, at].mean(axis=2)
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    assert np.mean((low <= 0) & (high >= 0)) < 0.85
