"""rs_rating, rs_provisional, rs_3m, rs_6m, rs_line_high, rs_line_leads."""

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import Facts, rate_all, rate_strength
from tests.ratings.builders import facts, panel, steady, strengths
from tests.ratings.catalogue.rated import rate


def stepped(*moves: tuple[int, float], count: int = 260, first: float = 100.0) -> np.ndarray:
    prices = np.full(count, first)
    for ago, value in moves:
        prices[count - 1 - ago :] = value
    return prices


def rated(columns: dict[str, np.ndarray], **others: object) -> Facts:
    """Facts with the strengths that follow from the closes."""
    close = panel(columns)
    return facts(close, rs=rate_strength(close), **others)


def test_the_rs_rating_is_that_of_rate_strength_with_its_rank() -> None:
    found = rate("rs_rating", rated({"A": steady(120.0), "B": steady(110.0), "C": steady(90.0)}))
    assert (found["value"], found["rank"], found["ranked"]) == (99, 3, 3)


def test_a_symbol_that_was_not_rated_is_unrated() -> None:
    assert rate("rs_rating", facts(rs=strengths({"B": 80})))["reason"] == "unrated"


YOUNG = np.concatenate([np.full(130, np.nan), steady(130.0, count=130)])
INFANT = np.concatenate([np.full(200, np.nan), steady(130.0, count=60)])


@pytest.mark.parametrize(
    ("symbol", "reason"), [("YOUNG", None), ("INFANT", "too_short"), ("OLD", "rated"), ("GONE", "no_price")]
)
def test_the_provisional_rating_is_for_the_young(symbol: str, reason: str | None) -> None:
    gone = steady(110.0)
    gone[-1] = np.nan
    universe = {"YOUNG": YOUNG, "INFANT": INFANT, "OLD": steady(120.0), "B": steady(90.0), "GONE": gone}
    found = rate("rs_provisional", rated(universe), symbol)
    assert found["reason"] == reason
    assert np.isnan(found["value"]) == (reason is not None)


@pytest.mark.parametrize(("name", "look_back"), [("rs_3m", 63), ("rs_6m", 126)])
def test_rs_of_one_window_ranks_the_return_since_its_anchor(name: str, look_back: int) -> None:
    # A was at 80 until the anchor and is at 100; the step after it makes no difference.
    universe = {"A": stepped((look_back, 80.0), (5, 100.0)), "B": stepped((look_back, 90.0), (5, 100.0))}
    found = rate(name, rated(universe | {"C": steady(100.0), "D": steady(60.0)}))
    assert found["return"] == pytest.approx(0.25)
    assert (found["close"], found["close_then"], found["value"]) == (100, 80, 99)
    assert rate(name, rated(universe | {"C": steady(100.0), "D": steady(60.0)}), "C")["value"] == 1 + np.floor(
        98 / 3 + 0.5
    )


@pytest.mark.parametrize(("name", "needed"), [("rs_3m", 64), ("rs_6m", 127)])
def test_rs_of_one_window_needs_that_window_only(name: str, needed: int) -> None:
    def young(count: int) -> np.ndarray:
        return np.concatenate([np.full(260 - count, np.nan), steady(130.0, count=count)])

    others = {"B": steady(110.0), "C": steady(90.0)}
    assert rate(name, rated({"A": young(needed)} | others))["value"] == 99
    assert rate(name, rated({"A": young(needed - 1)} | others))["reason"] == "short_history"


@pytest.mark.parametrize("name", ["rs_3m", "rs_6m"])
def test_a_jump_makes_a_window_suspect_only_while_it_is_inside(name: str) -> None:
    others = {"B": steady(110.0), "C": steady(90.0)}
    assert rate(name, rated({"A": stepped((20, 50.0))} | others))["reason"] == "suspect"
    assert rate(name, rated({"A": stepped((200, 50.0))} | others))["reason"] is None


def test_a_jump_that_the_rs_rating_let_pass_has_a_known_action() -> None:
    close = panel({"A": stepped((20, 50.0)), "B": steady(110.0), "C": steady(90.0)})
    actions = pd.DataFrame({"symbol": ["A"], "session": [close.index[-21]]})
    assert rate("rs_3m", facts(close, rs=rate_strength(close, known_actions=actions)))["value"] == 1


