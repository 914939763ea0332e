"""A corrupted future changes neither the ratings of real stocks nor the evaluation of windows that end before it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from canslim_ratings import CATALOGUE, rate_all
from canslim_ratings.evaluation import evaluate
from tests.ratings.evaluation.builders import assert_same
from tools.evaluate_market.market import Market
from tools.ratings_docs import INDUSTRIES, SAMPLE


@pytest.fixture(scope="module")
def market() -> Market:
    """The sample's stocks; for group ratings some are given their industries."""
    industry = {symbol: name for name, members in INDUSTRIES.items() for symbol in members}
    return replace(Market.of_sample(SAMPLE), group=pd.Series(industry, dtype=object))


def corrupted(market: Market, session: pd.Timestamp) -> Market:
    """What came after `session` is garbage, or missing; a split to come restates the whole history of a stock."""
    chance = np.random.default_rng(5)
    after = np.repeat((market.close.index > session)[:, None], market.close.shape[1], axis=1)
    garbage = chance.choice([np.nan, 0.0, 1e-3, 1e6], market.close.shape)
    panels = {name: panel.where(~after, garbage) for name, panel in market.panels.items()}
    for name in ("close", "high", "low"):
        panels[name] = panels[name].assign(AMZN=panels[name]["AMZN"] * 0.25)
    panels["volume"] = panels["volume"].assign(AMZN=panels["volume"]["AMZN"] * 4.0)
    filings = market.filings.copy()
    late = pd.to_datetime(filings["known_on"]) > session
    for figure in ("revenue", "net_income", "eps_basic", "eps_diluted", "equity"):
        filings[figure] = filings[figure].where(~late, chance.normal(0.0, 1e12, len(filings)))
    split = {"symbol": "AMZN", "ex_date": session + pd.Timedelta(days=1), "factor": 0.25, "kind": "split_like"}
    known = market.events[market.events["ex_date"] <= session]
    return replace(
        market,
        panels=panels,
        filings=filings,
        events=pd.concat([known, pd.DataFrame([split])]),
        benchmarks={name: with_a_wild_end(bars, session) for name, bars in market.benchmarks.items()},
    )


def with_a_wild_end(bars: pd.DataFrame, session: pd.Timestamp) -> pd.DataFrame:
    return bars.assign(**{name: bars[name].mask(bars.index > session, 1.0) for name in ("close", "low", "volume")})


@pytest.mark.parametrize("row", [260, 400, 480])
def test_a_corrupted_future_changes_no_rating_of_a_real_stock(market: Market, row: int) -> None:
    session = market.close.index[row]
    found, expected = (rate_all(one.facts(session)) for one in (corrupted(market, session), market))
    assert expected.table.columns.tolist() == [rating.name for rating in CATALOGUE]
    pd.testing.assert_frame_equal(found.table, expected.table, check_exact=True)
    pd.testing.assert_frame_equal(found.reasons, expected.reasons)


def test_the_sample_has_values_of_every_rating(market: Market) -> None:
    """So that the test above compares numbers."""
    found = rate_all(market.facts(market.close.index[480])).table.notna().sum()
    assert found.drop("rs_provisional").min() > 20


def test_a_corruption_of_the_past_would_be_seen(market: Market) -> None:
    session = market.close.index[400]
    before = corrupted(market, market.close.index[399])
    found, expected = rate_all(before.facts(session)).table, rate_all(market.facts(session)).table
    assert not found.equals(expected)


def test_a_corrupted_future_beyond_the_windows_changes_nothing(market: Market) -> None:
    rated = {session: rate_all(market.facts(session)).table for session in market.close.index[300:400:20]}
    last = market.close.index[380 + 1 + 63]
    expected = evaluate(rated, market.close, horizons=(21, 63))
    found = evaluate(rated, corrupted(market, last).close, horizons=(21, 63))
    assert_same(found, expected)
    seen = evaluate(rated, corrupted(market, market.close.index[380 + 63]).close, horizons=(21, 63))
    with pytest.raises(AssertionError):
        assert_same(seen, expected)
