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


def test_the_market_stands_at_the_newest_session_of_an_index() -> None:
    assert market_direction({"SPY": FALLING, "QQQ": CONFIRMED.iloc[:-1]}).session == FALLING.index[-1].date()
    assert market_direction({}).session is None
    assert market_direction({"SPY": FALLING.iloc[:0]}).session is None


def test_an_index_whose_bars_ended_before_has_no_say() -> None:
    old = CONFIRMED.set_axis(CONFIRMED.index - pd.Timedelta(days=700))
    market = market_direction({"SPY": FALLING, "QQQ": old})
    assert (market.state, market.leader) == (MarketState.CORRECTION, "SPY")
    assert market.indexes["QQQ"].state is MarketState.UPTREND


def test_a_bar_without_a_close_is_no_bar() -> None:
    holed = CONFIRMED.assign(close=CONFIRMED["close"].where(CONFIRMED.index < CONFIRMED.index[-1]))
    assert market_direction({"SPY": FALLING, "QQQ": holed}).leader == "SPY"


def test_a_young_index_beside_one_that_ended_is_a_market_without_a_state() -> None:
    market = market_direction({"SPY": FALLING.iloc[-50:], "QQQ": CONFIRMED.iloc[:-3]})
    assert (market.session, market.state) == (FALLING.index[-1].date(), None)


def test_states_are_ordered_by_strength() -> None:
    ordered = sorted(MarketState, key=lambda state: state.strength)
    assert ordered == [
        MarketState.CORRECTION,
        MarketState.RALLY,
        MarketState.UNDER_PRESSURE,
        MarketState.UPTREND,
    ]
