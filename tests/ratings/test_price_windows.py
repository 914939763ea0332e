import numpy as np

from canslim_ratings.price_windows import anchors, jumps, starts_later

PRICES = np.array([[10.0, np.nan], [11.0, np.nan], [np.nan, 20.0], [12.0, 21.0], [13.0, 40.0]])


def test_an_anchor_is_counted_from_the_last_row() -> None:
    starts, filled = anchors(PRICES, (1, 4))
    np.testing.assert_array_equal(starts, [[12, 21], [10, np.nan]])
    assert not filled.any()


def test_an_anchor_without_a_price_takes_an_older_one_and_says_so() -> None:
    starts, filled = anchors(PRICES, (2,))
    np.testing.assert_array_equal(starts, [[11, 20]])
    assert filled.tolist() == [[True, False]]


def test_an_anchor_before_the_panel_is_missing() -> None:
    assert np.isnan(anchors(PRICES, (5,))[0]).all()


def test_a_history_starts_later_than_an_anchor_that_no_price_precedes() -> None:
    assert starts_later(PRICES, 3).tolist() == [False, True]
    assert starts_later(PRICES, 9).tolist() == [True, True]


def test_a_jump_is_a_move_above_40_percent_from_one_price_to_the_next() -> None:
    assert jumps(PRICES).tolist() == [[False, False], [False, False], [False, False], [False, True]]
    gap = np.array([[10.0], [np.nan], [15.0]])
    assert jumps(gap).tolist() == [[False], [True]]
