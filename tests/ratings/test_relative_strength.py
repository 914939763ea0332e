import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canslim_ratings import (
    BALANCED_HORIZON,
    CALENDAR_63,
    DISJOINT_QUARTERS,
    IBD_RS_RATING,
    SKYTE,
    VARIANTS,
    RSVariant,
    rate_strength,
)
from tests.ratings.builders import panel, shared, steady


def stepped(*moves: tuple[int, float], count: int = 260, first: float = 100.0) -> np.ndarray:
    """A flat price that takes a new value `ago` sessions before t0, for each (ago, value)."""
    prices = np.full(count, first)
    for ago, value in moves:
        prices[count - 1 - ago :] = value
    return prices


def test_the_raw_score_is_the_weighted_sum_of_four_returns_to_today() -> None:
    close = panel({"A": stepped((250, 110.0), (180, 120.0), (100, 130.0), (10, 140.0)), "B": steady(100.0)})
    raw = rate_strength(close).loc["A", "rs_raw"]
    # Anchors: 130 at t-63, 120 at t-126, 110 at t-189, 100 at t-252; 140 at t0.
    assert raw == pytest.approx(0.4 * (140 / 130 - 1) + 0.2 * (140 / 120 - 1) + 0.2 * (140 / 110 - 1) + 0.2 * 0.4)


def test_disjoint_quarters_end_where_the_next_one_starts() -> None:
    close = panel({"A": stepped((250, 110.0), (180, 120.0), (100, 130.0), (10, 140.0)), "B": steady(100.0)})
    raw = rate_strength(close, variant=DISJOINT_QUARTERS).loc["A", "rs_raw"]
    assert raw == pytest.approx(0.4 * (140 / 130 - 1) + 0.2 * (130 / 120 - 1) + 0.2 * (120 / 110 - 1) + 0.2 * 0.1)


def test_skyte_looks_one_session_less_far_back() -> None:
    close = panel({"A": stepped((62, 130.0), count=252), "B": steady(100.0, count=252)})
    assert rate_strength(close, variant=SKYTE).loc["A", "rs_raw"] == pytest.approx(0.2 * 0.3 * 3)


def test_balanced_horizon_weighs_each_window() -> None:
    close = panel({"A": stepped((30, 70.0), (10, 80.0)), "B": stepped((100, 110.0)), "C": stepped((200, 90.0))})
    rated = rate_strength(close, variant=BALANCED_HORIZON)
    # A rises in the shortest window alone and is last in the others; B and C tie in those of 21 and 63 sessions.
    assert rated.loc["A", "rs_raw"] == pytest.approx(0.2 * 99 + 0.8 * 1)
    assert rated.loc["B", "rs_raw"] == pytest.approx(0.2 * 26 + 0.3 * 75 + 0.5 * 99)
    assert rated["rs_rating"].tolist() == [1, 99, 50]


def test_ratings_spread_from_1_to_99_and_ties_share_the_average_rank() -> None:
    close = panel({"A": steady(90.0), "B": steady(110.0), "C": steady(110.0), "D": steady(120.0)})
    # Ranks 1, 2.5, 2.5, 4 of 4: 1 + floor(98 * 1.5 / 3 + 0.5) = 50.
    assert rate_strength(close)["rs_rating"].tolist() == [1, 50, 50, 99]


def test_the_row_is_a_session_not_a_bar() -> None:
    holes = steady(150.0)
    holes[80:120] = np.nan
    close = panel({"A": holes, "B": steady(150.0)})
    rated = rate_strength(close)
    assert rated.loc["A", "rs_raw"] == pytest.approx(rated.loc["B", "rs_raw"])


def test_an_anchor_takes_a_price_five_sessions_older_and_says_so() -> None:
    prices = stepped((130, 125.0))
    prices[-1 - 63 - 4 : -63] = np.nan
    rated = rate_strength(panel({"A": prices, "B": steady(110.0)}))
    assert rated["anchor_filled"].tolist() == [True, False]
    assert rated.loc["A", "rs_raw"] == pytest.approx(0.2 * 0.25 * 2)


