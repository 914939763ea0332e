from datetime import date

import numpy as np
import pandas as pd
import pytest

from canslim_ratings.evaluation import Outcome, evaluate
from tests.ratings.evaluation.builders import Case, assert_same, constant_growth, random_walks


@pytest.fixture(scope="module")
def perfect() -> Outcome:
    return constant_growth().evaluate()["skill"].outcomes[10]


def test_a_perfect_rating_correlates_fully_and_its_deciles_rise(perfect: Outcome) -> None:
    assert perfect.information_coefficient.value == pytest.approx(1.0)
    assert perfect.buckets["mean"].is_monotonic_increasing
    assert perfect.buckets["excess"].iloc[0] < 0 < perfect.buckets["excess"].iloc[-1]
    assert perfect.hit_rate.value == 1.0
    assert perfect.turnover == 0.0


def test_the_deciles_of_a_perfect_rating_by_hand(perfect: Outcome) -> None:
    earned = (1.0 + np.arange(40) * 1e-4) ** 10 - 1.0
    tenths = earned.reshape(10, 4)
    np.testing.assert_allclose(perfect.buckets["stocks"], 4.0)
    np.testing.assert_allclose(perfect.buckets["mean"], tenths.mean(axis=1))
    np.testing.assert_allclose(perfect.buckets["median"], np.median(tenths, axis=1))
    np.testing.assert_allclose(perfect.buckets["excess"], tenths.mean(axis=1) - earned.mean(), atol=1e-12)
    np.testing.assert_allclose(perfect.spread.value, tenths[-1].mean() - tenths[0].mean())


def test_a_stock_is_bought_at_the_close_after_the_rated_session() -> None:
    """All that happens by that close, such as the jump that the rating caused, is no return."""
    case = constant_growth(sessions=60, spacing=100)
    jump = np.where(np.arange(60) >= 1, 3.0, 1.0)[:, None]
    assert_same(case.with_close(case.close * jump).evaluate(), case.evaluate(), exact=False)
    later = np.where(np.arange(60) >= 2, 3.0, 1.0)[:, None]
    assert case.with_close(case.close * later).evaluate()["skill"].outcomes[10].buckets["mean"].iloc[0] > 1.9


def test_a_window_is_complete_if_the_close_it_ends_at_is_there() -> None:
    case = constant_growth(sessions=62, spacing=10)
    found = case.evaluate(10)["skill"].outcomes[10]
    # Rated at 0, 10 … 60 and sold 11 sessions later, at 61 at the latest.
    assert found.sessions.tolist() == case.close.index[[0, 10, 20, 30, 40, 50]].tolist()
    assert found.unfinished == 1


def test_growth_by_hand() -> None:
    case = constant_growth(sessions=60, spacing=10)
    growth = case.evaluate()["skill"].growth
    assert growth.index.tolist() == case.close.index[[1, 11, 21, 31, 41, 51]].tolist()
    ten = (1.0 + np.arange(40) * 1e-4) ** 10
    np.testing.assert_allclose(growth["top"], ten[-4:].mean() ** np.arange(6))
    np.testing.assert_allclose(growth["bottom"], ten[:4].mean() ** np.arange(6))
    np.testing.assert_allclose(growth["all"], ten.mean() ** np.arange(6))


def test_the_loss_of_a_delisted_stock_is_counted() -> None:
    """The best rated stock falls to a tenth within the first window, and trades no more."""
    case = constant_growth(stocks=20, sessions=60, spacing=100)
    close = case.close.copy()
    close.iloc[3, 19] = close.iloc[1, 19] / 10.0
    close.iloc[4:, 19] = np.nan
    found = case.with_close(close).evaluate()["skill"].outcomes[10]
    assert (found.counts.observed, found.counts.ended, found.counts.ended_stocks) == (20, 1, 1)
    other = (1.0 + 18e-4) ** 10 - 1.0
    np.testing.assert_allclose(found.buckets.loc["10", "mean"], (other - 0.9) / 2)


def test_a_stock_hits_if_it_earns_more_than_the_median() -> None:
    """The mean is high above it, for the worst rated stock doubles every session."""
    case = constant_growth(stocks=21, sessions=60, spacing=100)
    close = case.close.assign(S000=2.0 ** np.arange(60))
    found = case.with_close(close).evaluate()["skill"].outcomes[10]
    assert found.buckets.loc["10", "excess"] < 0
    assert found.hit_rate.value == 1.0


