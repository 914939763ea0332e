import pandas as pd

from canslim_ratings import MarketState, market_direction
from tests.ratings.test_index_direction import DECLINE, FOLLOW, bars

FALLING = bars([*DECLINE, -0.01, -0.01, -0.01, -0.01], [False] * 69)
CONFIRMED = bars([*DECLINE, *FOLLOW], [False] * 68 + [True])
RALLYING = bars([*DECLINE, -0.01, -0.01, 0.001, 0.001], [False] * 69)


def test_a_follow_through_on_one_index_confirms_the_market() -> None:
    market = market_direction({"SPY": FALLING, "QQQ": CONFIRMED})
    assert (market.state, market.leader) == (MarketState.UPTREND, "QQQ")
    assert market.since == CONFIRMED.index[-1].date()


def test_what_each_index_says_is_kept() -> None:
    market = market_direction({"SPY": FALLING, "QQQ": RALLYING})
    assert market.indexes["SPY"].state is MarketState.CORRECTION
    assert market.indexes["QQQ"].state is MarketState.RALLY
    assert market.indexes["QQQ"].rally_day == 2


def test_the_market_is_in_its_state_since_its_strongest_index_is() -> None:
    earlier = CONFIRMED.index[-1]
    later = bars([*DECLINE, *FOLLOW, 0.0, 0.0], [False] * 68 + [True] + [False] * 2)
    later.index = CONFIRMED.index.append(pd.bdate_range(start=earlier, periods=3)[1:])
    flat = bars([*DECLINE, -0.01, 0.005, 0.001, 0.001, 0.02, 0.0], [False] * 69 + [True, False])
    flat.index = later.index
    market = market_direction({"SPY": later, "QQQ": flat})
    assert market.since == earlier.date()
    assert market.leader == "QQQ"


def test_a_short_history_has_no_say() -> None:
    market = market_direction({"SPY": FALLING, "QQQ": CONFIRMED.iloc[-50:]})
    assert (market.state, market.leader) == (MarketState.CORRECTION, "SPY")
    assert market.indexes["QQQ"].state is None


def test_no_index_with_history_is_no_state() -> None:
    market = market_direction({"SPY": FALLING.iloc[:59]})
    assert (market.state, market.since, market.leader) == (None, None, None)


def test_states_are_ordered_by_strength() -> None:
    ordered = sorted(MarketState, key=lambda state: state.strength)
    assert ordered == [
        MarketState.CORRECTION,
        MarketState.RALLY,
        MarketState.UNDER_PRESSURE,
        MarketState.UPTREND,
    ]