def test_an_anchor_without_a_price_for_six_sessions_has_no_rating() -> None:
    prices = steady(125.0)
    prices[-1 - 63 - 5 : -63] = np.nan
    rated = rate_strength(panel({"A": prices, "B": steady(110.0)})).loc["A"]
    assert np.isnan(rated["rs_rating"])
    assert rated["reason"] == "missing_anchor"


@pytest.mark.parametrize("bad", [np.nan, 0.0, -3.0])
def test_no_price_at_t0_is_no_rating(bad: float) -> None:
    prices = steady(125.0)
    prices[-1] = bad
    rated = rate_strength(panel({"A": prices, "B": steady(110.0), "C": steady(90.0)}))
    assert rated["reason"].tolist() == ["no_price", None, None]
    assert rated["rs_rating"].tolist()[1:] == [99, 1]


def test_a_history_of_252_sessions_is_short() -> None:
    short = steady(130.0)
    short[: len(short) - 252] = np.nan
    rated = rate_strength(panel({"A": short, "B": steady(110.0), "C": steady(90.0)})).loc["A"]
    assert np.isnan(rated["rs_rating"])
    assert rated["reason"] == "short_history"


def test_a_short_history_is_placed_among_the_ranked_by_the_windows_it_has() -> None:
    young = steady(1.0)
    young[:] = np.nan
    young[-127:] = stepped((100, 110.0), (10, 121.0), count=127)
    others = {f"R{at}": steady(100.0 + at) for at in range(40)}
    rated = rate_strength(panel({"YOUNG": young, **others}))
    # Windows of 63 and 126 sessions: (0.4 * 10 % + 0.2 * 21 %) / 0.6.
    partial = (0.4 * 0.10 + 0.2 * 0.21) / 0.6
    below = (rated["rs_raw"] < partial).sum()
    assert rated.loc["YOUNG", "rs_provisional"] == 1 + np.floor(98 * below / 40 + 0.5)


def test_sixty_three_sessions_are_too_few_for_a_provisional_rating() -> None:
    young = np.full(260, np.nan)
    young[-63:] = 10.0
    rated = rate_strength(panel({"YOUNG": young, "B": steady(110.0), "C": steady(90.0)}))
    assert np.isnan(rated.loc["YOUNG", "rs_provisional"])


def test_rated_stocks_have_no_provisional_rating() -> None:
    assert rate_strength(panel({"B": steady(110.0), "C": steady(90.0)}))["rs_provisional"].isna().all()


def test_a_day_move_above_40_percent_without_a_known_action_is_suspect_and_unranked() -> None:
    close = panel({"A": stepped((20, 50.0)), "B": steady(110.0), "C": steady(90.0)})
    rated = rate_strength(close)
    assert rated["reason"].tolist() == ["suspect", None, None]
    assert np.isnan(rated.loc["A", "rs_rating"])
    assert np.isfinite(rated.loc["A", "rs_raw"])


def test_a_known_action_on_the_day_clears_the_suspicion() -> None:
    close = panel({"A": stepped((20, 50.0)), "B": steady(110.0), "C": steady(90.0)})
    actions = pd.DataFrame({"symbol": ["A", "GONE"], "session": [close.index[-21], close.index[3]]})
    assert rate_strength(close, known_actions=actions)["reason"].tolist() == [None, None, None]


def test_a_known_action_on_another_day_does_not() -> None:
    close = panel({"A": stepped((20, 50.0)), "B": steady(110.0), "C": steady(90.0)})
    actions = pd.DataFrame({"symbol": ["A"], "session": [close.index[-20]]})
    assert rate_strength(close, known_actions=actions).loc["A", "reason"] == "suspect"


def test_a_move_before_the_window_is_forgotten() -> None:
    close = panel({"A": stepped((253, 50.0), count=300), "B": steady(110.0, count=300)})
    assert rate_strength(close)["reason"].tolist() == [None, None]


