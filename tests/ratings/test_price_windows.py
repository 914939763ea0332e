import numpy as np
import pandas as pd

from canslim_ratings.price_windows import anchors, starts_later, unexplained_jumps
from tests.ratings.builders import sessions

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


def test_a_known_action_explains_the_jump_of_its_day() -> None:
    ex_date = sessions(5)[-1]
    assert not jumps(PRICES, pd.DataFrame({"symbol": ["B"], "session": [ex_date]})).any()
    for symbol, day in (
        ("A", ex_date),
        ("GONE", ex_date),
        ("B", sessions(5)[2]),
        ("B", ex_date + pd.Timedelta(days=9)),
    ):
        assert jumps(PRICES, pd.DataFrame({"symbol": [symbol], "session": [day]})).any()


def jumps(prices: np.ndarray, known_actions: pd.DataFrame | None = None) -> np.ndarray:
    symbols = pd.Index(["A", "B"][: prices.shape[1]])
    return unexplained_jumps(prices, sessions(len(prices)), symbols, known_actions)
