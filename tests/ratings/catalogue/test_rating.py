import numpy as np
import pytest

from canslim_core.ratings import RATINGS
from canslim_ratings import CATALOGUE, Rating, rate_all
from tests.ratings.builders import facts, panel, steady, strengths
from tests.ratings.world import world

each_rating = pytest.mark.parametrize("rating", CATALOGUE, ids=lambda rating: rating.name)
SMR = next(rating for rating in CATALOGUE if rating.name == "smr_grade")


def test_grades_go_by_the_lowest_value_of_each() -> None:
    found = SMR.grade(np.array([1.0, 19.0, 20.0, 79.0, 80.0, 99.0, np.nan]))
    assert found.tolist() == ["E", "E", "D", "B", "A", "A", None]


def test_a_plain_number_has_no_grade() -> None:
    assert CATALOGUE[0].grade(np.array([99.0, np.nan])).tolist() == [None, None]


@each_rating
def test_grades_cover_the_whole_scale(rating: Rating) -> None:
    if rating.grades:
        lowest = [least for least, _ in rating.grades]
        assert lowest == sorted(lowest, reverse=True)
        assert lowest[-1] == rating.low
        assert lowest[0] <= rating.high


def test_the_table_the_reasons_and_the_details_agree() -> None:
    ratings = rate_all(facts(panel({"A": steady(150.0), "B": steady(90.0)}), rs=strengths({"A": 99, "B": 1})))
    details = dict(ratings.details(["B", "GONE"]))
    assert list(details) == ["B"]
    for name, detail in details["B"].items():
        value = ratings.table.loc["B", name]
        assert detail["value"] == (None if np.isnan(value) else pytest.approx(value, abs=1e-6))
        assert detail["reason"] == ratings.reasons.loc["B", name]
    assert details["B"]["rs_rating"]["inputs"] == {"raw": 0.01, "rank": 1.0, "ranked": 2.0, "anchor_filled": False}


def test_versions_are_by_name_in_the_order_of_the_catalogue() -> None:
    versions = rate_all(facts()).versions
    assert list(versions) == [rating.name for rating in CATALOGUE]


@each_rating
def test_a_value_is_worked_out_and_a_missing_one_explained(rating: Rating) -> None:
    ratings = rate_all(world(24, seed=1).facts())
    for (_, details), value in zip(ratings.details(), ratings[rating.name].value, strict=True):
        text = RATINGS[rating.name].work_out(details[rating.name])
        assert (text in rating.missing.values()) == np.isnan(value)
        assert "{" not in text


def test_a_value_is_worked_out_by_plain_formatting() -> None:
    [(_, details)] = rate_all(facts()).details(["A"])
    found = details["rs_rating"]
    rating = CATALOGUE[0]
    assert rating.worked.format(**found, **found["inputs"]) == RATINGS["rs_rating"].work_out(found)
