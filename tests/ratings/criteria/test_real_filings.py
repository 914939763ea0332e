"""What makes filings hard, each on a real company: turnarounds, calendars, restatements, splits, spin-offs, units."""

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts
from tests.ratings.builders import facts, panel, shared, strengths
from tests.ratings.criteria.judged import judge
from tests.ratings.real import filed


def judged(criterion: str, symbol: str, session: str) -> dict[str, object]:
    return judge(criterion, filed(symbol, session), symbol)


def test_amazon_turned_a_loss_of_12_cents_into_a_profit_of_107() -> None:
    found = judged("C1", "AMZN", "2016-05-02")
    assert (found["eps"], found["eps_year_ago"]) == (1.07, -0.12)
    assert (found["reason"], found["points"], found["passed"]) == ("turnaround", 9, 1)
    assert np.isnan(found["value"])


def test_twitter_lost_less_than_a_year_ago_which_is_no_growth() -> None:
    found = judged("C1", "TWTR", "2016-11-15")
    assert found["eps_year_ago"] < found["eps"] < 0
    assert (found["reason"], found["points"], found["available"]) == ("both_negative", 0, 12)


def test_a_percentage_of_a_loss_is_no_acceleration() -> None:
    assert judged("C3", "TWTR", "2016-11-15")["reason"] == "growth_unknown"


def test_kroger_ends_its_third_quarter_on_another_day_each_year() -> None:
    found = judged("C1", "KR", "2016-12-30")
    assert (str(found["quarter_end"])[:10], str(found["quarter_end_year_ago"])[:10]) == ("2016-11-05", "2015-11-07")
    assert found["value"] == pytest.approx((0.41 / 0.43 - 1) * 100)


def test_nvidia_filed_no_second_quarter_so_its_fourth_has_nothing_to_be_compared_with() -> None:
    found = judged("C1", "NVDA", "2017-03-31")
    # FY 2.57 less 0.33, 0.40 and 0.83; the year before lacks the second quarter, so there is no fourth either.
    assert found["eps"] == pytest.approx(1.01)
    assert (found["derived"], found["reason"], found["available"]) == (True, "no_year_ago", 0)


def test_amazons_fourth_quarters_follow_from_its_years() -> None:
    found = judged("C1", "AMZN", "2017-03-31")
    assert found["eps"] == pytest.approx(4.90 - 1.07 - 1.78 - 0.52)
    assert found["eps_year_ago"] == pytest.approx(1.25 + 0.12 - 0.19 - 0.17)
    # Amazon itself said 1.54 after 1.00: a sum of quarters is a cent or two off the year's own division.
    assert found["value"] == pytest.approx((1.53 / 1.01 - 1) * 100)
    assert found["derived"]


def test_gaming_and_leisure_is_compared_with_what_it_restated() -> None:
    # 0.40 when first filed in May 2015, 0.28 as restated in November.
    found = judged("C1", "GLPI", "2016-04-29")
    assert (found["eps"], found["eps_year_ago"]) == (0.27, 0.28)
    assert found["value"] == pytest.approx(-1 / 28 * 100)


def test_skechers_earned_before_its_three_for_one_split_in_old_shares() -> None:
    found = judged("C1", "SKX", "2016-05-16")
    assert (found["eps"], found["eps_year_ago"]) == (0.63, pytest.approx(1.10 / 3, rel=1e-5))
    assert found["value"] == pytest.approx((0.63 / (1.10 / 3) - 1) * 100, abs=0.01)


@pytest.mark.parametrize(
    ("symbol", "session", "eps", "before"), [("EBAY", "2016-04-29", 0.41, 0.51), ("HPQ", "2016-06-30", 0.36, 0.55)]
)
def test_a_spin_off_moves_the_price_and_not_the_number_of_shares(
    symbol: str, session: str, eps: float, before: float
) -> None:
    """The feed lists PayPal leaving eBay with a factor of 0.42, and HP Enterprise leaving HP with 0.45."""
    found = judged("C1", symbol, session)
    assert (found["eps"], found["eps_year_ago"]) == (eps, before)


def test_netflix_doubled_its_year_on_the_shares_of_one_split() -> None:
    found = judged("A1", "NFLX", "2017-03-31")
    assert (found["eps_0"], found["eps_1"]) == (0.43, 0.28)
    assert found["value"] == pytest.approx((0.43 / 0.28 - 1) * 100)
    assert (found["reason"], found["available"]) == ("fewer_years", pytest.approx(8 / 3))


def test_visas_return_on_equity_is_in_percent_and_of_four_quarters() -> None:
    found = judged("A3", "V", "2017-03-31")
    income = 2.070e9 + (5.991e9 - 1.941e9 - 1.707e9 - 0.412e9) + 0.412e9 + 1.707e9
    assert found["net_income_four_quarters"] == pytest.approx(income)
    assert found["value"] == pytest.approx(income / ((31.726e9 + 29.476e9) / 2) * 100)
    assert 19 < found["value"] < 21


def test_krogers_return_on_equity_is_that_of_its_year_where_a_quarter_is_missing() -> None:
    found = judged("A3", "KR", "2017-03-31")
    assert found["from_annual_report"]
    assert found["value"] == pytest.approx(1.975e9 / ((6.710e9 + 6.798e9) / 2) * 100)


def test_nvidias_return_on_equity_is_that_of_its_year_where_the_year_ago_has_no_quarter() -> None:
    found = judged("A3", "NVDA", "2017-03-31")
    assert found["value"] == pytest.approx(1.666e9 / ((5.762e9 + 4.469e9) / 2) * 100)


def test_avon_has_negative_equity_and_so_no_return_on_it() -> None:
    assert judged("A3", "AVP", "2017-03-31")["reason"] == "negative_equity"


def owned(symbol: str) -> Facts:
    frame = pd.read_parquet(shared("fundamentals/ownership_2023_08.parquet")).rename(
        columns={"inst_own_pct": "institutional_pct"}
    )
    snapshot = frame[frame["symbol"] == symbol].assign(as_of=pd.Timestamp("2023-08-31"))
    close = panel({symbol: np.full(260, 10.0)}, pd.Timestamp("2023-08-31"))
    return facts(close, rs=strengths({symbol: 50.0}), ownership=snapshot)


def test_institutions_own_136_percent_of_mobileye_which_is_kept_and_judged_as_100() -> None:
    found = judge("I1", owned("MBLY"), "MBLY")
    assert (found["value"], found["reason"]) == (135.95, "above_100")
    assert (found["points"], found["available"], found["passed"]) == (0, 5, 0)


def test_every_holding_above_100_percent_is_kept_as_reported() -> None:
    frame = pd.read_parquet(shared("fundamentals/ownership_2023_08.parquet"))
    above = frame.loc[frame["inst_own_pct"] > 100, ["symbol", "inst_own_pct"]].head(20)
    assert len(above) == 20
    for row in above.itertuples():
        assert judge("I1", owned(str(row.symbol)), str(row.symbol))["value"] == row.inst_own_pct


def test_mobileyes_float_of_50_million_of_802_million_shares_is_a_small_supply() -> None:
    found = judge("S2", owned("MBLY"), "MBLY")
    assert (found["value"], found["points"], found["passed"]) == (49.77e6, 3, 1)
