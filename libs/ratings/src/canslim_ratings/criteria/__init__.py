"""The rubric of CAN SLIM: every criterion, in the order of the letters."""

from typing import Final

from canslim_ratings.criteria import (
    a1_three_years,
    a2_growth_rate,
    a3_return_on_equity,
    c1_eps_growth,
    c2_sales_growth,
    c3_acceleration,
    i1_ownership_level,
    i2_ownership_trend,
    l1_leader,
    l2_leading_group,
    m_market,
    n1_near_high,
    n2_breakout,
    s1_volume_demand,
    s2_supply,
)
from canslim_ratings.criteria.criterion import Criterion, Verdicts

CRITERIA: Final[tuple[Criterion, ...]] = (
    c1_eps_growth.CRITERION,
    c2_sales_growth.CRITERION,
    c3_acceleration.CRITERION,
    a1_three_years.CRITERION,
    a2_growth_rate.CRITERION,
    a3_return_on_equity.CRITERION,
    n1_near_high.CRITERION,
    n2_breakout.CRITERION,
    s1_volume_demand.CRITERION,
    s2_supply.CRITERION,
    l1_leader.CRITERION,
    l2_leading_group.CRITERION,
    i1_ownership_level.CRITERION,
    i2_ownership_trend.CRITERION,
    m_market.CRITERION,
)

__all__ = ["CRITERIA", "Criterion", "Verdicts"]
