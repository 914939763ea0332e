import numpy as np

from canslim_ratings.evaluation.turnover import average, pairs_apart, turnover

MEMBERS = np.array([[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], dtype=np.bool_)


def test_it_is_the_share_of_new_members() -> None:
    found = turnover(MEMBERS, np.array([0, 1, 0]), np.array([1, 2, 2]))
    assert found.tolist() == [0.5, 0.5, 1.0]


def test_an_empty_bucket_has_none() -> None:
    assert np.isnan(turnover(MEMBERS, np.array([2]), np.array([3]))).all()


def test_each_session_is_paired_with_the_first_a_horizon_later() -> None:
    earlier, later = pairs_apart(np.array([0, 5, 10, 17]), 10)
    assert earlier.tolist() == [0, 1]
    assert later.tolist() == [2, 3]


def test_the_average_leaves_out_what_is_missing() -> None:
    assert average(np.array([0.25, np.nan, 0.75])) == 0.5
    assert np.isnan(average(np.array([np.nan])))
