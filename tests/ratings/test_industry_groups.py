import numpy as np

from canslim_ratings.industry_groups import rank_groups


def test_members_see_the_mean_the_size_and_the_rank_of_their_group() -> None:
    groups = np.array([0, 0, 1, 1, 2, 2, 0])
    found = rank_groups(groups, np.array([1.0, 3.0, 5.0, 7.0, 0.0, 1.0, np.nan]))
    assert found.mean.tolist() == [2, 2, 6, 6, 0.5, 0.5, 2]
    assert found.members.tolist() == [2] * 7
    assert found.rank.tolist() == [2, 2, 3, 3, 1, 1, 2]
    assert found.rating.tolist() == [50, 50, 99, 99, 1, 1, 50]
    assert found.count == 3


def test_a_group_of_one_is_small_and_moves_no_other() -> None:
    found = rank_groups(np.array([0, 0, 1, 2, 2]), np.array([1.0, 1.0, 9.0, 2.0, 2.0]))
    assert found.small.tolist() == [False, False, True, False, False]
    np.testing.assert_array_equal(found.rating, [1, 1, np.nan, 99, 99])


def test_who_has_no_group_has_nothing() -> None:
    found = rank_groups(np.array([-1, 0, 0]), np.array([9.0, 1.0, 1.0]))
    assert np.isnan([found.mean[0], found.members[0], found.rank[0]]).all()
    assert not found.small[0]


def test_no_groups_at_all_are_no_error() -> None:
    assert rank_groups(np.array([-1, -1]), np.array([1.0, 2.0])).count == 0
