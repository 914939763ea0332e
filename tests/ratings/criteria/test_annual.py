"""A1, A2, A3."""

import numpy as np
import pandas as pd
import pytest

from canslim_core.ratings import CRITERIA
from canslim_ratings import score
from tests.ratings.builders import facts, filing, panel, quarters, shared, steady, years
from tests.ratings.criteria.judged import judge


def eps(*newest_first: float) -> pd.DataFrame:
    return years(eps_diluted=newest_first)


def test_a1_each_year_gives_a_third_at_25_percent_and_half_of_that_at_10() -> None:
    # Growth of 25, 10 and 0 %.
    verdict = judge("A1", facts(filings=eps(1.375, 1.1, 1.0, 1.0)))
    assert verdict["points"] == pytest.approx(8 / 3 + 4 / 3)
    assert (verdict["available"], verdict["passed"], verdict["reason"]) == (8, 0, None)
    assert verdict["value"] == pytest.approx(0)


def test_a1_three_years_of_25_percent_pass() -> None:
    verdict = judge("A1", facts(filings=eps(2.0, 1.6, 1.28, 1.0)))
    assert (verdict["points"], verdict["passed"]) == (pytest.approx(8), 1)


def test_a1_only_years_that_exist_are_available() -> None:
    verdict = judge("A1", facts(filings=eps(1.5, 1.0)))
    assert verdict["available"] == verdict["points"] == pytest.approx(8 / 3)
    assert verdict["reason"] == "fewer_years"
    assert np.isnan(verdict["passed"])


def test_a1_a_year_without_profit_before_or_in_it_gets_nothing() -> None:
    verdict = judge("A1", facts(filings=eps(-1.0, -2.0)))
    assert (verdict["points"], verdict["passed"]) == (0, 0)
    assert verdict["available"] == pytest.approx(8 / 3)


def test_a1_a_year_of_two_losses_is_worse_than_any_percentage_and_so_there_is_no_value() -> None:
    # Up 100 % in the newest year, a loss in each of the two before it.
    verdict = judge("A1", facts(filings=years(eps_diluted=(2.0, 1.0, -1.0, -2.0))))
    assert verdict["growth_pct_0"] == pytest.approx(100)
    assert (verdict["passed"], verdict["reason"]) == (0, "both_negative")
    assert np.isnan(verdict["value"])


def test_a1_a_year_of_two_losses_is_told_in_words() -> None:
    known = facts(filings=years(eps_diluted=(-1.0, -2.0)))
    [(_, letters)] = score(known).details(["A"])
    text = CRITERIA["A1"].explain(letters["A"]["criteria"][0])
    assert text.startswith("Annual earnings of -1.00 a share in the year to 2023-12-31.")
    assert "without a profit" in text


def test_a1_a_year_from_loss_to_profit_is_left_out() -> None:
    verdict = judge("A1", facts(filings=eps(1.5, 1.0, -1.0, -2.0)))
    assert verdict["available"] == pytest.approx(16 / 3)
    assert verdict["points"] == pytest.approx(8 / 3)


def test_a1_names_the_earnings_that_each_growth_is_of() -> None:
    frame = years(eps_diluted=(0.43, 0.28), eps_basic=(0.44, 0.29))
    verdict = judge("A1", facts(filings=frame))
    assert (verdict["eps_0"], verdict["eps_1"]) == (0.43, 0.28)
    assert verdict["growth_pct_0"] == pytest.approx((0.43 / 0.28 - 1) * 100)


@pytest.mark.parametrize(
    ("filings", "reason"),
    [
        (None, "no_filings"),
        (eps(1.0), "no_year_ago"),
        (pd.DataFrame([filing("A", "FY", "2022-12-31", "2023-02-28", eps_diluted=1.0)]), "stale_filings"),
    ],
)
def test_a1_is_not_available_for_a_reason(filings: pd.DataFrame | None, reason: str) -> None:
    verdict = judge("A1", facts(filings=filings))
    assert (verdict["reason"], verdict["available"]) == (reason, 0)


@pytest.mark.parametrize(("now", "points", "passed"), [(1.0, 0, 0), (1.125**3, 1.5, 0), (1.25**3, 3, 1), (9, 3, 1)])
def test_a2_four_year_ends_have_three_intervals(now: float, points: float, passed: float) -> None:
    verdict = judge("A2", facts(filings=eps(now, 1, 1, 1.0)))
    assert verdict["points"] == pytest.approx(points)
    assert verdict["passed"] == passed


def test_a2_a_loss_now_is_minus_100_percent() -> None:
    verdict = judge("A2", facts(filings=eps(-1.0, 1, 1, 1.0)))
    assert (verdict["value"], verdict["points"]) == (-100, 0)