def test_excess_is_over_the_stocks_of_the_same_session() -> None:
    """All double after the second rated session, when half of them are flagged first: no thanks to the flag."""
    case = constant_growth(stocks=20, sessions=60, spacing=30)
    names = case.close.columns
    flat = pd.DataFrame(10.0, case.close.index, names)
    flat.iloc[35:] = 20.0
    flags = {
        session: pd.DataFrame({"flag": [0.0] * 10 + [yes] * 10}, names)
        for session, yes in zip(list(case.ratings)[:2], (0.0, 1.0), strict=True)
    }
    buckets = Case(flags, flat).evaluate()["flag"].outcomes[10].buckets
    assert buckets["mean"].tolist() == [0.5, 1.0]
    assert buckets["excess"].tolist() == [0.0, 0.0]


def test_a_stock_without_a_close_at_the_rated_session_is_ranked_with_nobody() -> None:
    case = random_walks()
    close = case.close.copy()
    close.iloc[::5, 2] = np.nan
    unrated = {session: table.drop(index="S002") for session, table in case.ratings.items()}
    found, expected = (Case(tables, close).evaluate()["luck"].outcomes[10] for tables in (case.ratings, unrated))
    assert (found.counts.unpriced, expected.counts.unpriced) == (len(found.sessions), 0)
    pd.testing.assert_frame_equal(found.buckets, expected.buckets)


def test_every_rated_stock_is_counted_once() -> None:
    case = random_walks()
    close = case.close.copy()
    close.iloc[20:, 0] = np.nan
    close.iloc[1::5, 1] = np.nan
    close.iloc[::5, 2] = np.nan
    strange = {session: pd.concat([table, table.iloc[:1].set_axis(["XX"])]) for session, table in case.ratings.items()}
    suspect = pd.DataFrame(False, close.index, close.columns)
    suspect.iloc[50, 3] = True
    counts = Case(strange, close).evaluate(suspect_moves=suspect)["luck"].outcomes[10].counts
    assert counts.rated == counts.unpriced + counts.not_bought + counts.suspect + counts.observed
    assert 0 not in (counts.unpriced, counts.not_bought, counts.ended)
    assert counts.suspect == 2


def test_a_rating_that_knows_nothing_correlates_with_nothing() -> None:
    """Of many markets; the intervals hold the truth in about 95 of 100."""
    found = [random_walks(stocks=30, sessions=200, seed=seed).evaluate()["luck"].outcomes[10] for seed in range(40)]
    correlations = [one.information_coefficient for one in found]
    assert abs(np.mean([one.value for one in correlations])) < 0.02
    assert sum(one.low <= 0 <= one.high for one in correlations) >= 35
    assert sum(one.spread.low <= 0 <= one.spread.high for one in found) >= 35


def test_the_scale_of_a_price_changes_nothing() -> None:
    case = random_walks()
    scale = 2.0 ** np.random.default_rng(1).integers(-6, 6, case.close.shape[1])
    assert_same(case.with_close(case.close * scale).evaluate(), case.evaluate())


def test_the_order_of_symbols_and_sessions_changes_nothing() -> None:
    case = random_walks()
    chance = np.random.default_rng(1)
    shuffled = {case_session: table.sample(frac=1, random_state=2) for case_session, table in case.ratings.items()}
    shuffled = {session: shuffled[session] for session in chance.permutation(list(shuffled))}
    columns = chance.permutation(case.close.columns)
    assert_same(Case(shuffled, case.close[columns]).evaluate(), case.evaluate())


def test_a_blank_symbol_moves_nobody() -> None:
    case = random_walks()
    blank = pd.DataFrame(np.nan, ["AAA", "S0045"], ["luck", "coin"])
    tables = {session: pd.concat([blank, table]) for session, table in case.ratings.items()}
    close = case.close.assign(AAA=np.nan, S0045=case.close["S004"])
    assert_same(Case(tables, close).evaluate(), case.evaluate(), exact=False)
    rated = {session: table.fillna(99.0) for session, table in tables.items()}
    unpriced = Case(rated, case.close).evaluate()["luck"].outcomes[10]
    assert unpriced.counts.unpriced == 2 * len(unpriced.sessions)
    pd.testing.assert_frame_equal(unpriced.buckets, case.evaluate()["luck"].outcomes[10].buckets)


@pytest.mark.parametrize("bad", [0.0, -5.0, np.inf])
def test_a_price_that_cannot_be_is_missing(bad: float) -> None:
    case = random_walks()
    holes = np.random.default_rng(4).random(case.close.shape) < 0.05
    found = case.with_close(case.close.mask(holes, bad)).evaluate()
    assert_same(found, case.with_close(case.close.mask(holes)).evaluate())


def test_missing_ratings_never_become_a_number() -> None:
    case = random_walks()
    absent = {session: table.assign(nothing=np.nan) for session, table in case.ratings.items()}
    found = Case(absent, case.close).evaluate()["nothing"]
    outcome = found.outcomes[10]
    assert outcome.reason == "too_few_stocks"
    assert outcome.counts.rated == outcome.counts.observed == 0
    assert np.isnan(outcome.buckets.drop(columns="stocks")).all(axis=None)
    assert np.isnan([outcome.spread.value, outcome.hit_rate.value, outcome.information_coefficient.value]).all()
    assert np.isnan([found.turnover, outcome.turnover]).all()
    assert (found.growth == 1.0).all(axis=None)