def test_a_jump_across_a_gap_is_suspect_too() -> None:
    prices = stepped((20, 150.0))
    prices[-30:-21] = np.nan
    assert rate_strength(panel({"A": prices, "B": steady(110.0)})).loc["A", "reason"] == "suspect"


def test_only_the_eligible_are_ranked() -> None:
    close = panel({"SPY": steady(130.0), "A": steady(120.0), "B": steady(90.0)})
    rated = rate_strength(close, eligible=["A", "B"])
    assert rated["rs_rating"].tolist()[1:] == [99, 1]
    assert rated.loc["SPY", "reason"] == "not_eligible"


def test_a_lone_stock_has_nobody_to_be_compared_with() -> None:
    rated = rate_strength(panel({"A": steady(120.0)})).loc["A"]
    assert np.isnan(rated["rs_rating"])
    assert rated["reason"] == "alone"


def test_an_empty_panel_rates_nobody() -> None:
    assert rate_strength(panel({"A": [], "B": []}))["reason"].tolist() == ["no_price", "no_price"]


def test_symbols_that_read_like_missing_values_are_rated() -> None:
    rated = rate_strength(panel({"NA": steady(120.0), "NAN": steady(110.0), "TRUE": steady(90.0)}))
    assert rated["rs_rating"].to_dict() == {"NA": 99, "NAN": 50, "TRUE": 1}


def test_the_input_is_left_as_it_was() -> None:
    close = panel({"A": stepped((20, 0.0)), "B": steady(110.0)})
    before = close.copy(deep=True)
    rate_strength(close)
    pd.testing.assert_frame_equal(close, before)


# Laws over the catalogue of variants.

finals = st.lists(st.floats(60, 160), min_size=2, max_size=12)
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
laws = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def universe(last: list[float]) -> pd.DataFrame:
    return panel({f"S{at}": steady(final) for at, final in enumerate(last)})


@each_variant
@laws
@given(last=finals, scales=st.lists(st.floats(0.01, 1000), min_size=12, max_size=12))
def test_multiplying_a_history_by_a_constant_changes_nothing(
    variant: RSVariant, last: list[float], scales: list[float]
) -> None:
    close = universe([round(final) for final in last])
    scaled = close * np.array(scales[: close.shape[1]])
    raw = rate_strength(close, variant=variant)["rs_raw"], rate_strength(scaled, variant=variant)["rs_raw"]
    pd.testing.assert_series_equal(*raw, rtol=1e-9, atol=1e-9)


@each_variant
@laws
@given(last=finals, seed=st.integers(0, 1000))
def test_the_order_of_the_columns_changes_nothing(variant: RSVariant, last: list[float], seed: int) -> None:
    close = universe(last)
    shuffled = close.iloc[:, np.random.default_rng(seed).permutation(close.shape[1])]
    expected = rate_strength(close, variant=variant)
    pd.testing.assert_frame_equal(rate_strength(shuffled, variant=variant).loc[expected.index], expected)


@each_variant
@laws
@given(last=finals, rise=st.floats(1.0, 1.3))
def test_a_higher_price_today_never_lowers_a_rating(variant: RSVariant, last: list[float], rise: float) -> None:
    close = universe(last)
    higher = close.copy()
    higher.iloc[-1, 0] *= rise
    before, after = rate_strength(close, variant=variant), rate_strength(higher, variant=variant)
    assert after.loc["S0", "rs_rating"] >= before.loc["S0", "rs_rating"]


@each_variant
@laws
@given(last=finals)
def test_a_stronger_stock_is_never_rated_below_a_weaker_one(variant: RSVariant, last: list[float]) -> None:
    rated = rate_strength(universe(last), variant=variant).sort_values("rs_raw")
    assert rated["rs_rating"].is_monotonic_increasing
    assert rated["rs_rating"].between(1, 99).all()


