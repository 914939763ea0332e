import numpy as np
import pytest

from canslim_ratings.evaluation.forward_returns import ForwardReturns

NAN = np.nan
#: Rises, stops after row 3, misses a row, starts late.
PRICES = np.array(
    [
        [10.0, 10.0, 10.0, NAN],
        [11.0, 20.0, 10.0, NAN],
        [12.0, 10.0, NAN, 4.0],
        [13.0, 5.0, 30.0, 4.0],
        *[[14.0, NAN, 40.0, 6.0]] * 8,
    ]
)
NO_SUSPECTS = np.zeros(PRICES.shape, dtype=np.bool_)


def held(bought: int, sold: int, suspect: np.ndarray = NO_SUSPECTS) -> ForwardReturns:
    return ForwardReturns.between(PRICES, suspect, np.array([bought]), np.array([sold]))


def test_a_return_goes_from_the_close_bought_to_the_close_sold() -> None:
    np.testing.assert_allclose(held(1, 3).returns[0, 0], 13 / 11 - 1)


def test_a_stock_that_stopped_trading_earns_until_its_last_close_and_is_counted() -> None:
    found = held(1, 11)
    np.testing.assert_allclose(found.returns[0, 1], 5 / 20 - 1)
    assert found.ended.tolist() == [[False, True, False, False]]


def test_a_stock_that_stopped_in_the_last_week_of_the_window_earns_the_same_and_is_no_other_than_a_gap() -> None:
    found = held(1, 8)
    np.testing.assert_allclose(found.returns[0, 1], 5 / 20 - 1)
    assert not found.ended.any()


def test_a_gap_at_the_sale_takes_the_close_before_it() -> None:
    np.testing.assert_allclose(held(0, 2).returns[0, 2], 0.0)


@pytest.mark.parametrize(("bought", "symbol"), [(2, 2), (1, 3), (5, 1)])
def test_what_has_no_close_cannot_be_bought(bought: int, symbol: int) -> None:
    found = held(bought, 11)
    assert np.isnan(found.returns[0, symbol])
    assert not found.ended[0, symbol]


@pytest.mark.parametrize(("row", "left_out"), [(1, False), (2, True), (4, True), (5, False)])
def test_a_suspect_move_counts_from_the_session_after_the_purchase_to_the_sale(row: int, left_out: bool) -> None:
    suspect = NO_SUSPECTS.copy()
    suspect[row, 0] = True
    found = held(1, 4, suspect)
    assert found.suspect[0, 0] == left_out
    assert np.isnan(found.returns[0, 0]) == left_out
    assert not np.isnan(found.returns[0, 1])
