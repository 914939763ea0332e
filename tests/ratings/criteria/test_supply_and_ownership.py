"""S2, I1, I2."""

import numpy as np
import pytest

from tests.ratings.builders import facts, snapshots
from tests.ratings.criteria.judged import judge


def owned(*rows: tuple[str, dict[str, float]]) -> object:
    return facts(ownership=snapshots(*rows))


@pytest.mark.parametrize(
    ("shares", "points", "passed"), [(100e6, 3, 1), (101e6, 1.5, 0), (500e6, 1.5, 0), (501e6, 0, 0)]
)
def test_s2_fewer_shares_earn_more(shares: float, points: float, passed: float) -> None:
    verdict = judge("S2", owned(("2024-11-15", {"shares_float": shares})))
    assert (verdict["points"], verdict["passed"], verdict["value"]) == (points, passed, shares)


def test_s2_shares_outstanding_stand_in_for_an_unknown_float() -> None:
    assert judge("S2", owned(("2024-11-15", {"shares_outstanding": 90e6})))["points"] == 3


def test_s2_a_large_company_that_buys_back_passes() -> None:
    verdict = judge(
        "S2", owned(("2023-11-15", {"shares_outstanding": 2e9}), ("2024-11-15", {"shares_outstanding": 1.9e9}))
    )
    assert (verdict["points"], verdict["passed"]) == (3, 1)


@pytest.mark.parametrize("name", ["S2", "I1", "I2"])
def test_without_a_snapshot_there_is_no_ownership(name: str) -> None:
    verdict = judge(name, facts())
    assert (verdict["reason"], verdict["available"]) == ("no_ownership", 0)


@pytest.mark.parametrize("name", ["S2", "I1"])
def test_a_snapshot_without_the_figure_is_not_reported(name: str) -> None:
    verdict = judge(name, owned(("2024-11-15", {"holders": 5})))
    assert (verdict["reason"], verdict["available"]) == ("not_reported", 0)


@pytest.mark.parametrize(
    ("pct", "points", "passed"),
    [
        (10, 0, 0),
        (19.9, 0, 0),
        (20, 2, 1),
        (29.9, 2, 1),
        (30, 5, 1),
        (80, 5, 1),
        (80.1, 2, 1),
        (90, 2, 1),
        (90.1, 2, 0),
        (95, 2, 0),
        (95.1, 0, 0),
    ],
)
def test_i1_likes_sponsors_and_room_for_more(pct: float, points: float, passed: float) -> None:
    verdict = judge("I1", owned(("2024-11-15", {"institutional_pct": pct})))
    assert (verdict["points"], verdict["passed"], verdict["value"]) == (points, passed, pct)


def test_i1_above_100_percent_is_kept_flagged_and_judged_as_100() -> None:
    verdict = judge("I1", owned(("2024-11-15", {"institutional_pct": 113.9})))
    assert (verdict["value"], verdict["points"], verdict["reason"]) == (113.9, 0, "above_100")
    assert verdict["available"] == 5


@pytest.mark.parametrize(("now", "points", "passed"), [(11, 5, 1), (10, 2, 0), (9, 0, 0)])
def test_i2_compares_holders_with_the_report_before(now: float, points: float, passed: float) -> None:
    verdict = judge("I2", owned(("2024-08-15", {"holders": 10}), ("2024-11-15", {"holders": now})))
    assert (verdict["points"], verdict["passed"], verdict["value"]) == (points, passed, now - 10)
    assert verdict["measure"] == "holders"


def test_i2_compares_percent_where_holders_are_unknown() -> None:
    verdict = judge("I2", owned(("2024-08-15", {"institutional_pct": 40}), ("2024-11-15", {"institutional_pct": 42})))
    assert (verdict["points"], verdict["value"], verdict["measure"]) == (5, 2, "institutional_pct")


@pytest.mark.parametrize("name", ["S2", "I1", "I2"])
@pytest.mark.parametrize(("as_of", "reason"), [("2024-06-14", None), ("2024-06-13", "stale_ownership")])
def test_a_snapshot_is_stale_after_200_days(name: str, as_of: str, reason: str | None) -> None:
    figures = {"holders": 10.0, "institutional_pct": 50.0, "shares_float": 5e7}
    verdict = judge(name, owned(("2024-03-01", figures), (as_of, figures)))
    assert verdict["reason"] == reason
    assert np.isnan([verdict["points"], verdict["value"]]).all() == (reason is not None)


@pytest.mark.parametrize("name", ["S2", "I1", "I2"])
def test_what_was_known_in_2001_says_nothing_today(name: str) -> None:
    figures = {"holders": 10.0, "institutional_pct": 50.0, "shares_float": 5e7}
    verdict = judge(name, owned(("2000-12-31", figures), ("2001-12-31", figures | {"holders": 20.0})))
    assert (verdict["reason"], verdict["available"]) == ("stale_ownership", 0)


@pytest.mark.parametrize(("before", "reason"), [("2024-04-29", None), ("2024-04-28", "old_snapshot_before")])
def test_i2_does_not_compare_with_a_report_of_over_200_days_before(before: str, reason: str | None) -> None:
    verdict = judge("I2", owned((before, {"holders": 10}), ("2024-11-15", {"holders": 11})))
    assert (verdict["reason"], np.isnan(verdict["points"])) == (reason, reason is not None)


def test_i2_one_snapshot_has_no_trend() -> None:
    verdict = judge("I2", owned(("2024-11-15", {"holders": 10})))
    assert (verdict["reason"], verdict["available"]) == ("one_snapshot_only", 0)
    assert np.isnan(verdict["points"])