@pytest.mark.parametrize(
    ("filings", "reason"),
    [(eps(1.0, 1.0, 1.0), "short_history"), (eps(2.0, 1, 1, -1.0), "base_not_positive"), (None, "no_filings")],
)
def test_a2_is_not_available_for_a_reason(filings: pd.DataFrame | None, reason: str) -> None:
    assert judge("A2", facts(filings=filings))["reason"] == reason


def test_a2_agrees_with_the_annual_figures_of_a_real_company() -> None:
    annual = pd.read_parquet(shared("fundamentals/annual_2012_2016.parquet"))
    annual = annual[annual["symbol"] == "CHD"].rename(columns={"end_date": "period_end", "eps": "eps_diluted"})
    ends = pd.to_datetime(annual["period_end"])
    frame = annual.assign(fiscal_period="FY", known_on=ends + pd.Timedelta(days=60), symbol="A", period_end=ends)
    newest, oldest = annual["eps_diluted"].iloc[[-1, -4]]
    late = pd.Timestamp(frame["known_on"].iloc[-1]) + pd.offsets.BDay(5)
    verdict = judge("A2", facts(panel({"A": steady(110.0)}, last=late), filings=frame))
    assert verdict["value"] == pytest.approx(((newest / oldest) ** (1 / 3) - 1) * 100)


@pytest.mark.parametrize(
    ("income", "points", "passed"),
    [(2.0, 0, 0), (3.125, 1.5, 0), (4.25, 3, 1), (5.25, 3.5, 1), (6.25, 4, 1), (9.0, 4, 1)],
)
def test_a3_is_income_of_four_quarters_over_average_equity(income: float, points: float, passed: float) -> None:
    # Equity of 120 now and 80 a year ago: 100 on average.
    frame = quarters(net_income=(income,) * 5, equity=(120, 110, 100, 90, 80))
    verdict = judge("A3", facts(filings=frame))
    assert verdict["value"] == pytest.approx(income * 4)
    assert verdict["points"] == pytest.approx(points)
    assert verdict["passed"] == passed


def test_a3_falls_back_on_the_year_where_a_quarter_is_missing() -> None:
    frame = pd.DataFrame(
        [
            filing("A", "FY", "2024-09-30", "2024-11-20", net_income=20.0, equity=110.0),
            filing("A", "FY", "2023-09-30", "2023-11-20", net_income=5.0, equity=90.0),
            filing("A", "Q3", "2024-06-30", "2024-08-20", net_income=5.0, equity=100.0),
        ]
    )
    verdict = judge("A3", facts(filings=frame))
    assert (verdict["value"], verdict["from_annual_report"]) == (pytest.approx(20), True)


TWO_YEARS = [
    filing("A", "FY", "2024-09-30", "2024-11-20", net_income=20.0, equity=110.0),
    filing("A", "FY", "2023-09-30", "2023-11-20", net_income=5.0, equity=90.0),
]


@pytest.mark.parametrize(
    "older",
    [
        pytest.param([], id="no quarter"),
        pytest.param([filing("A", "Q1", "2023-12-31", "2024-02-20", net_income=5.0, equity=95.0)], id="an old quarter"),
    ],
)
def test_a3_a_fresh_year_is_used_however_old_the_quarters_are(older: list[dict[str, object]]) -> None:
    verdict = judge("A3", facts(filings=pd.DataFrame([*TWO_YEARS, *older])))
    assert (verdict["value"], verdict["reason"]) == (pytest.approx(20), None)
    assert (verdict["from_annual_report"], verdict["period_end"]) == (True, pd.Timestamp("2024-09-30"))


def test_a3_a_year_is_as_stale_as_a_quarter_of_its_age() -> None:
    known = pd.DataFrame(TWO_YEARS)
    # 270 days after the year's end, and the next business day.
    for last, reason in (("2025-06-27", None), ("2025-06-30", "stale_filings")):
        assert judge("A3", facts(panel({"A": steady(110.0)}, pd.Timestamp(last)), filings=known))["reason"] == reason


def test_a3_an_older_year_is_no_answer_for_newer_quarters() -> None:
    frame = pd.concat(
        [
            quarters(net_income=(1, 1, np.nan, 1, 1), equity=(10,) * 5),
            years(net_income=(4, 4), equity=(10, 10)),
        ]
    )
    assert judge("A3", facts(filings=frame))["reason"] == "not_reported"


@pytest.mark.parametrize(
    ("equity", "reason"),
    [
        ((-5, 1, 1, 1, 10), "negative_equity"),
        ((0, 1, 1, 1, 10), "negative_equity"),
        ((10, 1, 1, 1, -5), "negative_equity"),
        ((10, 1, 1, 1, np.nan), "not_reported"),
    ],
)
def test_a3_needs_positive_equity_at_both_ends(equity: tuple[float, ...], reason: str) -> None:
    verdict = judge("A3", facts(filings=quarters(net_income=(1,) * 5, equity=equity)))
    assert (verdict["reason"], verdict["available"]) == (reason, 0)
