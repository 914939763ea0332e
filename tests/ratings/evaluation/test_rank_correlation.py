import numpy as np
import pytest

from canslim_ratings.evaluation.rank_correlation import information_coefficients

NAN = np.nan


def of(values: list[float], returns: list[float]) -> float:
    return float(information_coefficients(np.array([values]), np.array([returns]))[0])


def test_the_same_order_is_one_and_the_opposite_minus_one() -> None:
    assert of([1, 2, 3, 4], [0.1, 0.2, 0.9, 7.0]) == pytest.approx(1.0)
    assert of([1, 2, 3, 4], [7.0, 0.9, 0.2, 0.1]) == pytest.approx(-1.0)


def test_it_is_one_less_six_squared_differences() -> None:
    # Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 (1 + 1 + 1 + 1) / (5 (25 - 1)).
    assert of([10, 20, 30, 40, 50], [2, 1, 4, 3, 5]) == pytest.approx(0.8)


def test_equals_share_their_average_rank() -> None:
    # Ranks 1.5 1.5 3 against 1 2 3: 1.5 / sqrt(1.5 x 2).
    assert of([1, 1, 2], [1, 2, 3]) == pytest.approx(1.5 / np.sqrt(3.0))


def test_a_pair_with_a_missing_half_counts_for_nothing() -> None:
    assert of([1, 9, 2, 3, NAN], [5, NAN, 6, 7, 0]) == pytest.approx(1.0)


def test_what_does_not_vary_correlates_with_nothing() -> None:
    assert np.isnan(of([1, 1, 1], [1, 2, 3]))
    assert np.isnan(of([NAN, NAN], [1, 2]))
