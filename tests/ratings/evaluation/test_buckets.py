import numpy as np

from canslim_ratings.evaluation.buckets import make_buckets

NAN = np.nan


def test_deciles_are_tenths_by_rank_within_the_session() -> None:
    found = make_buckets(np.array([np.arange(20.0), np.arange(20.0)[::-1] * 7]))
    assert found.labels == ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10")
    assert found.codes[0].tolist() == [at // 2 for at in range(20)]
    assert found.codes[1].tolist() == [at // 2 for at in range(20)][::-1]


def test_equal_ratings_share_a_decile() -> None:
    values = np.arange(20.0)
    values[8:12] = 8.0
    assert len(set(make_buckets(values[None, :]).codes[0, 8:12].tolist())) == 1


def test_the_weakest_are_in_the_first_decile_and_the_strongest_in_the_last_however_many_are_equal() -> None:
    values = np.concatenate([np.full(9, 1.0), np.arange(2.0, 13.0), np.full(10, 99.0)])
    codes = make_buckets(values[None, :]).codes[0]
    assert set(codes[:9]) == {0}
    assert set(codes[-10:]) == {9}


def test_few_values_are_a_bucket_each() -> None:
    found = make_buckets(np.array([[3.0, 1.0, NAN, 1.0], [0.5, 3.0, 3.0, NAN]]))
    assert found.labels == ("0.5", "1", "3")
    assert found.codes.tolist() == [[2, 1, -1, 1], [0, 2, 2, -1]]


def test_grades_are_buckets_from_their_lowest_value_on_weakest_first() -> None:
    found = make_buckets(np.array([[9.0, 80.0, 79.9, NAN, 100.0]]), ((80.0, "A"), (40.0, "B"), (1.0, "C")))
    assert found.labels == ("C", "B", "A")
    assert found.codes.tolist() == [[0, 2, 1, -1, 2]]


def test_a_missing_rating_is_in_no_bucket_and_moves_nobody() -> None:
    values = np.arange(30.0)
    holed = np.append(values, [NAN, NAN])[None, :]
    found = make_buckets(holed).codes[0]
    assert found.tolist() == [*make_buckets(values[None, :]).codes[0].tolist(), -1, -1]


def test_ratings_that_nobody_has_make_empty_deciles() -> None:
    found = make_buckets(np.full((2, 3), NAN))
    assert len(found.labels) == 10
    assert (found.codes == -1).all()
