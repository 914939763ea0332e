"""M: the direction of the market, the same for every stock."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from canslim_ratings.arrays import first_reason
from canslim_ratings.criteria.criterion import Criterion, Verdicts, verdicts
from canslim_ratings.facts import Facts
from canslim_ratings.market_state import MarketState

POINTS: Final[Mapping[MarketState, float]] = MappingProxyType(
    {
        MarketState.UPTREND: 10.0,
        MarketState.UNDER_PRESSURE: 5.0,
        MarketState.RALLY: 2.0,
        MarketState.CORRECTION: 0.0,
    }
)


def judge(facts: Facts) -> Verdicts:
    """Gives 10 points in a confirmed uptrend, 5 under pressure, 2 in a rally attempt, 0 in a correction.

    Value: live distribution days of the leading index. It never keeps a stock off the list.
    Not available: `no_market`, `stale_market` (no index has a bar at the session), `short_history` (none of those that
    have one has 60 sessions).
    """
    size = len(facts.symbols)
    market = facts.market
    if market is None:
        return _not_available(size, "no_market")
    if market.session is not None and market.session < facts.session.date():
        return _not_available(size, "stale_market")
    if market.state is None or market.leader is None:
        return _not_available(size, "short_history")
    leader = market.indexes[market.leader]
    return verdicts(
        np.full(size, POINTS[market.state]),
        most=10.0,
        passed=np.full(size, float(market.state is MarketState.UPTREND)),
        value=np.full(size, float(len(leader.distribution_days))),
        reason=first_reason(size, []),
        inputs={
            "state": np.full(size, str(market.state), dtype=object),
            "since": np.full(size, np.datetime64(market.since, "D")),
            "leader": np.full(size, market.leader, dtype=object),
        },
    )


def _not_available(size: int, code: str) -> Verdicts:
    nothing = np.full(size, np.nan)
    reason = np.full(size, code, dtype=object)
    return verdicts(nothing, most=10.0, passed=nothing, value=nothing, reason=reason, inputs={})


CRITERION: Final = Criterion(
    id="M",
    letter="M",
    title="Market direction",
    points=10.0,
    unit="distribution days",
    threshold="the market is in a confirmed uptrend",
    version="m.2",
    worked="By {leader} in a {state} since {since}. {value:.0f} distribution days.",
    remarks={
        "no_market": "the universe has no index to read it off",
        "stale_market": "no index has a bar at the session",
        "short_history": "no index has 60 sessions yet",
    },
    judge=judge,
)
