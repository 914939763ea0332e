"""What holds of every rating of the catalogue, whatever the market."""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from canslim_ratings import CATALOGUE, Facts, Ratings, rate_all
from tests.ratings.builders import T0, filing, snapshots
from tests.ratings.world import PANELS, World, noise, world

laws = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
worlds = st.builds(world, symbols=st.integers(8, 16), seed=st.integers(0, 500))
#: Powers of two, by which every float is multiplied exactly.
scales = st.sampled_from([2.0**power for power in (-10, -3, 1, 6, 12)])


def assert_same(found: Ratings, expected: Ratings) -> None:
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)
    pd.testing.assert_frame_equal(found.reasons, expected.reasons)


def only(ratings: Ratings, symbols: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return ratings.table.loc[symbols], ratings.reasons.loc[symbols]


@laws
@given(known=worlds)
def test_values_are_within_their_bounds_and_whole_where_they_should_be(known: World) -> None:
    table = rate_all(known.facts()).table
    for rating in CATALOGUE:
        values = table[rating.name].dropna()
        assert values.between(rating.low, rating.high).all(), rating.name
        assert rating.decimals or (values == values.round()).all(), rating.name


@laws
@given(known=worlds, holes=st.integers(0, 500))
def test_a_value_is_missing_where_there_is_a_reason_that_the_rating_names(known: World, holes: int) -> None:
    gaps = noise(*known.close.shape, holes) > 0.3
    found = rate_all(replace(known, close=known.close.mask(gaps), low=known.low.mask(~gaps)).facts())
    for rating in CATALOGUE:
        rated = found[rating.name]
        explained = np.array([reason is not None for reason in rated.reason])
        np.testing.assert_array_equal(np.isnan(rated.value), explained)
        assert set(rated.reason[explained]) <= set(rating.missing), rating.name


@laws
@given(known=worlds, price=scales, volume=scales, index=scales)
def test_the_scale_of_a_price_a_volume_or_the_benchmark_changes_nothing(
    known: World, price: float, volume: float, index: float
) -> None:
    scaled = known.with_prices(
        "S00",
        {name: getattr(known, name)["S00"] * (volume if name == "volume" else price) for name in PANELS},
    )
    scaled = replace(scaled, benchmark=known.benchmark * [index, index, 1.0])
    assert_same(rate_all(scaled.facts()), rate_all(known.facts()))


@laws
@given(known=worlds, seed=st.integers(0, 1000))
def test_the_order_of_symbols_changes_nothing(known: World, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(known.close.columns)
    shuffled = replace(known, **{name: getattr(known, name)[order] for name in PANELS}, group=known.group[order])
    expected, found = rate_all(known.facts()), rate_all(shuffled.facts())
    symbols = known.close.columns.tolist()
    for one, other in zip(only(found, symbols), only(expected, symbols), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@laws
@given(known=worlds, seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_nothing(known: World, seed: int) -> None:
    tables = {name: getattr(known, name).sample(frac=1, random_state=seed) for name in ("filings", "ownership")}
    assert_same(rate_all(replace(known, **tables).facts()), rate_all(known.facts()))


@laws
@given(known=worlds)
def test_a_blank_symbol_is_unrated_and_moves_nobody(known: World) -> None:
    blank = dict.fromkeys(PANELS, np.nan)
    found = rate_all(known.with_prices("NEW", blank).facts(market=None))
    expected = rate_all(known.facts(market=None))
    rated = found.table.loc["NEW"].dropna()
    assert rated.to_dict() == {"coverage": 0.0}
    symbols = known.close.columns.tolist()
    for one, other in zip(only(found, symbols), only(expected, symbols), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


@settings(laws, max_examples=25)
@given(known=worlds, ago=st.integers(1, 20), shock=st.floats(-0.9, 3.0))
def test_a_changed_future_changes_nothing(known: World, ago: int, shock: float) -> None:
    """Of a table, and of the benchmark, `Facts` takes what was known at the session, so these are given whole.

    Panels, and the bars that the market is read off, have to end with the session: whoever gives more is refused (the
    test below), so that `World.facts` cuts them, as every caller has to. What is beyond the cut is changed as well.
    """
    session = known.close.index[-1 - ago]
    later = known.close.index > session
    future = [
        filing("S00", "Q4", "2024-12-31", str((session + pd.Timedelta(days=1)).date()), revenue=9e9, eps_diluted=99.0),
        filing("S02", "Q3", "2024-09-30", "2025-12-31", revenue=1.0, eps_diluted=-99.0, net_income=-1e9, equity=-1.0),
    ]
    split = pd.DataFrame({"symbol": ["S03"], "ex_date": [session + pd.Timedelta(days=1)], "factor": [0.01]})
    owned = snapshots(("2025-12-31", {"holders": 1e6, "institutional_pct": 1.0}), symbol="S00")
    corrupted = replace(
        known,
        **{name: getattr(known, name) * np.where(later, 1.0 + shock, 1.0)[:, None] for name in PANELS},
        benchmark=known.benchmark * np.where(later, 5.0, 1.0)[:, None],
        filings=pd.concat([known.filings, pd.DataFrame(future)]),
        splits=pd.concat([known.splits, split]),
        ownership=pd.concat([known.ownership, owned]),
    )
    assert_same(rate_all(corrupted.facts(session)), rate_all(known.facts(session)))


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_that_does_not_end_with_the_session_is_refused(name: str) -> None:
    known = world(8)
    with pytest.raises(ValueError, match=r"the last row of close must be|must have the sessions and symbols of close"):
        known.facts(known.close.index[-2], **{name: getattr(known, name)})


def test_all_panels_that_end_later_are_refused() -> None:
    known = world(8)
    with pytest.raises(ValueError, match="the last row of close must be the session"):
        known.facts(known.close.index[-2], **{name: getattr(known, name) for name in PANELS})


@laws
@given(known=worlds)
def test_a_split_in_the_history_changes_nothing(known: World) -> None:
    """Prices come adjusted; what was filed before the split was filed in old shares."""
    ex_date = known.close.index[-90]
    old = (known.filings["symbol"] == "S00") & (known.filings["known_on"] < ex_date)
    counted = (known.ownership["symbol"] == "S00") & (known.ownership["as_of"] < ex_date)
    filings, ownership = known.filings.copy(), known.ownership.copy()
    filings.loc[old, ["eps_diluted", "eps_basic"]] *= 4.0
    ownership.loc[counted, ["shares_outstanding", "shares_float"]] /= 4.0
    split = pd.DataFrame({"symbol": ["S00"], "ex_date": [ex_date], "factor": [0.25]})
    found = replace(known, filings=filings, ownership=ownership, splits=pd.concat([known.splits, split]))
    assert_same(rate_all(found.facts()), rate_all(known.facts()))


@laws
@given(known=worlds)
def test_inputs_are_left_as_they_were(known: World) -> None:
    facts = known.facts()
    given_fields = [field.name for field in fields(Facts) if field.init]
    before = {
        name: value.copy(deep=True)
        for name in given_fields
        if isinstance(value := getattr(facts, name), pd.DataFrame | pd.Series)
    }
    arrays = {name: getattr(facts, name).copy() for name in ("history", "closes", "highs", "volumes")}
    rate_all(facts)
    for name, value in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(facts, name)), pd.DataFrame(value))
    for name, array in arrays.items():
        np.testing.assert_array_equal(getattr(facts, name), array)


@laws
@given(known=worlds, bad=st.sampled_from([0.0, -1.0, np.inf]))
def test_a_price_that_cannot_be_is_missing(known: World, bad: float) -> None:
    gaps = noise(*known.close.shape, 3) > 0.45

    def holed(value: float) -> Ratings:
        filled = {name: getattr(known, name).mask(gaps, value) for name in ("close", "high", "low")}
        return rate_all(replace(known, **filled).facts())

    assert_same(holed(bad), holed(np.nan))


#: What a rating cannot be told without.
ESSENTIAL = {
    "filings": ["eps_rating", "smr_grade", "composite"],
    "low": ["acc_dis"],
    "benchmark": ["rs_line_high", "rs_line_leads"],
    "group": [rating.name for rating in CATALOGUE if rating.name.startswith("group_rs")],
}


@pytest.mark.parametrize("field", ESSENTIAL)
def test_what_is_not_given_never_becomes_a_number(field: str) -> None:
    table = rate_all(world(10).facts(**{field: None})).table
    assert table[ESSENTIAL[field]].isna().all(axis=None)
    assert not rate_all(world(10).facts()).table[ESSENTIAL[field]].isna().all(axis=None)


@pytest.mark.parametrize("rating", CATALOGUE, ids=lambda rating: rating.name)
def test_a_rating_reads_only_what_it_names(rating: object) -> None:
    by_name = {one.name: one for one in CATALOGUE}
    named = by_name[rating.name]  # type: ignore[attr-defined]
    read = set(named.reads).union(*(by_name[name].reads for name in named.builds_on))
    known = world(10)
    optional = {field.name: None for field in fields(Facts) if field.init and field.default is None}
    changes = {name: None for name in optional if name not in read}
    for panel in {"high", "volume"} - read:
        changes[panel] = known.close * 0 + 7.0  # type: ignore[assignment]
    found, expected = rate_all(known.facts(**changes))[named.name], rate_all(known.facts())[named.name]
    np.testing.assert_array_equal(found.value, expected.value)


# Monotone where it should be.


def rise(known: World) -> World:
    """S00 closes a tenth higher at t0, and trades up to there."""
    last = known.close.index == T0
    prices = {name: known.close["S00"].where(~last, known.close["S00"] * 1.1) for name in ("close",)}
    high = known.high["S00"].where(~last, np.maximum(known.high["S00"], known.close["S00"] * 1.1))
    return known.with_prices("S00", prices | {"high": high})


def earn(known: World) -> World:
    """S00's newest filings of both kinds show more income, from the same sales."""
    own = (known.filings["symbol"] == "S00") & (known.filings["period_end"] > T0 - pd.Timedelta(days=400))
    more = known.filings["net_income"].where(~own, known.filings["net_income"].abs() * 2 + 5)
    return replace(known, filings=known.filings.assign(net_income=more))


def grow(known: World) -> World:
    """S00's newest quarter has higher earnings per share."""
    newest = (known.filings["symbol"] == "S00") & (known.filings["period_end"] == pd.Timestamp("2024-09-30"))
    more = known.filings["eps_diluted"].where(~newest, known.filings["eps_diluted"] + 1.0)
    return replace(known, filings=known.filings.assign(eps_diluted=more))


def six_quarters(known: World) -> World:
    """Too few quarters to judge steadiness, which more growth may lower."""
    return replace(known, filings=known.filings[known.filings["period_end"] >= pd.Timestamp("2023-06-30")])


PRICE_RATINGS = ("rs_rating", "rs_3m", "rs_6m", "score", "rs_line_high", "group_rs", "acc_dis", "composite")


@laws
@given(known=worlds)
def test_a_higher_price_today_lowers_no_rating_of_the_stock(known: World) -> None:
    before, after = (rate_all(one.facts()).table.loc["S00"] for one in (known, rise(known)))
    names = [*PRICE_RATINGS, *ESSENTIAL["group"]]
    assert (after[names].fillna(0) >= before[names].fillna(0)).all()
    assert (after[names].isna() == before[names].isna()).all()


@laws
@given(known=worlds)
def test_more_income_lowers_no_smr_grade(known: World) -> None:
    before, after = (rate_all(one.facts()).table.loc["S00", "smr_grade"] for one in (known, earn(known)))
    assert after >= before


@laws
@given(known=worlds)
def test_more_earnings_a_share_lower_no_eps_rating(known: World) -> None:
    change: Callable[[World], World] = grow
    early = six_quarters(known)
    before, after = (rate_all(one.facts()).table.loc["S00", "eps_rating"] for one in (early, change(early)))
    assert after >= before


@laws
@given(known=worlds)
def test_knowing_more_lowers_no_coverage(known: World) -> None:
    less = rate_all(known.facts(ownership=None, market=None)).table["coverage"]
    assert (rate_all(known.facts()).table["coverage"] >= less).all()
