"""L1, L2, M."""

import numpy as np
import pandas as pd
import pytest

from canslim_core.ratings import CRITERIA
from canslim_ratings import Facts, MarketState, market_direction, rate_all, rate_strength, score
from tests.ratings.builders import facts, panel, steady, strengths
from tests.ratings.criteria.judged import judge
from tests.ratings.test_index_direction import DECLINE, FOLLOW, bars


@pytest.mark.parametrize(
    ("rating", "points", "passed"),
    [
        (1, 0, 0),
        (50, 0, 0),
        (60, 3.5, 0),
        (70, 7, 0),
        (79, 10.6, 0),
        (80, 11, 1),
        (85, 13, 1),
        (90, 15, 1),
        (99, 15, 1),
    ],
)
def test_l1_points_rise_with_the_rating(rating: float, points: float, passed: float) -> None:
    verdict = judge("L1", facts(rs=strengths({"A": rating})))
    assert (verdict["points"], verdict["passed"]) == (pytest.approx(points), passed)


def test_l1_gives_the_reason_for_which_there_is_no_rating() -> None:
    verdict = judge("L1", facts(rs=strengths({"A": np.nan})))
    assert (verdict["reason"], verdict["available"]) == ("short_history", 0)


def test_l1_a_symbol_that_was_not_rated_is_unrated() -> None:
    assert judge("L1", facts(rs=strengths({"B": 80})))["reason"] == "unrated"


def grouped(ratings: dict[str, float], group: dict[str, str | None]) -> Facts:
    close = panel({symbol: steady(110.0) for symbol in ratings})
    return facts(close, rs=strengths(ratings), group=pd.Series(group, dtype=object))


#: Five groups of two, strongest first: at 20, 40, 60, 80 and 100 % from the top.
TEN = {f"{name}{member}": 90.0 - 10 * place + member for place, name in enumerate("VWXYZ") for member in (0, 1)}
BY_LETTER = {symbol: symbol[0] for symbol in TEN}


@pytest.mark.parametrize(
    ("symbol", "value", "points", "passed"),
    [("V0", 20, 5, 1), ("W1", 40, 2.5, 1), ("X0", 60, 0, 0), ("Z0", 100, 0, 0)],
)
def test_l2_ranks_groups_by_the_mean_raw_of_their_members(
    symbol: str, value: float, points: float, passed: float
) -> None:
    verdict = judge("L2", grouped(TEN, BY_LETTER), symbol)
    assert (verdict["value"], verdict["points"], verdict["passed"]) == (value, pytest.approx(points), passed)


def test_l2_a_symbol_without_a_group_is_unknown() -> None:
    verdict = judge("L2", grouped(TEN, BY_LETTER | {"V0": None}), "V0")
    assert (verdict["reason"], verdict["available"]) == ("group_unknown", 0)


def test_l2_a_group_of_one_rated_member_is_too_small() -> None:
    assert judge("L2", grouped(TEN | {"V1": np.nan}, BY_LETTER), "V0")["reason"] == "small_group"


def test_l2_an_unrated_member_stands_where_its_group_does() -> None:
    verdict = judge("L2", grouped(TEN | {"V2": np.nan}, BY_LETTER | {"V2": "V"}), "V2")
    assert verdict["value"] == 20


def test_l2_one_group_has_nothing_to_compare_with() -> None:
    assert judge("L2", grouped({"A": 80, "B": 70}, {"A": "X", "B": "X"}))["reason"] == "one_group"


def test_l2_without_groups_all_are_unknown() -> None:
    assert judge("L2", facts())["reason"] == "group_unknown"


def test_l2_stands_where_group_rs_does() -> None:
    """X has the better mean raw and Y the better mean rating: one great stock beside a poor one, and two good ones."""
    finals = {"X1": 900.0, "X2": 101.0, "Y1": 160.0, "Y2": 150.0, "Z1": 90.0, "Z2": 80.0}
    close = panel({symbol: steady(final) for symbol, final in finals.items()})
    names = pd.Series({symbol: symbol[0] for symbol in finals}, dtype=object)
    known = facts(close, rs=rate_strength(close), group=names)
    rated = rate_all(known)["group_rs"]
    for at, symbol in enumerate(finals):
        verdict = judge("L2", known, symbol)
        assert verdict["group_rs"] == rated.value[at]
        assert verdict["mean_raw"] == rated.inputs["mean_raw"][at]
    assert [judge("L2", known, symbol)["value"] for symbol in ("X1", "Y1", "Z1")] == pytest.approx(
        [100 / 3, 200 / 3, 100]
    )


@pytest.mark.parametrize(("symbol", "place"), [("V0", "20 %"), ("Z0", "100 %")])
def test_l2_is_told_alike_for_the_best_group_and_the_worst(symbol: str, place: str) -> None:
    [(_, letters)] = score(grouped(TEN, BY_LETTER)).details([symbol])
    text = CRITERIA["L2"].explain(letters["L"]["criteria"][1])
    assert text == f"{symbol[0]} stands at {place} from the top of 5 industry groups."


UPTREND = bars([*DECLINE, *FOLLOW], [False] * 68 + [True])


@pytest.mark.parametrize(
    ("more", "heavier", "state", "points"),
    [
        ([], [], MarketState.UPTREND, 10),
        ([-0.0025, 0.003] * 5, [True, False] * 5, MarketState.UNDER_PRESSURE, 5),
        ([-0.04, 0.001], [False, False], MarketState.RALLY, 2),
        ([-0.04], [False], MarketState.CORRECTION, 0),
    ],
)
def test_m_gives_every_stock_the_points_of_the_market(
    more: list[float], heavier: list[bool], state: MarketState, points: float
) -> None:
    frame = bars([*DECLINE, *FOLLOW, *more], [False] * 68 + [True] + heavier)
    verdict = judge("M", facts(market=market_direction({"SPY": frame})))
    assert (verdict["points"], verdict["state"], verdict["leader"]) == (points, state, "SPY")
    assert verdict["passed"] == (state is MarketState.UPTREND)


def test_m_without_a_market_is_not_available() -> None:
    assert judge("M", facts())["reason"] == "no_market"


def test_m_with_a_short_history_is_not_available() -> None:
    verdict = judge("M", facts(market=market_direction({"SPY": UPTREND.iloc[-59:]})))
    assert (verdict["reason"], verdict["available"]) == ("short_history", 0)


def test_m_without_an_index_at_the_session_is_stale() -> None:
    verdict = judge("M", facts(market=market_direction({"SPY": UPTREND.iloc[:-1], "QQQ": UPTREND.iloc[:-2]})))
    assert (verdict["reason"], verdict["available"]) == ("stale_market", 0)
    assert np.isnan([verdict["points"], verdict["passed"], verdict["value"]]).all()


def test_m_is_read_off_the_index_that_has_a_bar_at_the_session() -> None:
    fallen = bars([*DECLINE, -0.01, -0.01, -0.01, -0.01], [False] * 69)
    old = UPTREND.set_axis(UPTREND.index - pd.DateOffset(months=23))
    verdict = judge("M", facts(market=market_direction({"SPY": fallen, "QQQ": old})))
    assert (verdict["points"], verdict["leader"]) == (0, "SPY")


def test_a_market_of_after_the_session_is_refused() -> None:
    with pytest.raises(ValueError, match="must not look beyond 2024-12-30"):
        facts(panel({"A": steady(150.0)}).iloc[:-1], market=market_direction({"SPY": UPTREND}))
