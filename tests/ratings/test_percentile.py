import numpy as np
import pytest

from canslim_ratings.percentile import (
    Ranking,
    among,
    average_ranks,
    half_even_of_share,
    spread_over_ranks,
    weighted_mean,
)


def test_ranks_count_from_one_and_leave_missing_scores_out() -> None:
    np.testing.assert_array_equal(average_ranks(np.array([3.0, np.nan, 1.0, 3.0])), [2.5, np.nan, 1.0, 2.5])


def test_ranks_spread_from_1_to_99() -> None:
    np.testing.assert_array_equal(spread_over_ranks(np.array([1.0, 2.0, 3.0]), 3), [1, 50, 99])


def test_halves_round_to_even_in_the_mapping_of_ibd_rs_rating() -> None:
    # 98 * 0.25 + 1 = 25.5 and 98 * 0.75 + 1 = 74.5.
    np.testing.assert_array_equal(half_even_of_share(np.array([1.0, 3.0]), 4), [26, 74])


def test_one_alone_has_no_rating_in_either_mapping() -> None:
    assert np.isnan(spread_over_ranks(np.array([1.0]), 1)).all()
    assert np.isnan(half_even_of_share(np.array([1.0]), 1)).all()


def test_a_score_among_others_is_the_share_below_it() -> None:
    ranked = np.array([1.0, 2.0, np.nan, 3.0, 4.0])
    np.testing.assert_array_equal(among(np.array([0.0, 2.5, 3.0, 9.0, np.nan]), ranked), [1, 50, 62, 99, np.nan])


def test_nothing_is_among_nobody() -> None:
    assert np.isnan(among(np.array([1.0]), np.array([np.nan]))).all()


def test_a_ranking_knows_ranks_ratings_and_unrounded_places() -> None:
    ranking = Ranking.of(np.array([5.0, np.nan, 1.0, 3.0, 4.0]))
    np.testing.assert_array_equal(ranking.ranks, [4, np.nan, 1, 2, 3])
    np.testing.assert_array_equal(ranking.rating, [99, np.nan, 1, 34, 66])
    np.testing.assert_allclose(ranking.place, [99, np.nan, 1, 1 + 98 / 3, 1 + 196 / 3])
    assert ranking.count == 4


def test_one_alone_has_no_place() -> None:
    assert np.isnan(Ranking.of(np.array([5.0, np.nan])).place).all()


def test_the_weighted_mean_is_that_of_the_parts_that_exist() -> None:
    mean, weight = weighted_mean([np.array([1.0, 1.0, np.nan]), np.array([5.0, np.nan, np.nan])], [3.0, 1.0])
    np.testing.assert_array_equal(mean, [2, 1, np.nan])
    assert weight == pytest.approx([1, 0.75, 0])
