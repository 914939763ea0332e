"""C1, C2, C3."""

import numpy as np
import pandas as pd
import pytest

from tests.ratings.builders import facts, filing, quarters
from tests.ratings.criteria.judged import judge


def eps(*newest_first: float) -> pd.DataFrame:
    return quarters(eps_diluted=newest_first, eps_basic=newest_first)


@pytest.mark.parametrize(
    ("now", "points"), [(0.9, 0), (1.0, 0), (1.05, 2), (1.15, 6), (1.20, 7.5), (1.25, 9), (1.40, 12), (3.0, 12)]
)
def test_c1_points_lie_on_the_line_through_the_steps(now: float, points: float) -> None:
    assert judge("C1", facts(filings=eps(now, 1, 1, 1, 1.0)))["points"] == pytest.approx(points)


def test_c1_value_is_growth_in_percent_with_its_inputs() -> None:
    verdict = judge("C1", facts(filings=eps(1.5, 9, 9, 9, 1.2)))
    assert verdict["value"] == pytest.approx(25.0)
    assert verdict["passed"] == 1
    assert (verdict["eps"], verdict["eps_year_ago"]) == (1.5, 1.2)
    assert verdict["quarter_end"] == pd.Timestamp("2024-09-30")
    assert verdict["quarter_end_year_ago"] == pd.Timestamp("2023-09-30")
    assert verdict["known_on"] == pd.Timestamp("2024-10-30")


def test_c1_a_profit_after_a_loss_is_a_turnaround_without_a_percentage() -> None:
    verdict = judge("C1", facts(filings=eps(0.5, 1, 1, 1, -0.5)))
    assert (verdict["points"], verdict["passed"], verdict["reason"]) == (9, 1, "turnaround")
    assert np.isnan(verdict["value"])


def test_c1_two_losses_are_available_and_earn_nothing() -> None:
    verdict = judge("C1", facts(filings=eps(-0.1, 1, 1, 1, -0.5)))
    assert (verdict["points"], verdict["available"], verdict["reason"]) == (0, 12, "both_negative")
    assert verdict["passed"] == 0


def test_c1_a_loss_after_a_profit_earns_nothing() -> None:
    verdict = judge("C1", facts(filings=eps(-0.5, 1, 1, 1, 0.5)))
    assert (verdict["points"], verdict["value"], verdict["reason"]) == (0, -200, None)


def test_c1_takes_basic_earnings_of_both_where_a_diluted_figure_is_missing() -> None:
    frame = quarters(eps_diluted=(3, 1, 1, 1, np.nan), eps_basic=(1.2, 1, 1, 1, 1.0))
    assert judge("C1", facts(filings=frame))["value"] == pytest.approx(20)


@pytest.mark.parametrize(
    ("filings", "reason"),
    [
        (None, "no_filings"),
        (eps(1.0, 1, 1, 1), "no_year_ago"),
        (quarters(eps_diluted=(np.nan, 1, 1, 1, 1), revenue=(1, 1, 1, 1, 1)), "not_reported"),
        (pd.DataFrame([filing("A", "Q1", "2024-03-31", "2024-05-01", eps_diluted=1.0)]), "stale_filings"),
        (
            pd.concat([eps(1, 1, 1, 1, 1), pd.DataFrame([filing("A", "Q2", "2024-08-31", "2024-10-01", revenue=9)])]),
            "conflicting_filings",
        ),
    ],
)
def test_c1_is_not_available_for_a_reason(filings: pd.DataFrame | None, reason: str) -> None:
    verdict = judge("C1", facts(filings=filings))
    assert (verdict["reason"], verdict["available"]) == (reason, 0)
    assert np.isnan([verdict["points"], verdict["passed"], verdict["value"]]).all()


def test_c1_compares_in_shares_of_today() -> None:
    splits = pd.DataFrame({"symbol": ["A"], "ex_date": [pd.Timestamp("2024-06-03")], "factor": [0.5]})
    verdict = judge("C1", facts(filings=eps(0.75, 0.5, 1, 1, 1.0), splits=splits))
    assert verdict["value"] == pytest.approx(50)


@pytest.mark.parametrize(("now", "points"), [(95, 0), (107.5, 1.5), (115, 3), (120, 4), (125, 5), (190, 5)])
def test_c2_points_lie_on_the_line_through_the_steps(now: float, points: float) -> None:
    verdict = judge("C2", facts(filings=quarters(revenue=(now, 1, 1, 1, 100))))
    assert verdict["points"] == pytest.approx(points)
    assert verdict["passed"] == (now >= 125)


def test_c2_growth_from_no_revenue_is_not_available() -> None:
    verdict = judge("C2", facts(filings=quarters(revenue=(5, 1, 1, 1, 0))))
    assert (verdict["reason"], verdict["available"]) == ("base_not_positive", 0)


def test_c2_without_revenue_is_not_reported() -> None:
    assert judge("C2", facts(filings=eps(1, 1, 1, 1, 1)))["reason"] == "not_reported"


@pytest.mark.parametrize(
    ("now", "before", "points"), [(1.5, 1.2, 3), (1.2, 1.5, 0), (1.2, 1.2, 0), (1.5, 0.9, 0), (0.9, 0.8, 0)]
)
def test_c3_asks_for_growth_above_growth_above_zero(now: float, before: float, points: float) -> None:
    verdict = judge("C3", facts(filings=eps(now, before, 1, 1, 1, 1)))
    assert (verdict["points"], verdict["available"]) == (points, 3)


def test_c3_value_is_the_difference_in_percentage_points() -> None:
    assert judge("C3", facts(filings=eps(1.5, 1.2, 1, 1, 1, 1)))["value"] == pytest.approx(30)


def test_c3_is_not_available_if_a_growth_is_missing() -> None:
    verdict = judge("C3", facts(filings=eps(1.5, 1.2, 1, 1, 1, -1)))
    assert (verdict["reason"], verdict["available"]) == ("growth_unknown", 0)