def test_a_session_with_fewer_than_twenty_stocks_counts_for_nothing() -> None:
    case = random_walks()
    first = next(iter(case.ratings))
    fewer = case.ratings | {first: case.ratings[first].iloc[:19]}
    without = {session: table for session, table in case.ratings.items() if session != first}
    found, expected = (Case(tables, case.close).evaluate()["luck"].outcomes[10] for tables in (fewer, without))
    assert found.too_small == 1
    pd.testing.assert_frame_equal(found.by_session, expected.by_session)
    pd.testing.assert_frame_equal(found.buckets, expected.buckets)


def test_a_rating_may_be_absent_from_a_session() -> None:
    case = random_walks()
    last = max(case.ratings)
    tables = case.ratings | {last: case.ratings[last].drop(columns="coin")}
    found = Case(tables, case.close).evaluate()
    assert list(found.ratings) == ["luck", "coin"]
    assert_same(found, Case(tables, case.close).evaluate())


def test_a_horizon_longer_than_the_prices_gives_a_reason() -> None:
    outcome = constant_growth(sessions=60).evaluate(100)["skill"].outcomes[100]
    assert outcome.reason == "no_complete_window"
    assert (len(outcome.sessions), outcome.unfinished) == (0, 12)
    assert np.isnan(outcome.spread.value)


def test_too_few_windows_give_a_value_without_an_interval() -> None:
    found = constant_growth(sessions=60).evaluate(21)["skill"].outcomes[21].information_coefficient
    assert found.value == pytest.approx(1.0)
    assert found.reason == "too_few_windows"
    assert np.isnan(found.low)


def test_flags_are_two_buckets() -> None:
    found = random_walks().evaluate()["coin"]
    assert found.labels == ("0", "1")
    assert found.outcomes[10].buckets["stocks"].tolist() == [30.0, 30.0]


def test_grades_and_titles_are_those_of_the_catalogue() -> None:
    case = random_walks()
    tables = {session: pd.DataFrame({"smr_grade": table["luck"] + 20.0}) for session, table in case.ratings.items()}
    found = Case(tables, case.close).evaluate()["smr_grade"]
    assert found.labels == ("E", "D", "C", "B", "A")
    assert found.title == "SMR grade"
    assert found.outcomes[10].buckets["stocks"].tolist() == [0.0, 20.0, 20.0, 20.0, 0.0]


def test_a_suspect_window_is_left_out() -> None:
    case = random_walks()
    suspect = pd.DataFrame(False, case.close.index, case.close.columns)
    suspect["S007"] = True
    found = case.evaluate(suspect_moves=suspect)["luck"].outcomes[10]
    absent = case.close.assign(S007=case.close["S007"].where(np.arange(len(case.close)) % 5 == 0))
    expected = case.with_close(absent).evaluate()["luck"].outcomes[10]
    assert (found.counts.suspect, expected.counts.not_bought) == (len(found.sessions), len(found.sessions))
    pd.testing.assert_frame_equal(found.buckets, expected.buckets)


def test_sessions_may_be_dates() -> None:
    case = random_walks()
    assert_same(
        evaluate({session.date(): table for session, table in case.ratings.items()}, case.close, horizons=(10,)),
        case.evaluate(),
    )


def test_inputs_are_left_as_they_were() -> None:
    case = random_walks()
    close, tables = case.close.copy(deep=True), {day: table.copy(deep=True) for day, table in case.ratings.items()}
    suspect = pd.DataFrame(False, close.index, close.columns)
    case.evaluate(suspect_moves=suspect)
    pd.testing.assert_frame_equal(case.close, close)
    assert not suspect.any(axis=None)
    for day, table in case.ratings.items():
        pd.testing.assert_frame_equal(table, tables[day])


def test_what_does_not_fit_is_refused() -> None:
    case = constant_growth()
    table = next(iter(case.ratings.values()))
    with pytest.raises(ValueError, match="1999-01-04"):
        evaluate({date(1999, 1, 4): table}, case.close)
    with pytest.raises(ValueError, match="there are none"):
        evaluate({}, case.close)
    with pytest.raises(ValueError, match="oldest first"):
        evaluate(case.ratings, case.close.iloc[::-1])
    with pytest.raises(ValueError, match="rated twice"):
        evaluate({case.close.index[0]: pd.concat([table, table])}, case.close)
    with pytest.raises(ValueError, match="horizons"):
        evaluate(case.ratings, case.close, horizons=(0,))
    with pytest.raises(ValueError, match="suspect_moves"):
        evaluate(case.ratings, case.close, suspect_moves=case.close.iloc[1:] > 0)
