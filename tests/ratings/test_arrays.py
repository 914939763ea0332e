import numpy as np
import pandas as pd
import pytest

from canslim_ratings.arrays import fill_forward, rolling_highest, rolling_sum, texts_where

PANEL = np.random.default_rng(1).normal(size=(60, 7))
PANEL[np.random.default_rng(2).random(PANEL.shape) < 0.2] = np.nan
PANEL[:, 3] = np.nan
PANEL[:, 5] = 1.0


def test_gaps_take_the_value_above_and_a_start_without_one_stays_missing() -> None:
    np.testing.assert_array_equal(fill_forward(PANEL), pd.DataFrame(PANEL).ffill().to_numpy())


def test_a_panel_without_gaps_is_not_copied() -> None:
    whole = np.ones((3, 2))
    assert fill_forward(whole) is whole


@pytest.mark.parametrize("window", [1, 2, 3, 50, 60])
def test_rolling_figures_are_those_of_each_window(window: int) -> None:
    rolling = pd.DataFrame(PANEL).rolling(window, min_periods=1)
    np.testing.assert_array_equal(rolling_highest(PANEL, window), rolling.max().to_numpy()[window - 1 :])
    expected = rolling.sum().fillna(0.0).to_numpy()[window - 1 :]
    np.testing.assert_allclose(rolling_sum(PANEL, window), expected, atol=1e-12)


def test_texts_stay_where_the_mask_holds() -> None:
    assert texts_where(np.array([True, False]), np.array(["a", "b"], dtype=object)).tolist() == ["a", None]