@pytest.mark.parametrize(("name", "ago"), [("rs_3m", 200), ("rs_6m", 200), ("rs_3m", 100)])
def test_an_unexplained_jump_before_the_window_makes_a_known_one_inside_no_suspect(name: str, ago: int) -> None:
    close = panel({"A": stepped((ago, 300.0), (20, 100.0)), "B": steady(110.0), "C": steady(90.0)})
    split = pd.DataFrame({"symbol": ["A"], "ex_date": [close.index[-21]], "factor": [1 / 3]})
    strengths_ = rate_strength(close, known_actions=split.rename(columns={"ex_date": "session"}))
    found = facts(close, rs=strengths_, splits=split)
    assert strengths_.loc["A", "reason"] == "suspect"
    assert rate(name, found)["reason"] is None
    assert rate(name, facts(close, rs=strengths_))["reason"] == "suspect"


def test_a_window_without_a_price_at_its_anchor_is_missing() -> None:
    holed = steady(120.0)
    holed[-70:-62] = np.nan
    found = rate("rs_3m", rated({"A": holed, "B": steady(110.0), "C": steady(90.0)}))
    assert found["reason"] == "missing_anchor"


def test_the_delisted_are_ranked_by_no_window() -> None:
    close = panel({"A": steady(130.0), "B": steady(110.0), "C": steady(90.0)})
    found = facts(close, rs=rate_strength(close, eligible=["B", "C"]))
    assert rate("rs_3m", found)["reason"] == "not_eligible"
    assert rate("rs_3m", found, "B")["ranked"] == 2


# The RS line.


def benchmark(closes: np.ndarray) -> pd.DataFrame:
    return panel({"close": closes})


def test_the_rs_line_is_at_its_high_where_no_ratio_of_252_sessions_was_higher() -> None:
    index = benchmark(steady(120.0))
    found = rate_all(facts(panel({"A": steady(150.0), "B": steady(110.0)}), benchmark=index))
    assert found.table["rs_line_high"].tolist() == [1, 0]
    assert found.table["rs_line_leads"].tolist() == [0, 0]
    line = found["rs_line_high"].inputs["rs_line"]
    assert line == pytest.approx([150 / 120, 110 / 120])


def test_the_line_leads_where_the_price_is_not_yet_at_its_own_high() -> None:
    price, index = np.full(260, 100.0), np.full(260, 50.0)
    price[-100], price[-1], index[-1] = 110.0, 104.0, 45.0
    found = rate("rs_line_leads", facts(panel({"A": price}), benchmark=benchmark(index)))
    assert (found["value"], found["grade"]) == (1, "yes")
    assert found["rs_line"] == pytest.approx(104 / 45)
    assert (found["rs_line_high_252"], found["close_high_252"]) == (pytest.approx(104 / 45), 110)


def test_a_high_of_253_sessions_ago_is_forgotten() -> None:
    price = np.full(260, 100.0)
    price[-253] = 500.0
    assert rate("rs_line_high", facts(panel({"A": price}), benchmark=benchmark(np.full(260, 50.0))))["value"] == 1


@pytest.mark.parametrize(
    ("index", "reason"),
    [(None, "no_benchmark"), (benchmark(np.append(np.full(259, 50.0), np.nan)), "no_benchmark")],
)
def test_without_a_benchmark_there_is_no_line(index: pd.DataFrame | None, reason: str) -> None:
    found = facts(panel({"A": steady(120.0)}), benchmark=index)
    assert rate("rs_line_high", found)["reason"] == rate("rs_line_leads", found)["reason"] == reason


@pytest.mark.parametrize(("count", "reason"), [(125, "short_history"), (126, None)])
def test_the_line_needs_126_sessions(count: int, reason: str | None) -> None:
    price = steady(150.0)
    price[:-count] = np.nan
    assert rate("rs_line_high", facts(panel({"A": price}), benchmark=benchmark(steady(120.0))))["reason"] == reason


def test_a_suspect_price_makes_no_line() -> None:
    close = panel({"A": stepped((20, 300.0)), "B": steady(110.0), "C": steady(90.0)})
    found = rate_all(facts(close, rs=rate_strength(close), benchmark=benchmark(steady(120.0))))
    assert found.reasons["rs_line_high"].tolist() == ["suspect", None, None]


def test_a_benchmark_with_other_sessions_is_read_by_date() -> None:
    index = pd.concat([benchmark(steady(120.0)).iloc[::-1], panel({"close": [9.0]}, pd.Timestamp("2025-01-02"))])
    assert rate("rs_line_high", facts(panel({"A": steady(150.0)}), benchmark=index))["rs_line"] == pytest.approx(1.25)