@laws
@given(last=st.lists(st.integers(60, 160), min_size=2, max_size=12, unique=True))
def test_the_best_is_99_and_the_worst_1(last: list[int]) -> None:
    rated = rate_strength(universe([float(final) for final in last])).sort_values("rs_raw")
    assert rated["rs_rating"].iloc[[0, -1]].tolist() == [1, 99]


@each_variant
@laws
@given(last=finals, missing=st.integers(60, 259))
def test_an_unrated_symbol_moves_nobody(variant: RSVariant, last: list[float], missing: int) -> None:
    close = universe(last)
    young = steady(300.0)
    young[:missing] = np.nan
    rated = rate_strength(close.assign(NEW=young), variant=variant)
    assert np.isnan(rated.loc["NEW", "rs_rating"])
    pd.testing.assert_frame_equal(rated.drop("NEW"), rate_strength(close, variant=variant))


# Agreement with what others publish.


def test_the_raw_score_agrees_with_rs_log() -> None:
    bars = pd.read_parquet(shared("prices/yahoo_2025_2026.parquet"))
    published = pd.read_parquet(shared("reference/rs_published_rslog_2026_08_20.parquet"))
    bars = bars.assign(symbol=bars["symbol"].astype(str), date=pd.to_datetime(bars["date"]))
    close = bars.pivot(index="date", columns="symbol", values="close").loc[:"2026-08-20"].astype("float64")
    expected = published.assign(symbol=published["symbol"].astype(str)).set_index("symbol")["relative_strength"]
    full = close.columns[close.notna().sum() >= 252]
    raw = rate_strength(close[full], variant=SKYTE)["rs_raw"]
    # rs-log divides by the benchmark's own weighted growth and truncates to two decimals.
    error = (100 * (1 + raw) / 1.10886 - expected).dropna().abs()
    assert len(error) == 366
    assert error.median() < 0.005
    assert (error <= 0.02).mean() >= 0.97
    assert error.max() < 0.26


def test_the_mapping_of_ibd_rs_rating_reproduces_its_4441_published_ratings() -> None:
    published = pd.read_parquet(shared("reference/rs_published_ibdrs_2026_03_20.parquet"))
    ranks = published["rs_raw"].rank(method="average").to_numpy()
    rating = IBD_RS_RATING.rating(ranks, len(ranks))
    assert len(ranks) == 4441
    np.testing.assert_array_equal(rating, published["rs_rating"].to_numpy())


def test_our_mapping_is_within_one_point_of_theirs() -> None:
    published = pd.read_parquet(shared("reference/rs_published_ibdrs_2026_03_20.parquet"))
    ranks = published["rs_raw"].rank(method="average").to_numpy()
    rating = CALENDAR_63.rating(ranks, len(ranks))
    assert np.abs(rating - published["rs_rating"].to_numpy()).max() <= 1


def test_a_split_never_announced_and_a_bad_print_are_suspect_and_announced_splits_are_not() -> None:
    bars = pd.read_parquet(shared("prices/us_2015_2017.parquet"))
    events = pd.read_parquet(shared("prices/us_2015_2017_events.parquet"))
    bars = bars[bars["symbol"].isin(["CF", "NFLX", "NEE", "AA", "V"])]
    adjusted = bars.assign(
        symbol=bars["symbol"].astype(str),
        date=pd.to_datetime(bars["date"]),
        close=bars["close"].astype("float64") * bars["adj_factor"],
    )
    close = adjusted.pivot(index="date", columns="symbol", values="close")
    actions = pd.DataFrame({"symbol": events["symbol"].astype(str), "session": pd.to_datetime(events["ex_date"])})
    at = close.loc[:"2016-05-31"]
    assert rate_strength(at, known_actions=actions)["reason"].dropna().to_dict() == {"CF": "suspect"}
    assert rate_strength(close, known_actions=actions)["reason"].dropna().to_dict() == {"NEE": "suspect"}
